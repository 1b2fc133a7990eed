import CBPF
import Glibc
import Synchronization
public import SystemCalls

/// The thread that takes the probes' records out of the ring and hands them on.
///
/// It sleeps until a wait returns or a process goes; while launches come, it also wakes every 50 ms. It raises `news` when
/// a process is first seen, has come back or has gone, or when lost records were made good; what happened is told to
/// `events`.
public final class RingReader: Sendable {
    private let consumer: RingConsumer
    private let stopSignal: EventSignal
    private let thread: SystemThread
    private let isStopped = Mutex(false)

    /// Maps the ring of `probes` and starts the thread. One reader per `probes`.
    ///
    /// - Throws: what the system refused.
    public init(probes: CUDAProbes, events: any CUDAEventReceiver, news: EventSignal) throws(ProbeError) {
        let consumer = try RingConsumer(probes: probes, events: events, news: news)
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

    /// Records that were dropped as more than 4,096 living processes were known.
    public var droppedRecords: UInt64 {
        consumer.dropped.load(ordering: .relaxed)
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
/// Unchecked: `ring` and the clocks are touched by the thread alone.
@safe private final class RingConsumer: @unchecked Sendable {
    let stops = Atomic(false)
    let malformed = Atomic<UInt64>(0)
    let dropped = Atomic<UInt64>(0)
    private let probes: CUDAProbes
    private let events: any CUDAEventReceiver
    private let news: EventSignal
    private var ring: OpaquePointer?
    private var hasNews = false
    private var nextCheck: UInt64 = 0
    private var lossesSeen: UInt64 = 0
    /// Launches do not wake us: until this moment (CLOCK_MONOTONIC) we look for them by the clock.
    private var launchesFlowUntil: UInt64 = 0

    /// How often doubtful processes are compared with /proc, and losses are looked for after records.
    private static let checkNanoseconds: UInt64 = 1_000_000_000
    private static let launchPollMilliseconds: UInt64 = 50
    /// Longer than the quiet time after which a launch wakes us.
    private static let launchFlowNanoseconds = 2 * UInt64(FULCRUM_PROBE_QUIET_NS)

    init(probes: CUDAProbes, events: any CUDAEventReceiver, news: EventSignal) throws(ProbeError) {
        self.probes = probes
        self.events = events
        self.news = news
        // The context outlives the ring: this object frees the ring first.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        var made: OpaquePointer?
        let (result, log) = LibbpfLog.capturing {
            unsafe fulcrum_bpf_ring_new(
                probes.object.recordsMap,
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
            let timeout = timeoutMilliseconds(isCheckDue: isCheckDue, now: MonotonicClock.nanoseconds())
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

    private func timeoutMilliseconds(isCheckDue: Bool, now: UInt64) -> Int32 {
        var timeout: UInt64?
        if isCheckDue { timeout = (max(nextCheck, now) &- now) / 1_000_000 + 1 }
        if now < launchesFlowUntil { timeout = min(timeout ?? .max, Self.launchPollMilliseconds) }
        return timeout.flatMap { Int32(exactly: $0) } ?? -1
    }

    /// Called for each record of the ring, in order; a negative answer ends the round.
    private func receive(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        // A process that calls without pause must not keep us from stopping.
        if stops.load(ordering: .relaxed) { return -EAGAIN }
        guard let record = unsafe CUDARecord.parse(bytes) else {
            malformed.add(1, ordering: .relaxed)
            return 0
        }
        switch record.kind {
        case .call(let kind): call(kind, record)
        case .exit: end(record, byExec: false)
        case .exec: end(record, byExec: true)
        }
        return 0
    }

    private func call(_ kind: CUDAEvent.Kind, _ record: CUDARecord) {
        guard
            let process = probes.processes.withLock({ $0.note(record) })
                ?? enter(record.pid, instance: record.instance, counts: record.counts)
        else { return }
        if kind == .launch || kind == .graphLaunch {
            launchesFlowUntil = record.beginNanoseconds &+ Self.launchFlowNanoseconds
        }
        let event = CUDAEvent(
            process: process, tid: record.tid, kind: kind, stream: record.stream, token: record.token,
            beginNanoseconds: record.beginNanoseconds, endNanoseconds: record.endNanoseconds,
            launches: record.counts.launches, waits: record.counts.waits, launchesInFlight: record.launchesInFlight)
        events.receive(event, busyBegin: record.busyBeginNanoseconds)
    }

    private func end(_ record: CUDARecord, byExec: Bool) {
        func take() -> ProbedProcesses.Entry? {
            probes.processes.withLock { $0.end(record.pid, instance: record.instance, byExec: byExec) }
        }
        var entry = take()
        // All its other records were lost.
        if entry == nil, record.counts != CUDACounts(),
            let process = enter(record.pid, instance: record.instance, counts: record.counts)
        {
            events.recordsLost(of: process, counts: record.counts)
            entry = take()
        }
        guard let entry else { return }
        tellExit(entry, record.counts)
    }

    /// Finds out whose account this is, and remembers it. Nil when there is no place.
    private func enter(_ pid: Int32, instance: UInt64, counts: CUDACounts) -> ProcessIdentity? {
        let process =
            ProcessIdentity(pid, holding: instance) ?? ProcessIdentity(pid: pid, startTimeTicks: 0)
        let (isEntered, former) = probes.processes.withLock {
            $0.enter(process, instance: instance, counts: counts)
        }
        if let former { tellExit(former, CUDACounts()) }
        guard isEntered else {
            dropped.add(1, ordering: .relaxed)
            return nil
        }
        hasNews = true
        return process
    }

    private func tellExit(_ entry: ProbedProcesses.Entry, _ counts: CUDACounts) {
        var last = entry.counts
        last.rise(to: counts)
        events.processExited(entry.process, counts: last)
        hasNews = true
    }

    // MARK: What no record told

    /// Looks for exits, and counts, that no record told of. Returns whether to look again.
    private func check() -> Bool {
        let losses = probes.losses.records
        if losses != lossesSeen {
            lossesSeen = losses
            readAccounts()
        }
        for entry in probes.processes.withLock({ $0.doubtful }) {
            let pid = entry.process.pid
            let isAbsent = ProcessIdentity(pid, holding: entry.instance) != entry.process
            guard probes.processes.withLock({ $0.noteAbsence(entry, isAbsent: isAbsent) }) else { continue }
            var counts = CUDACounts()
            if let account = probes.object.account(of: pid), account.instance == entry.instance {
                counts = account.counts
                probes.object.removeAccount(of: pid)
            }
            if let ended = probes.processes.withLock({ $0.end(pid, instance: entry.instance) }) {
                tellExit(ended, counts)
            }
        }
        return !probes.processes.withLock { $0.doubtful.isEmpty }
    }

    /// Takes the counts, and the exits, whose records were lost from the accounts themselves.
    private func readAccounts() {
        var accounts = [(pid: Int32, account: CUDAAccount)]()
        probes.object.forEachAccount { pid, account in
            if let pid = Int32(exactly: pid) { accounts.append((pid, account)) }
        }
        for (pid, account) in accounts {
            let counts = account.counts
            let known = probes.processes.withLock { $0.living(pid, instance: account.instance) }
            guard counts != CUDACounts(), let process = known ?? enter(pid, instance: account.instance, counts: counts)
            else { continue }
            if probes.processes.withLock({ $0.catchUp(pid, counts: counts) }) || known == nil {
                events.recordsLost(of: process, counts: counts)
                hasNews = true
            }
            guard account.hasEnded else { continue }
            probes.object.removeAccount(of: pid)
            if let ended = probes.processes.withLock({ $0.end(pid, instance: account.instance) }) {
                tellExit(ended, counts)
            }
        }
        let found = Set(accounts.map(\.account.instance))
        probes.processes.withLock { $0.doubt(except: found) }
    }
}
