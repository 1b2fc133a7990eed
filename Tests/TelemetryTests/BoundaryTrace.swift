import Telemetry

/// A program's calls, made up: what a probe at level `launches`, or `boundaries`, would tell of it, and the truth.
struct BoundaryTrace {
    enum Level {
        case boundaries
        case launches
    }

    private(set) var events = [CUDAEvent]()
    /// Minibatches that have ended so far.
    private(set) var minibatches = 0
    private let level: Level
    private var random: UInt64
    private var now: UInt64 = 1_000_000_000
    private var launches: UInt64 = 0
    private var waits: UInt64 = 0

    init(_ level: Level = .launches, seed: UInt64 = 1) {
        self.level = level
        random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    }

    mutating func next(below limit: UInt64) -> UInt64 {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return (random >> 11) % limit
    }

    /// Passes milliseconds, 5 % more or less.
    mutating func pass(_ milliseconds: Double) {
        let jitter = 0.95 + Double(next(below: 1_000)) / 10_000
        now += UInt64(milliseconds * jitter * 1e6)
    }

    mutating func launch(_ token: UInt64, graph: Bool = false, tid: Int32 = 1) {
        pass(0.02)
        guard level == .launches else { return }
        launches += 1
        events.append(event(graph ? .graphLaunch : .launch, token: token, tid: tid, begin: now))
    }

    mutating func launch(_ tokens: some Sequence<UInt64>, tid: Int32 = 1) {
        for token in tokens { launch(token, tid: tid) }
    }

    mutating func wait(
        _ milliseconds: Double, kind: CUDAEvent.Kind = .streamWait, stream: UInt64 = 1, tid: Int32 = 1
    ) {
        let begin = now
        pass(milliseconds)
        waits += 1
        events.append(event(kind, stream: stream, tid: tid, begin: begin))
    }

    /// The minibatch has ended here.
    mutating func end(_ count: Int = 1) { minibatches += count }

    private func event(
        _ kind: CUDAEvent.Kind, stream: UInt64 = 0, token: UInt64 = 0, tid: Int32, begin: UInt64
    ) -> CUDAEvent {
        CUDAEvent(
            process: ProcessIdentity(pid: 7, startTimeTicks: 1), tid: tid, kind: kind, stream: stream, token: token,
            beginNanoseconds: begin, endNanoseconds: now, launches: launches, waits: waits)
    }

    /// Removes some events, as a full ring does; the counters of the others stay.
    mutating func drop(_ range: Range<Int>) { events.removeSubrange(range) }

    /// What a detector makes of it.
    func detect() -> Detection {
        var detection = Detection()
        for event in events {
            guard let boundary = detection.detector.add(event) else { continue }
            detection.boundaries.append(boundary)
        }
        detection.last = detection.detector.finish(CUDACounts(launches: launches, waits: waits))
        return detection
    }

    struct Detection {
        var detector = BoundaryDetector()
        var boundaries = [MinibatchBoundary]()
        var last: MinibatchBoundary?
        var count: Int { boundaries.reduce(0) { $0 + $1.count } }
        var state: BoundaryState { detector.state }
    }
}
