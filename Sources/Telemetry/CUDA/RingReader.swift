import CBPF
import Glibc
import Synchronization
public import SystemCalls

/// The thread that takes the probes' records out of the ring and into the ledger.
///
/// It sleeps until a record comes. It raises `news` when a process is first seen, has come back or has gone; what
/// happened is in the ledger.
public final class RingReader: Sendable {
    private let consumer: RingConsumer
    private let stopSignal: EventSignal
    private let thread: SystemThread
    private let isStopped = Mutex(false)

    /// Maps the ring of `probes` and starts the thread. One reader per `probes`.
    ///
    /// - Throws: what the system refused.
    public init(probes: CUDAProbes, ledger: MinibatchLedger, news: EventSignal) throws(ProbeError) {
        let consumer = try RingConsumer(object: probes.object, ledger: ledger, news: news)
        self.consumer = consumer
        do {
            let stopSignal = try EventSignal()
            self.stopSignal = stopSignal
            thread = try SystemThread(name: "cuda-ring") { consumer.run(until: stopSignal) }
        } catch {
            throw ProbeError(.failed, "Could not start reading the probes' ring. \(error)")
        }
    }

    deinit {
        stop()
    }

    /// Records that were not understood: another ABI version, or cut short. Not zero means that this program and its
    /// BPF object do not belong together.
    public var malformedRecords: UInt64 {
        consumer.malformed.load(ordering: .relaxed)
    }

    /// Ends the thread and waits for it. Records that are still in the ring stay there. Safe to call twice.
    public func stop() {
        isStopped.withLock { isStopped in
            if isStopped { return }
            isStopped = true
            consumer.stops.store(true, ordering: .relaxed)
            stopSignal.raise()
            thread.join()
        }
    }
}

/// The inside of the thread.
///
/// Unchecked: `ring` and the clock of checks are touched by the thread alone.
@safe private final class RingConsumer: @unchecked Sendable {
    let stops = Atomic(false)
    let malformed = Atomic<UInt64>(0)
    private let object: ProbeObject
    private let ledger: MinibatchLedger
    private let news: EventSignal
    private var ring: OpaquePointer?
    private var hasNews = false
    private var nextCheck: UInt64 = 0
    private var lossesSeen: UInt64 = 0

    /// How often living processes are compared with /proc while that is needed.
    private static let checkNanoseconds: UInt64 = 1_000_000_000

    init(object: ProbeObject, ledger: MinibatchLedger, news: EventSignal) throws(ProbeError) {
        self.object = object
        self.ledger = ledger
        self.news = news
        // The context outlives the ring: this object frees the ring first.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        var made: OpaquePointer?
        let (result, log) = LibbpfLog.capturing {
            unsafe fulcrum_bpf_ring_new(
                object.recordsMap,
                { context, data, size in
                    guard let context = unsafe context else { return -EINVAL }
                    let consumer = unsafe Unmanaged<RingConsumer>.fromOpaque(context).takeUnretainedValue()
                    return unsafe consumer.receive(UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : size))
                }, context, &made)
        }
        guard result == 0, unsafe made != nil else {
            throw ProbeError(
                .failed,
                "Could not map the probes' ring: errno \(-result)\(log.isEmpty ? "" : "; libbpf: \(log)").")
        }
        unsafe ring = made
    }

    deinit {
        unsafe ring_buffer__free(ring)
    }

    func run(until stopSignal: EventSignal) {
        let ringDescriptor = unsafe ring_buffer__epoll_fd(ring)
        var isCheckDue = false
        while !stops.load(ordering: .relaxed) {
            var waits = (
                pollfd(fd: ringDescriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: stopSignal.rawDescriptor, events: Int16(POLLIN), revents: 0)
            )
            let timeout = isCheckDue ? Int32(Self.checkNanoseconds / 1_000_000) : -1
            _ = unsafe withUnsafeMutableBytes(of: &waits) { buffer in
                unsafe poll(buffer.assumingMemoryBound(to: pollfd.self).baseAddress, 2, timeout)
            }
            if unsafe ring_buffer__consume(ring) > 0 { isCheckDue = true }
            let now = MonotonicClock.nanoseconds()
            if isCheckDue && now >= nextCheck {
                isCheckDue = check()
                nextCheck = now &+ Self.checkNanoseconds
            }
            if hasNews {
                hasNews = false
                news.raise()
            }
        }
    }

    /// Called for each record of the ring, in order; a negative answer ends the round.
    private func receive(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        // A process that waits without pause must not keep us from stopping.
        if stops.load(ordering: .relaxed) { return -EAGAIN }
        guard bytes.count >= MemoryLayout<fulcrum_probe_record>.size else {
            malformed.add(1, ordering: .relaxed)
            return 0
        }
        let record = unsafe bytes.loadUnaligned(as: fulcrum_probe_record.self)
        guard Int32(record.abi_version) == FULCRUM_PROBE_ABI_VERSION, let pid = Int32(exactly: record.pid) else {
            malformed.add(1, ordering: .relaxed)
            return 0
        }
        let process = ProcessIdentity(pid: pid, startTimeTicks: record.start_time_ticks)
        switch UInt32(record.kind) {
        case FULCRUM_RECORD_EXIT.rawValue:
            if ledger.recordExit(of: process, counter: record.boundaries) { hasNews = true }
        case FULCRUM_RECORD_STREAM_WAIT.rawValue, FULCRUM_RECORD_CONTEXT_WAIT.rawValue,
            FULCRUM_RECORD_EVENT_WAIT.rawValue:
            var outcome = ledger.recordBoundary(of: process, counter: record.boundaries, at: record.wait_end_ns)
            if outcome == .unknownProcess {
                outcome = ledger.recordBoundary(
                    of: resolve(pid) ?? process, counter: record.boundaries, at: record.wait_end_ns,
                    admitsUnknown: true)
            }
            if outcome == .firstSeen { hasNews = true }
        default:
            malformed.add(1, ordering: .relaxed)
        }
        return 0
    }

    /// Finds out when the process that has `pid` started, and tells the programs.
    private func resolve(_ pid: Int32) -> ProcessIdentity? {
        guard let process = try? ProcessIdentity(running: pid) else { return nil }
        object.fillStartTime(of: process)
        return process
    }

    /// Looks for exits, and counts, that no record told of. Returns whether to look again.
    private func check() -> Bool {
        let losses = object.loss(FULCRUM_LOSS_RECORDS)
        let doubtful = ledger.doubtful(all: losses != lossesSeen)
        for process in doubtful {
            if ledger.verify(process, against: resolve(process.pid)) { hasNews = true }
            if losses != lossesSeen, let counter = object.boundaries(of: process.pid),
                ledger.catchUp(process, counter: counter)
            {
                hasNews = true
            }
        }
        lossesSeen = losses
        return !ledger.doubtful(all: false).isEmpty
    }
}
