/// Turns the CUDA calls of one process, which knows nothing of us, into minibatch boundaries.
///
/// At level `launches` the sequence of launched kernels and graphs repeats with each minibatch, and that is what is
/// counted: a host that waits once, several times, or only after many minibatches gives the same count. The count is
/// exact from the third minibatch on, and those before it are counted then; it stays exact over lost events as long as
/// the counters that each event carries say how many are missing. Evaluation and other phases have sequences of their
/// own (`pattern`). Threads that each launch and wait by themselves are told apart: of the same kind they add up, of
/// different kinds the one with most launches is counted.
///
/// At level `boundaries` there are waits and nothing else. A wait is then a minibatch, with a confidence of at most a
/// half, unless their kinds and streams, or how long they take, repeat over several. A host that runs ahead, or that
/// waits several times in the same way, cannot be told from one that waits once.
///
/// What cannot be known at all: whether a sequence of micro-batches is one minibatch or several (the smallest period is
/// taken when it explains 95 % of the launches), and which of two equal waits ends the minibatch (the one that the host
/// is longest away after).
///
/// A value for one process; O(1) amortised per event, and without allocation while a pattern holds. Some 3 KiB, and as
/// long as nothing repeats up to 70 KiB for each of 8 threads and for all of them.
public struct BoundaryDetector: Sendable {
    private struct Thread {
        var tid: Int32
        var calls: CallSequence
        /// Waits and launches, halved now and then.
        var waits = 0
        var launches = 0
        /// Minibatches that were counted while those of the process were told.
        var untold = 0
    }

    /// Whose calls the minibatches are counted in.
    private enum Carrier: Equatable {
        case undecided
        case process
        /// Bits of the threads, by index.
        case threads(UInt8)
    }

    private static let threadLimit = 8
    /// Records of several threads may carry each other's counts.
    private static let threadSlack: UInt64 = 16
    /// Waits for which the threads have to carry a period of their own before the process is left.
    private static let switchLimit = 8

    private var process = CallSequence()
    private var threads = [Thread]()
    private var firstTID: Int32?
    private var carrier = Carrier.process
    private var switchStreak = 0
    private var launchCounter = CallCounter()
    private var waitCounter = CallCounter()
    private var activity = 0
    /// Minibatches that were told of the process since there are several threads.
    private var told = 0
    /// Minibatches of the threads that were not told, or, below 0, were told as those of the process.
    private var owed = 0

    /// Knows nothing yet.
    public init() {}

    /// Takes an event. Returns a boundary where minibatches have ended with it, or may have gone by unseen. While
    /// nothing repeats, up to `limit` launches of each thread are kept, 16,384 at most; a period is found up to a third
    /// of that.
    public mutating func add(_ event: CUDAEvent, keeping limit: Int = .max) -> MinibatchBoundary? {
        noteLosses(event)
        let thread = threadIndex(event.tid)
        switch event.kind {
        case .launch, .graphLaunch:
            let symbol = Self.symbol(event)
            let whole = process.launch(symbol, at: event.beginNanoseconds, keeping: limit)
            guard let thread else { return whole }
            threads[thread].launches += 1
            let own = threads[thread].calls.launch(symbol, at: event.beginNanoseconds, keeping: limit)
            switch carrier {
            case .undecided: return nil
            case .process:
                threads[thread].untold += own?.count ?? 0
                told += whole?.count ?? 0
                return whole
            case .threads: return carries(thread) ? settled(own) : nil
            }
        case .streamWait, .contextWait, .eventWait:
            return wait(event, thread)
        }
    }

    /// The process has ended after `counts` calls; 0 where that is not known. Returns the minibatches that no wait was
    /// seen for, or those of a process too short to tell, if there are any.
    public mutating func finish(_ counts: CUDACounts = CUDACounts()) -> MinibatchBoundary? {
        noteLosses(launches: counts.launches, waits: counts.waits)
        switch carrier {
        case .process: return process.finish()
        case .undecided:
            return threads.indices.reduce(nil) { whole, index in merge(whole, threads[index].calls.finish()) }
        case .threads:
            return threads.indices.reduce(nil) { whole, index in
                carries(index) ? merge(whole, settled(threads[index].calls.finish())) : whole
            }
        }
    }

    private func merge(_ left: MinibatchBoundary?, _ right: MinibatchBoundary?) -> MinibatchBoundary? {
        guard let left, var sum = right else { return left ?? right }
        sum.beginNanoseconds = min(left.beginNanoseconds, sum.beginNanoseconds)
        sum.workBeginNanoseconds = min(left.workBeginNanoseconds, sum.workBeginNanoseconds)
        sum.endNanoseconds = max(left.endNanoseconds, sum.endNanoseconds)
        sum.count += left.count
        sum.confidence = min(left.confidence, sum.confidence)
        sum.isGap = left.isGap || sum.isGap
        return sum
    }

    // MARK: Answers

    /// How minibatches are told at present.
    public var state: BoundaryState { calls?.state ?? .unknown }

    /// How sure that is, 0 (nothing is known) to 1.
    public var confidence: Double { calls?.confidence ?? 0 }

    /// Launches of a minibatch; nil where that is not known.
    public var launchesPerMinibatch: Int? { calls?.launchesPerMinibatch }

    /// Waits of a minibatch, below 1 for a host that runs ahead; nil where that is not known.
    public var waitsPerMinibatch: Double? { calls?.waitsPerMinibatch }

    /// Launches that are missing to the end of a minibatch: 0 where the latest one completed it, so that a gate that
    /// closes now cuts none; nil where that is not known, or several threads launch.
    public var launchesUntilBoundary: Int? {
        if case .threads(let members) = carrier, members.nonzeroBitCount > 1 { return nil }
        return calls?.launchesUntilBoundary
    }

    private var calls: CallSequence? {
        switch carrier {
        case .undecided: return nil
        case .process: return process
        case .threads: return mainThread.map { threads[$0].calls }
        }
    }
}

// MARK: Threads

extension BoundaryDetector {
    private mutating func wait(_ event: CUDAEvent, _ thread: Int?) -> MinibatchBoundary? {
        let symbol = Self.symbol(event)
        let (begin, end) = (event.beginNanoseconds, event.endNanoseconds)
        let whole = process.wait(symbol, begin: begin, end: end, delivers: carrier == .process)
        guard let thread else { return whole }
        threads[thread].waits += 1
        let delivers = carrier == .process || carries(thread)
        let own = threads[thread].calls.wait(symbol, begin: begin, end: end, delivers: delivers)
        defer { choose() }
        switch carrier {
        case .undecided: return nil
        case .process:
            threads[thread].untold += own?.count ?? 0
            told += whole?.count ?? 0
            return whole
        case .threads:
            if own != nil { process.discard(at: end) }
            return settled(own)
        }
    }

    /// With the minibatches that are owed from before the threads were told apart.
    private mutating func settled(_ boundary: MinibatchBoundary?) -> MinibatchBoundary? {
        guard var boundary, owed != 0 else { return boundary }
        boundary.count += owed
        owed = min(boundary.count, 0)
        return boundary.count > 0 ? boundary : nil
    }

    /// From now on the minibatches of these threads are told.
    private mutating func carry(_ members: UInt8) {
        if carrier == .process {
            carrier = .threads(members)
            owed = threads.indices.reduce(-told) { carries($1) ? $0 + threads[$1].untold : $0 }
        }
        carrier = .threads(members)
    }

    /// Nil while the process has one thread.
    private mutating func threadIndex(_ tid: Int32) -> Int? {
        guard let firstTID else {
            firstTID = tid
            return nil
        }
        if threads.isEmpty {
            guard tid != firstTID else { return nil }
            // All calls so far were its own.
            threads.append(Thread(tid: firstTID, calls: process))
            if process.source == nil { carrier = .undecided }
        }
        activity += 1
        if activity == 4_096 {
            activity = 0
            for index in threads.indices {
                threads[index].waits /= 2
                threads[index].launches /= 2
            }
        }
        if let known = threads.firstIndex(where: { $0.tid == tid }) { return known }
        if threads.count < Self.threadLimit {
            threads.append(Thread(tid: tid, calls: CallSequence()))
            return threads.count - 1
        }
        if let idle = threads.firstIndex(where: { $0.waits == 0 && $0.launches == 0 }) {
            if case .threads(let members) = carrier { carrier = .threads(members & ~(1 << UInt8(idle))) }
            threads[idle] = Thread(tid: tid, calls: CallSequence())
            return idle
        }
        return Int(tid.magnitude) % Self.threadLimit
    }

    private func carries(_ thread: Int) -> Bool {
        if case .threads(let members) = carrier { members & (1 << UInt8(thread)) != 0 } else { false }
    }

    /// The one with most launches, or waits, of those that carry the minibatches.
    private var mainThread: Int? {
        threads.indices.filter { carries($0) }.max {
            (threads[$0].launches, threads[$0].waits, $1) < (threads[$1].launches, threads[$1].waits, $0)
        }
    }

    private mutating func choose() {
        let waits = threads.reduce(0) { $0 + $1.waits }
        var (waiting, following) = (UInt8(0), UInt8(0))
        for index in threads.indices where threads[index].waits >= 3 && threads[index].waits * 20 >= waits {
            waiting |= 1 << UInt8(index)
            if threads[index].calls.source != nil { following |= 1 << UInt8(index) }
        }
        // Waits alone: what threads do in turn is no pattern.
        let hasLaunches = process.hasLaunches
        let hasSeveral = waiting.nonzeroBitCount > 1
        let areIndependent = hasSeveral && (hasLaunches ? following == waiting : following != 0)
        switchStreak = areIndependent ? switchStreak + 1 : 0
        switch carrier {
        case .process:
            if areIndependent, switchStreak >= Self.switchLimit || !hasLaunches { carry(alike(following)) }
        case .undecided:
            if areIndependent {
                carry(alike(following))
            } else if process.source != nil, hasLaunches || !hasSeveral {
                carrier = .process
            } else if following != 0 {
                carry(1 << UInt8(following.trailingZeroBitCount))
            }
        case .threads(let members):
            if areIndependent {
                carry(members | alike(following))
            } else if threads.indices.allSatisfy({ !carries($0) || threads[$0].calls.source == nil }),
                process.source != nil
            {
                carrier = .process
                told = 0
                for index in threads.indices { threads[index].untold = 0 }
            }
        }
    }

    /// Of these threads, those that do the same as the one with most launches; without launches, all.
    private func alike(_ following: UInt8) -> UInt8 {
        var main: Int?
        for index in threads.indices where following & 1 << UInt8(index) != 0 {
            if threads[index].launches > main.map({ threads[$0].launches }) ?? -1 { main = index }
        }
        guard let main else { return 0 }
        let launches = threads[main].calls.launchesPerMinibatch
        var members: UInt8 = 0
        for index in threads.indices where following & 1 << UInt8(index) != 0 {
            let isAlike = threads[index].calls.launchesPerMinibatch == launches
            if isAlike || threads[main].launches + threads[index].launches == 0 { members |= 1 << UInt8(index) }
        }
        return members
    }
}

// MARK: Events

extension BoundaryDetector {
    private static func symbol(_ event: CUDAEvent) -> UInt32 {
        let isWait = event.kind != .launch && event.kind != .graphLaunch
        var mixed = (isWait ? event.stream : event.token) &+ UInt64(event.kind.rawValue) << 56
        mixed = (mixed ^ (mixed >> 32)) &* 0x9E37_79B9_7F4A_7C15
        let symbol = UInt32(truncatingIfNeeded: mixed >> 33)
        return event.kind == .graphLaunch ? symbol | CallSequence.graphBit : symbol
    }

    private mutating func noteLosses(_ event: CUDAEvent) {
        let slack = firstTID == nil || (threads.isEmpty && firstTID == event.tid) ? 0 : Self.threadSlack
        switch event.kind {
        case .launch, .graphLaunch: noteLosses(launches: event.launches, isLaunch: true, slack: slack)
        case .streamWait, .contextWait, .eventWait:
            noteLosses(launches: event.launches, waits: event.waits, isWait: true, slack: slack)
        }
    }

    private mutating func noteLosses(
        launches: UInt64, waits: UInt64 = 0, isLaunch: Bool = false, isWait: Bool = false, slack: UInt64 = 0
    ) {
        let missingLaunches = launchCounter.missing(at: launches, isCounted: isLaunch, slack: slack)
        let missingWaits = waitCounter.missing(at: waits, isCounted: isWait, slack: slack)
        guard missingLaunches > 0 || missingWaits > 0 else { return }
        if case .threads(let members) = carrier, !process.hasLaunches {
            let areSingle = threads.indices.allSatisfy { !carries($0) || threads[$0].calls.waitsPerMinibatch == 1 }
            // Whosever they were.
            if areSingle && members != 0 { owed += missingWaits }
        }
        process.lose(launches: missingLaunches, waits: missingWaits)
        for index in threads.indices { threads[index].calls.cut() }
    }
}
