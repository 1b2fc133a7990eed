public import Policy

/// A profile as it is kept: what was measured of a workload in one mode.
public struct StoredProfile: Hashable, Sendable {
    /// The mode that was profiled.
    public var mode: PowerMode
    /// Requests per inference minibatch; 0 for a training, whose size is fixed.
    public var minibatch: Int
    /// Time of one minibatch, milliseconds.
    public var minibatchMilliseconds: Double
    /// Power of the module while it ran, watts.
    public var powerWatts: Double
    /// Minibatches that it is the median of.
    public var minibatches: Int
    /// When the mode was first profiled, seconds since 1970.
    public var firstAt: Int
    /// When these values were measured, seconds since 1970.
    public var lastAt: Int
    /// What they were measured for.
    public var source: Source

    /// What a profile was made for.
    public enum Source: String, Sendable, CaseIterable {
        /// A search asked for it.
        case search
        /// The settled mode, measured for longer than a profile takes.
        case settled
        /// The front was filled in the background.
        case front
    }

    /// Makes a profile of a training, or of an inference where `minibatch` is above 0.
    public init(
        mode: PowerMode, minibatch: Int = 0, minibatchMilliseconds: Double, powerWatts: Double, minibatches: Int,
        firstAt: Int, lastAt: Int, source: Source
    ) {
        self.mode = mode
        self.minibatch = minibatch
        self.minibatchMilliseconds = minibatchMilliseconds
        self.powerWatts = powerWatts
        self.minibatches = minibatches
        self.firstAt = firstAt
        self.lastAt = lastAt
        self.source = source
    }
}

/// A search that came to its end, so that the same question is not searched for again.
public struct StoredSearch: Hashable, Sendable {
    /// The power budget, milliwatts.
    public var budgetMilliwatts: Int
    /// The strategy's name.
    public var strategy: String

    /// Names a search.
    public init(budgetMilliwatts: Int, strategy: String) {
        self.budgetMilliwatts = budgetMilliwatts
        self.strategy = strategy
    }
}

/// All that is kept of one workload.
public struct StoredWorkload: Hashable, Sendable {
    /// What tells it from others.
    public var key: String
    /// What people call it.
    public var name: String
    /// By first profiling.
    public var profiles: [StoredProfile]
    /// The searches that came to their end.
    public var searches: [StoredSearch]

    /// Makes a workload's record.
    public init(key: String, name: String, profiles: [StoredProfile] = [], searches: [StoredSearch] = []) {
        self.key = key
        self.name = name
        self.profiles = profiles
        self.searches = searches
    }
}
