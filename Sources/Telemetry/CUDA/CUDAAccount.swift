import CBPF
import Synchronization

/// What the probes' kernel side knows of one process, read at one moment.
public struct CUDAAccount: Sendable, Equatable {
    /// Launches and waits since the probes were attached.
    public let counts: CUDACounts
    /// Launches that no wait has covered: an upper bound of what is queued or running, and 0 means drained. Exact to the
    /// launches of the streams that were waited for; not known are launches from before the probes were attached,
    /// launches that the driver refused (counted until the next wait covers them) and, after a wait for the default
    /// stream, those on streams made with CU_STREAM_NON_BLOCKING (no longer counted).
    public let launchesInFlight: UInt64
    /// First launch since nothing was in flight, CLOCK_MONOTONIC nanoseconds; nil when nothing is.
    public let busyBeginNanoseconds: UInt64?
    /// The latest launch, on the same clock; nil before the first.
    public let lastLaunchNanoseconds: UInt64?
    /// Contexts that the process holds of those made since the probes were attached; a primary one counts once.
    public let contexts: Int

    /// With the pid, names the process (struct fulcrum_account of bpf/abi.h).
    let instance: UInt64
    /// The process has gone, and no record told of it.
    let hasEnded: Bool

    /// Copies what is wanted: the whole is too large to be handed around.
    init(_ account: UnsafePointer<fulcrum_account>) {
        instance = unsafe account.pointee.instance
        counts = unsafe CUDACounts(launches: account.pointee.launches, waits: account.pointee.waits)
        let busyBegin = unsafe account.pointee.busy_begin_ns
        busyBeginNanoseconds = busyBegin == 0 ? nil : busyBegin
        let lastLaunch = unsafe account.pointee.last_launch_ns
        lastLaunchNanoseconds = lastLaunch == 0 ? nil : lastLaunch
        hasEnded = unsafe account.pointee.ended_ns != 0
        contexts = unsafe Int(max(account.pointee.contexts, 0)) + (account.pointee.primary > 0 ? 1 : 0)
        var inFlight: UInt64 = 0
        let streams = unsafe UnsafeRawPointer(account) + (MemoryLayout<fulcrum_account>.offset(of: \.streams) ?? 0)
        for index in 0...Int(FULCRUM_PROBE_STREAMS) {
            let stream = unsafe streams.loadUnaligned(
                fromByteOffset: index * MemoryLayout<fulcrum_stream>.stride, as: fulcrum_stream.self)
            if stream.launched > stream.drained { inFlight &+= stream.launched - stream.drained }
        }
        launchesInFlight = inFlight
    }
}

/// A process that has work on the GPU that has not ended yet.
public struct OpenWork: Hashable, Sendable {
    /// The process.
    public let process: ProcessIdentity
    /// Since when, CLOCK_MONOTONIC nanoseconds.
    public let beginNanoseconds: UInt64

    /// States open work, as a test of a reader does.
    public init(process: ProcessIdentity, beginNanoseconds: UInt64) {
        self.process = process
        self.beginNanoseconds = beginNanoseconds
    }
}

extension CUDAProbes {
    /// What is known of the process that has `pid` now; nil for one that the probes have not met. One system call.
    public func account(of pid: Int32) -> CUDAAccount? {
        object.account(of: pid)
    }

    /// Launches of the process that has `pid` now and that no wait has covered: an upper bound, and 0 means drained. Nil
    /// at another level than `launches`, and for a process that has not launched. One system call.
    public func launchesInFlight(of pid: Int32) -> UInt64? {
        guard level == .launches, let account = account(of: pid), account.counts.launches > 0 else { return nil }
        return account.launchesInFlight
    }

    /// The processes that have work on the GPU now: at level `launches` those with launches in flight, since the first of
    /// them; at level `boundaries` those inside a wait, since the earliest call. Ordered by process.
    ///
    /// A system call for each 64 known processes (or waiting threads), and none of them twice.
    public func openWork() -> [OpenWork] {
        var begins = [ProcessIdentity: UInt64]()
        func take(_ pid: UInt32, instance: UInt64, since begin: UInt64) {
            guard let pid = Int32(exactly: pid), let process = identity(of: pid, instance: instance) else { return }
            begins[process] = min(begins[process] ?? .max, begin)
        }
        switch level {
        case .off: break
        case .boundaries:
            object.forEachWait { pid, begin in take(pid, instance: 0, since: begin) }
        case .launches:
            object.forEachAccount { pid, account in
                guard let begin = account.busyBeginNanoseconds, !account.hasEnded else { return }
                take(pid, instance: account.instance, since: begin)
            }
        }
        return begins.map { OpenWork(process: $0.key, beginNanoseconds: $0.value) }.sorted { $0.process < $1.process }
    }

    /// The living process that an account belongs to, asked of /proc when the ring's reader has not met it yet.
    private func identity(of pid: Int32, instance: UInt64) -> ProcessIdentity? {
        processes.withLock { $0.living(pid, instance: instance) } ?? ProcessIdentity(pid, holding: instance)
    }
}
