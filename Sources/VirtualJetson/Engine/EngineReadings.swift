/// What the engine has done since it started.
public struct EngineTotals: Hashable, Sendable {
    /// Contexts claimed by clients.
    public var contextsOpened: UInt64 = 0
    /// Contexts whose client died without giving them back.
    public var contextsReaped: UInt64 = 0
    /// Contexts refused for what their memory said.
    public var contextsFaulted: UInt64 = 0
    /// Launches completed.
    public var launchesCompleted: UInt64 = 0
    /// Minibatches loaded.
    public var loadsCompleted: UInt64 = 0
    /// Time that the GPU worked, nanoseconds.
    public var gpuBusyNanoseconds: UInt64 = 0
    /// Contexts brought onto the engine, traced or not: CONTEXT_START records.
    public var contextSwitches: UInt64 = 0
    /// Records of the context-switch trace that the driver took from the firmware.
    public var traceRecords: UInt64 = 0
    /// Records that the firmware's ring of 1,024 had no room for.
    public var traceRecordsLost: UInt64 = 0
    /// Entries of the trace put where a program can read them.
    public var traceEntries: UInt64 = 0
    /// Entries that the program's ring had no room for: the driver's drop count, over all opens.
    public var traceEntriesDropped: UInt64 = 0
}

/// What one GPU context has done.
public struct ContextAccount: Hashable, Sendable {
    /// Number of the context.
    public var index: Int
    /// The pid that its client wrote; unchecked.
    public var pid: UInt32
    /// The workload surface it chose; empty for none.
    public var surface: String
    /// Launches completed.
    public var launchesCompleted: UInt64
    /// Minibatches loaded.
    public var loadsCompleted: UInt64
    /// Time that the GPU worked for it, nanoseconds.
    public var busyNanoseconds: UInt64
    /// Time that it was resident on the GPU, working or not, nanoseconds.
    public var residentNanoseconds: UInt64
}

/// The engine's state as its thread published it last.
public struct EngineReadings: Sendable {
    /// When it was published, CLOCK_MONOTONIC nanoseconds.
    public var time: UInt64 = 0
    /// Totals since the start.
    public var totals = EngineTotals()
    /// The contexts in use.
    public var contexts: [ContextAccount] { accounts.compactMap { $0 } }
    /// The contexts that were closed, oldest first; the last 4,096.
    public var finished: [ContextAccount] {
        Array(finishedAccounts[oldestFinished...] + finishedAccounts[..<oldestFinished])
    }
    /// Registers of each power monitor, by channel.
    public var registers: [[PowerMonitor.Registers]] = []
    /// Energy of each power monitor's channels since the start, joules.
    public var energyJoules: [[Double]] = []
    /// Samples averaged by each power monitor.
    public var samples: [Int] = []
    /// Power of the board at `time`.
    public var power = DomainPower()
    /// GPU busy time, smoothed, 0 to 1000.
    public var gpuLoadPermille = 0
    /// Whether the GPU has had no work for half a second.
    public var gpuRests = true
    /// Whether the GPU is power-gated.
    public var gpuIsGated = true
    /// Whether any launch or load was running.
    public var cpuIsBusy = false
    /// Temperatures, millidegrees Celsius.
    public var gpuMillicelsius = 0
    /// Of the CPU clusters.
    public var cpuMillicelsius = 0
    /// Of the rest of the SoC.
    public var socMillicelsius = 0

    /// By number of the context.
    var accounts: [ContextAccount?] = []
    private var finishedAccounts: [ContextAccount] = []
    private var oldestFinished = 0
    private static let finishedLimit = 4096

    mutating func finish(_ account: ContextAccount) {
        if finishedAccounts.count < Self.finishedLimit {
            finishedAccounts.append(account)
        } else {
            finishedAccounts[oldestFinished] = account
            oldestFinished = (oldestFinished + 1) % Self.finishedLimit
        }
    }
}
