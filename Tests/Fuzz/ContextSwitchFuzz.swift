import Synchronization
import Telemetry

/// The bytes of the context-switch device: parser, clock and slicer, then the account of GPU time.
struct ContextSwitchFuzz: FuzzedSubject {
    private var traces = [[UInt8]]()

    init() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<16 { traces.append(Self.trace(&random)) }
    }

    mutating func run(_ random: inout SeededGenerator) -> Outcome {
        var bytes = traces[random.below(traces.count)]
        if random.below(16) > 0 { Mutation.apply(to: &bytes, &random) }
        let size = bytes.count
        var stream = ContextSwitchStream(capacity: 256)
        var now = random.below(4) == 0 ? random.number() >> 1 : 5_000_000_000
        let order = SliceOrder(GPUTimeAccount(startNanoseconds: now, lagNanoseconds: 1_000_000))
        var start = 0
        while start < bytes.count {
            let count = min(bytes.count - start, 1 + random.below(1_500))
            stream.take(
                bytes[start..<start + count].span, readAt: now, tell: order, lives: { $0 & 1 == 0 })
            start += count
            switch random.below(8) {
            case 0: stream.endUnfinishedRound()
            case 1: stream.end(at: now, tell: order)
            case 2...5: stream.endRound(flushBegan: now, certainUntil: now - min(now, 500_000), tell: order)
            default: break
            }
            order.account.settle(now: now)
            now += UInt64(random.below(60_000_000))
        }
        stream.end(at: now, tell: order)
        order.account.settle(now: now + 3_000_000_000)
        let counts = stream.counts
        if counts.records > UInt64(size / ContextSwitchRecord.byteCount) {
            return .broken("\(counts.records) entries were read out of \(size) bytes.")
        }
        return order.fault.map { .broken($0) } ?? .held(bytes: size)
    }

    /// A valid history of switches.
    private static func trace(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = [UInt8]()
        var sequence = UInt16(truncatingIfNeeded: random.next())
        var time = random.number() >> 8
        var pid = UInt64(1 + random.below(5))
        func append(_ tag: ContextSwitchRecord.Tag) {
            bytes += [tag.rawValue, 0]
            for index in 0..<2 { bytes.append(UInt8(truncatingIfNeeded: sequence >> UInt16(8 * index))) }
            for index in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: (pid + 100) >> UInt64(8 * index))) }
            for value in [pid, time & ~31] {
                for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
            }
            sequence &+= 1
        }
        for _ in 0..<(4 + random.below(120)) {
            for tag in [ContextSwitchRecord.Tag.restoreStart, .contextStart] { append(tag) }
            time &+= UInt64(random.below(2_000_000))
            for tag in [ContextSwitchRecord.Tag.requestByHost, .acknowledgedThreadBlock, .saveEnd] { append(tag) }
            pid = UInt64(1 + random.below(5))
            if random.below(20) == 0 { append(.engineReset) }
            if random.below(20) == 0 { sequence &+= UInt16(random.below(50)) }
            if random.below(60) == 0 { time = random.number() >> 8 }
        }
        return bytes
    }
}

/// Checks that slices are in order, and that the account keeps all time.
private final class SliceOrder: ContextSwitchReceiver {
    let account: GPUTimeAccount
    private let last = Mutex((end: UInt64(0), fault: String?.none))

    init(_ account: GPUTimeAccount) { self.account = account }

    func tracingBegan(at nanoseconds: UInt64) { account.tracingBegan(at: nanoseconds) }
    func received(_ slice: ContextSwitchSlice) {
        account.received(slice)
        last.withLock { last in
            let start = slice.slice.startNanoseconds
            if start < last.end || slice.slice.endNanoseconds < start {
                last.fault =
                    "A slice from \(start) to \(slice.slice.endNanoseconds) follows one that ends at \(last.end)."
            }
            last.end = slice.slice.endNanoseconds
        }
    }
    func delivered(until nanoseconds: UInt64) { account.delivered(until: nanoseconds) }
    func tracingEnded(at nanoseconds: UInt64) { account.tracingEnded(at: nanoseconds) }

    var fault: String? { last.withLock { $0.fault } ?? account.imbalance }
}

extension GPUTimeAccount {
    /// What is wrong with the sum of its parts; nil when nothing is.
    var imbalance: String? {
        let totals = totals
        let parts =
            totals.processesNanoseconds &+ totals.exitedNanoseconds &+ totals.unattributedNanoseconds
            &+ totals.idleNanoseconds &+ totals.unmeasuredNanoseconds
        return parts == totals.elapsedNanoseconds
            ? nil : "The account's parts are \(parts) ns of \(totals.elapsedNanoseconds) ns."
    }
}
