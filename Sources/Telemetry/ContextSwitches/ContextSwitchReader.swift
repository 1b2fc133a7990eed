import CLinux
import Glibc
import Synchronization
import SystemCalls
import SystemPackage

/// The thread that reads the context-switch device and tells a receiver who had the GPU when.
///
/// A round every period: flush, read to the end, tell. Between rounds it sleeps. While paused it does nothing and the
/// driver does not trace: tracing needs a powered GPU and may keep it powered.
public final class ContextSwitchReader: Sendable {
    private let rounds: ContextSwitchRounds
    private let thread: SystemThread
    private let isJoined = Mutex(false)

    /// Takes over the device, starts tracing and starts the thread.
    ///
    /// - Parameters:
    ///   - period: of the rounds; nothing is lost while the buffer (21,000 entries in 512 KiB, about five to a switch) lasts.
    ///   - receiver: is told from the thread.
    /// - Throws: what the system refused.
    public convenience init(
        device: consuming ContextSwitchDevice, periodNanoseconds: UInt64 = 50_000_000,
        receiver: some ContextSwitchReceiver
    ) throws(ContextSwitchDeviceError) {
        try self.init(device: device, periodNanoseconds: periodNanoseconds, receiver: receiver) {
            kill($0, 0) == 0 || Glibc.errno == EPERM
        }
    }

    /// As above; `lives` is asked of the first pids, to see whether the entries make sense, and `margin` is how late an entry may
    /// be found.
    init(
        device: consuming ContextSwitchDevice, periodNanoseconds: UInt64, receiver: some ContextSwitchReceiver,
        marginNanoseconds: UInt64 = 200_000_000, lives: @escaping @Sendable (Int32) -> Bool
    ) throws(ContextSwitchDeviceError) {
        try device.enable()
        let path = device.path
        do {
            let rounds = try ContextSwitchRounds(device, periodNanoseconds, marginNanoseconds)
            self.rounds = rounds
            thread = try SystemThread(name: "ctxsw") { rounds.run(telling: receiver, lives: lives) }
        } catch {
            throw ContextSwitchDeviceError("start reading", path, error.errno)
        }
    }

    deinit {
        stop()
    }

    /// What was seen so far, as of the end of the latest round.
    public var counts: ContextSwitchCounts { rounds.state.withLock { $0.counts } }
    /// Why nothing is read any more; nil while it works. The thread has ended then.
    public var failure: String? { rounds.state.withLock { $0.failure } }
    /// How far the slices may lie from CLOCK_MONOTONIC, nanoseconds; nil before it is known. Lengths of slices are right within
    /// 0.1 % whatever this is.
    public var clockUncertaintyNanoseconds: UInt64? { rounds.state.withLock { $0.uncertainty } }
    /// Whether lost entries would show.
    public var lossIsDetected: Bool { rounds.state.withLock { $0.lossIsDetected } }

    /// Stops tracing while the GPU is power-gated or nobody has a context, or starts it again. Who had the GPU is not known
    /// from then on until the first switch after the pause.
    public func setPaused(_ paused: Bool) {
        rounds.isPaused.store(paused, ordering: .relaxed)
        rounds.wake.raise()
    }

    /// Does a round now.
    public func readNow() {
        rounds.wake.raise()
    }

    /// Ends the thread, stops tracing and closes the device, after a last round. Safe to call twice.
    public func stop() {
        isJoined.withLock { isJoined in
            if isJoined { return }
            isJoined = true
            rounds.stops.store(true, ordering: .relaxed)
            rounds.wake.raise()
            thread.join()
        }
    }
}

/// The inside of the thread.
///
/// Unchecked: `stream`, `buffer` and the device are touched by the thread alone.
@safe private final class ContextSwitchRounds: @unchecked Sendable {
    struct State {
        var counts = ContextSwitchCounts()
        var failure: String?
        var uncertainty: UInt64?
        var lossIsDetected = true
    }

    let stops = Atomic(false)
    let isPaused = Atomic(false)
    let wake: EventSignal
    let state = Mutex(State())
    private var device: ContextSwitchDevice?
    private let timer: OwnedDescriptor
    private let period: UInt64
    /// How long an entry may take to be found, should the driver refuse to flush or its threads be late. The account of GPU time
    /// stays further behind than 200 ms anyway.
    private let margin: UInt64
    private var stream = ContextSwitchStream(capacity: bufferBytes / ContextSwitchRecord.byteCount + 1)
    private var buffer = [UInt8](repeating: 0, count: bufferBytes)
    private var failedReads: UInt64 = 0
    /// Reads that failed one after the other.
    private var failures = 0
    private var fault: String?
    private var timerExpired = false
    /// Whether to read as soon as there is something, not at the end of the period only.
    private var waitsForDevice = true

    private static let bufferBytes = 64 << 10
    /// A stream that fills faster than it is read must not keep the thread from stopping.
    private static let readsPerRound = 64
    /// After so many failed reads the device is given up: five seconds of rounds.
    private static let failuresInRow = 100
    /// From this uncertainty on the clocks are worth a wake-up for each entry.
    private static let coarseNanoseconds: UInt64 = 1_000_000

    init(
        _ device: consuming ContextSwitchDevice, _ period: UInt64, _ margin: UInt64
    ) throws(SystemCallError) {
        self.period = max(period, 1_000_000)
        self.margin = margin
        wake = try EventSignal()
        let number = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC) | Int32(TFD_NONBLOCK))
        guard number >= 0 else { throw SystemCallError("create", "a timer", Errno(rawValue: Glibc.errno)) }
        timer = OwnedDescriptor(adopting: number)
        self.device = consume device
    }

    func run(telling receiver: some ContextSwitchReceiver, lives: ContextSwitchStream.Liveness) {
        arm(true)
        var isTracing = true
        while true {
            wait()
            let isStopping = stops.load(ordering: .relaxed)
            let isPausing = isPaused.load(ordering: .relaxed)
            if isTracing {
                let hasRead = round(receiver, lives)
                // What comes soon after it was made tells more about the clocks; a device that is always ready tells nothing.
                let uncertainty = stream.clockUncertaintyNanoseconds ?? .max
                waitsForDevice = hasRead || timerExpired ? uncertainty > Self.coarseNanoseconds : false
                if isStopping || isPausing || refusal != nil {
                    arm(false)
                    if device?.disable() != nil { failedReads &+= 1 }
                    stream.end(at: MonotonicClock.nanoseconds(), tell: receiver)
                    isTracing = false
                    waitsForDevice = false
                }
            } else if !isPausing && !isStopping {
                do throws(ContextSwitchDeviceError) {
                    try device?.enable()
                    isTracing = true
                    waitsForDevice = true
                } catch {
                    // The GPU may not be up yet: the timer brings the next attempt.
                    failedReads &+= 1
                }
                arm(true)
            }
            publish()
            if isStopping || refusal != nil { break }
        }
        device = nil
    }

    /// Returns whether anything was read.
    private func round(_ receiver: some ContextSwitchReceiver, _ lives: ContextSwitchStream.Liveness) -> Bool {
        var hasRead = false
        let began = MonotonicClock.nanoseconds()
        var flushBegan: UInt64? = began
        if device?.flush() != nil {
            // The driver empties the GPU's buffer by itself, only later.
            failedReads &+= 1
            flushBegan = nil
        }
        for _ in 0..<Self.readsPerRound {
            let count = device?.read(into: &buffer) ?? 0
            if count < 0 {
                readFailed(Errno(rawValue: Int32(truncatingIfNeeded: -count)))
                break
            }
            failures = 0
            if count > 0 {
                hasRead = true
                let readAt = MonotonicClock.nanoseconds()
                stream.take(
                    buffer.span.extracting(..<min(count, buffer.count)), readAt: readAt, tell: receiver, lives: lives)
            }
            // A read that has room left has found the end.
            if count <= buffer.count - ContextSwitchRecord.byteCount {
                let certain = began > margin ? began - margin : 0
                stream.endRound(flushBegan: flushBegan, certainUntil: certain, tell: receiver)
                return hasRead
            }
        }
        stream.endUnfinishedRound()
        return hasRead
    }

    private func readFailed(_ errno: Errno) {
        failures += 1
        failedReads &+= 1
        guard failures == Self.failuresInRow, let path = device?.path else { return }
        fault =
            SystemCallError(
                "read", path, errno,
                remedy: "It failed \(failures) times in a row and is given up; GPU time comes from the probes."
            ).description
    }

    /// Why this thread ends by itself.
    private var refusal: String? { fault ?? stream.refusal }

    private func publish() {
        state.withLock {
            $0.counts = stream.counts
            $0.counts.failedReads = failedReads
            $0.failure = refusal
            $0.uncertainty = stream.clockUncertaintyNanoseconds
            $0.lossIsDetected = stream.sequenceIsMeaningful
        }
    }

    private func arm(_ isArmed: Bool) {
        let nanoseconds = isArmed ? period : 0
        let time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        var setting = itimerspec(it_interval: time, it_value: time)
        _ = unsafe timerfd_settime(timer.rawValue, 0, &setting, nil)
    }

    private func wait() {
        // poll(2) leaves a negative descriptor out.
        let ready = waitsForDevice ? device?.rawDescriptor ?? -1 : -1
        var waits = (
            pollfd(fd: timer.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake.rawDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: ready, events: Int16(POLLIN), revents: 0)
        )
        _ = unsafe withUnsafeMutableBytes(of: &waits) { buffer in
            unsafe poll(buffer.assumingMemoryBound(to: pollfd.self).baseAddress, 3, -1)
        }
        wake.clear()
        var expirations: UInt64 = 0
        timerExpired = unsafe Glibc.read(timer.rawValue, &expirations, 8) == 8
    }
}
