public import Telemetry

/// Everything that an administrator can set. Defaults are those of `etc/fulcrum.toml`; times are of the real board, and a
/// board with a scaled clock (the virtual one) brings its own through the same keys.
public struct Configuration: Sendable, Equatable {
    /// Power budget of the module, watts.
    public var budgetWatts = 30.0
    /// Band above the budget within which the power guard stays quiet, watts. 0: the resolution of the rails.
    public var guardBandWatts = 0.0
    /// Quiet time, seconds, after which the guard takes back one step down.
    public var guardReturnSeconds = 10.0
    /// Time between two readings of the rails, milliseconds.
    public var railIntervalMilliseconds = 400.0
    /// Averaging window of the rail sensors, milliseconds. 0: computed from the sensor's own setting.
    public var railAveragingMilliseconds = 0.0

    /// How modes are searched for.
    public var strategy = SearchStrategy.fulcrum
    /// What predicts a workload that nobody has profiled.
    public var predictor = WorkloadPredictor.gp
    /// Profiles that one search may make. 0: the strategy's own number.
    public var searchProfiles = 0.0
    /// The chance that a profile may be over the budget, for strategies that can tell. 1: any.
    public var overBudgetRisk = 0.05
    /// Directory of the reference models.
    public var modelsPath = "/usr/share/fulcrum/models"
    /// Whether the front below a settled mode is profiled in the background.
    public var fillsFront = false
    /// Time between two of these profiles, seconds.
    public var frontIntervalSeconds = 600.0
    /// Which modes the search may use.
    public var grid = Grid.full
    /// A new budget is answered without new profiles if a search could gain at most this share of the minibatch time.
    public var coverGain = 0.05

    /// Minibatches that make a profile of one mode.
    public var profileMinibatches = 40.0
    /// Minibatches dropped after a mode change, before a profile begins.
    public var profileDiscardedMinibatches = 1.0
    /// Time that power is given to settle after a mode change, milliseconds.
    public var profileSettleMilliseconds = 3000.0
    /// Rail samples that make a profile of one mode.
    public var profilePowerSamples = 4.0
    /// Time after which a few minibatches make a profile, seconds: in a slow mode they are as telling as many.
    public var profileSlowSeconds = 20.0
    /// Time after which a profile ends with what it has, seconds.
    public var profileTimeoutSeconds = 180.0
    /// A power sample this many times the window's mean marks a transient: the window starts anew after it.
    public var profileTransientRatio = 1.25
    /// Relative deviation of a settled workload's minibatch time that starts a new search.
    public var driftRatio = 0.25

    /// What the CUDA probes record.
    public var probeLevel = CUDAProbes.Level.boundaries
    /// Whether the GPU's context switches are read where the driver offers them.
    public var contextSwitches = ContextSwitchUse.auto
    /// More CUDA driver libraries to probe, absolute paths.
    public var cudaLibraries: [String] = []
    /// What happens to the board's knobs when the daemon stops.
    public var restorePolicy = RestorePolicy.onExit
    /// Class of a process that uses the GPU and that no rule names.
    public var unmatchedClass = WorkloadClass.training
    /// Rules in file order; the first that matches names a process.
    public var rules: [WorkloadRule] = []

    /// The defaults.
    public init() {}

    var search: SearchSettings {
        SearchSettings(
            strategy: strategy, predictor: predictor, profiles: searchProfiles < 1 ? nil : Int(searchProfiles),
            overBudgetRisk: overBudgetRisk >= 1 ? nil : overBudgetRisk, modelsPath: modelsPath)
    }

    /// Which modes the search may use.
    public enum Grid: String, Sendable, CaseIterable {
        /// At most 3 core counts, 7 CPU, 7 GPU and 3 memory frequencies, spread evenly: the density of the papers' grid.
        case coarse
        /// Every operating point of the board.
        case full
    }

    /// Whether the GPU's context switches are read.
    public enum ContextSwitchUse: String, Sendable, CaseIterable {
        /// Where the driver offers them and nobody else has them open.
        case auto
        /// The device is left to others.
        case off
    }

    /// What happens to the board's knobs when the daemon stops.
    public enum RestorePolicy: String, Sendable, CaseIterable {
        /// They return to their values from before the daemon's first write.
        case onExit = "on-exit"
        /// They stay as they are; the journal stays too, for `fulcrumctl restore`.
        case never
    }
}

/// What a workload is to the governor.
public enum WorkloadClass: String, Sendable, CaseIterable {
    /// DNN training: modes are searched for the fastest minibatch within the power budget.
    case training
    /// Seen and counted, never searched for.
    case ignore
}

/// Names a process: one of `alternatives` must match, and each is met when all that it states holds.
public struct WorkloadRule: Sendable, Equatable {
    /// The workload's name in the published tree.
    public var name: String
    /// What the workload is.
    public var workloadClass: WorkloadClass
    /// Any of these suffices.
    public var alternatives: [Condition]

    /// What one alternative asks of a process; an absent field asks nothing.
    public struct Condition: Sendable, Equatable {
        /// The executable: its whole path if this starts with "/", else its last path component.
        public var executable: String?
        /// A part of the command line (arguments joined by one space).
        public var commandLine: String?
        /// A part of the cgroup path.
        public var cgroup: String?
        /// The systemd unit: a path component of the cgroup.
        public var unit: String?
        /// The real user id.
        public var uid: Int?

        /// A condition that asks nothing yet.
        public init() {}
    }

    /// Whether any alternative holds for `process`.
    public func matches(_ process: ProcessDescription) -> Bool {
        alternatives.contains { $0.holds(for: process) }
    }
}

extension WorkloadRule.Condition {
    /// Whether all that is stated holds for `process`.
    func holds(for process: ProcessDescription) -> Bool {
        if let executable {
            let subject = executable.hasPrefix("/") ? process.executable : process.executableName
            guard subject == executable else { return false }
        }
        if let commandLine {
            guard process.commandLine.contains(commandLine) else { return false }
        }
        if let cgroup {
            guard process.cgroup.contains(cgroup) else { return false }
        }
        if let unit {
            guard process.cgroup.split(separator: "/").contains(Substring(unit)) else { return false }
        }
        if let uid {
            guard process.uid == uid else { return false }
        }
        return true
    }
}
