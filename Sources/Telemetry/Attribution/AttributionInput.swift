/// A rail, or a part of one, whose energy is to be split: what it feeds is the board's, not this code's, knowledge.
public struct AttributedRail: Hashable, Sendable {
    /// Who draws the power of a rail.
    public enum Consumer: Hashable, Sendable {
        /// The GPU: split by GPU time.
        case gpu
        /// The CPU cores: split by CPU time.
        case cpu
        /// Both, on one supply: split by weighted GPU and CPU time.
        case gpuAndCPU
        /// Memory and the rest, which nobody has alone: split by weighted GPU and CPU time too.
        case shared
    }

    /// The rail's label among the samples.
    public var label: String
    /// Who draws its power; for a rail with parts, who draws what the parts leave.
    public var consumer: Consumer
    /// The label of the rail that this one is a part of: its energy is within that one's, not on top.
    public var upstream: String?

    /// Names a rail; one with an `upstream` that is no rail of the list counts as a rail of its own.
    public init(_ label: String, _ consumer: Consumer, in upstream: String? = nil) {
        self.label = label
        self.consumer = consumer
        self.upstream = upstream
    }
}

/// What a rail's energy counter says.
public struct RailEnergy: Hashable, Sendable {
    /// The rail's label.
    public var label: String
    /// The counter, microjoules.
    public var energyMicrojoules: UInt64
    /// When it was read last, CLOCK_MONOTONIC nanoseconds; 0 for never.
    public var readNanoseconds: UInt64
    /// The window that each power reading behind the counter is the mean of; nil where nobody knows it.
    public var averagingNanoseconds: UInt64?

    /// Makes a reading of a counter.
    public init(
        label: String, energyMicrojoules: UInt64, readNanoseconds: UInt64, averagingNanoseconds: UInt64?
    ) {
        self.label = label
        self.energyMicrojoules = energyMicrojoules
        self.readNanoseconds = readNanoseconds
        self.averagingNanoseconds = averagingNanoseconds
    }

    /// The counter of a sampler's rail.
    public init(_ sample: RailSample, _ description: RailDescription) {
        self.init(
            label: sample.label, energyMicrojoules: sample.energyMicrojoules, readNanoseconds: sample.readNanoseconds,
            averagingNanoseconds: description.averagingNanoseconds)
    }
}

/// What one process has used so far.
public struct ProcessTimes: Hashable, Sendable {
    /// Which process.
    public var process: ProcessIdentity
    /// Time that the GPU worked for it, nanoseconds, cumulative; nil where no source measures it.
    public var gpuBusyNanoseconds: UInt64?
    /// CPU time of all its threads, nanoseconds, cumulative; nil where it could not be read.
    public var cpuNanoseconds: UInt64?
    /// When both counts were 0, CLOCK_MONOTONIC nanoseconds. Nil, or long ago: what the counts hold when the process is first
    /// seen was used before and gets no energy.
    public var startedNanoseconds: UInt64?

    /// Makes the counts of one process.
    public init(
        process: ProcessIdentity, gpuBusyNanoseconds: UInt64?, cpuNanoseconds: UInt64?,
        startedNanoseconds: UInt64? = nil
    ) {
        self.process = process
        self.gpuBusyNanoseconds = gpuBusyNanoseconds
        self.cpuNanoseconds = cpuNanoseconds
        self.startedNanoseconds = startedNanoseconds
    }
}

/// What the whole system has used so far: processes that nobody follows are in here and nowhere else.
public struct SystemTimes: Hashable, Sendable {
    /// Time that cores worked, summed over the cores, nanoseconds, cumulative.
    public var cpuBusyNanoseconds: UInt64?
    /// Time that cores were on and idle, summed over the cores, nanoseconds, cumulative.
    public var cpuIdleNanoseconds: UInt64?
    /// Time that the GPU worked, nanoseconds, cumulative; nil where only the processes' own shares are known.
    public var gpuBusyNanoseconds: UInt64?
    /// Up to when all GPU times, also those of the processes, are complete, CLOCK_MONOTONIC nanoseconds: the horizon of
    /// `GPUTimeAccount`. Nil for now.
    public var gpuUntilNanoseconds: UInt64?

    /// Makes the counts of the system.
    public init(
        cpuBusyNanoseconds: UInt64? = nil, cpuIdleNanoseconds: UInt64? = nil, gpuBusyNanoseconds: UInt64? = nil,
        gpuUntilNanoseconds: UInt64? = nil
    ) {
        self.cpuBusyNanoseconds = cpuBusyNanoseconds
        self.cpuIdleNanoseconds = cpuIdleNanoseconds
        self.gpuBusyNanoseconds = gpuBusyNanoseconds
        self.gpuUntilNanoseconds = gpuUntilNanoseconds
    }
}
