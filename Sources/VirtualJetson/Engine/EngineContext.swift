import Policy

/// One launch as the engine keeps it.
struct Launch: Hashable, Sendable {
    enum Work: Hashable, Sendable {
        /// Parts per million of one minibatch's GPU work.
        case share(UInt32)
        /// GPU cycles.
        case cycles(UInt64)
    }

    var work: Work
    /// What is left of it, 1 to 0.
    var remaining = 1.0
}

/// A context's queues and what has come out of them.
struct EngineContext: Sendable {
    /// Shorter launches take this long; also keeps time moving whatever a client asks for. Nanoseconds.
    static let shortest = 1_000.0
    /// No duration is longer (11 days), so that sums stay far from overflow. Nanoseconds.
    static let longest = 1e15

    /// What its client says.
    let pid: UInt32
    private(set) var surface: (any WorkloadSurface)?
    private(set) var cost: MinibatchCost?
    private var launches: [Launch] = []
    private var head = 0
    private var isAborted = false
    private(set) var pendingLoads = 0
    /// What is left of the first pending load, 1 to 0.
    private(set) var loadRemaining = 1.0
    private(set) var completedLaunches: UInt64 = 0
    private(set) var completedLoads: UInt64 = 0
    /// Time that the engine worked for it.
    var busyNanoseconds: UInt64 = 0
    /// Time that its state was on the engine.
    var residentNanoseconds: UInt64 = 0

    init(pid: UInt32) { self.pid = pid }

    var pendingLaunches: Int { launches.count - head }
    var currentLaunch: Launch? { head < launches.count ? launches[head] : nil }

    mutating func setSurface(_ surface: any WorkloadSurface, clocks: Clocks, idle: DomainPower) {
        self.surface = surface
        updateCost(clocks: clocks, idle: idle)
    }

    mutating func updateCost(clocks: Clocks, idle: DomainPower) {
        cost = surface?.cost(in: clocks.working, idle: idle)
    }

    /// False where the context's work was aborted.
    mutating func enqueue(_ launch: Launch) -> Bool {
        if !isAborted { launches.append(launch) }
        return !isAborted
    }

    /// False where the context's work was aborted.
    mutating func enqueueLoad() -> Bool {
        if !isAborted { pendingLoads += 1 }
        return !isAborted
    }

    /// Drops what is pending and takes nothing more.
    mutating func abort() {
        isAborted = true
        launches = []
        head = 0
        pendingLoads = 0
    }

    /// The whole duration of `launch` at present clocks, nanoseconds.
    func duration(_ launch: Launch, clocks: Clocks, timeScale: Double) -> Double {
        switch launch.work {
        case .share(let ppm):
            Self.bounded(Double(ppm) / 1e6 * (cost?.gpuMilliseconds ?? 0) * 1e6 / timeScale)
        case .cycles(let cycles):
            Self.bounded(Double(cycles) / Double(max(clocks.working.gpuHz, 1)) * 1e9 / timeScale)
        }
    }

    /// The whole duration of a load that has the loader for itself, nanoseconds.
    func loadDuration(timeScale: Double) -> Double {
        Self.bounded((cost?.loaderMilliseconds ?? 0) * 1e6 / timeScale)
    }

    mutating func runLaunch(part: Double) { launches[head].remaining -= part }

    mutating func runLoad(part: Double) { loadRemaining -= part }

    mutating func finishLaunch() {
        head += 1
        completedLaunches += 1
        if head == launches.count || head >= 256 {
            launches.removeFirst(head)
            head = 0
        }
    }

    mutating func finishLoad() {
        pendingLoads -= 1
        loadRemaining = 1
        completedLoads += 1
    }

    private static func bounded(_ nanoseconds: Double) -> Double {
        nanoseconds.isFinite ? min(max(nanoseconds, shortest), longest) : longest
    }
}
