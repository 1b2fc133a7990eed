#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// When the requests of a simulated inference arrive.
public enum ArrivalProcess: Hashable, Sendable {
    /// Every 1/a seconds.
    case uniform(ratePerSecond: Double)
    /// A Poisson process.
    case poisson(ratePerSecond: Double)
    /// At these times, seconds from the start, ascending.
    case recorded([Double])
    /// Second by second this many requests, each at a random time within its second; a fraction is a request with that
    /// probability.
    case perSecond([Double])
}

/// The arrivals of a process, one after another.
struct ArrivalSequence {
    private let process: ArrivalProcess
    private var index = 0
    private var seconds = 0.0
    /// Of the second at `index`, latest first.
    private var pending: [Double] = []

    /// A second with more requests than this counts as one with as many.
    static let perSecondLimit = 1_000_000.0

    init(_ process: ArrivalProcess) { self.process = process }

    /// The next arrival, seconds; nil where no more come. O(1) in the mean, O(n log n) at the start of a second of n
    /// requests.
    mutating func next(using generator: inout SeededGenerator) -> Double? {
        switch process {
        case .uniform(let rate):
            guard rate > 0, rate.isFinite else { return nil }
            index += 1
            return Double(index - 1) / rate
        case .poisson(let rate):
            guard rate > 0, rate.isFinite else { return nil }
            seconds -= log(1 - generator.fraction()) / rate
            return seconds
        case .recorded(let times):
            guard index < times.count, times[index].isFinite else { return nil }
            // One that is out of order came no earlier than the one before.
            seconds = max(seconds, times[index])
            index += 1
            return seconds
        case .perSecond(let counts):
            while pending.isEmpty, index < counts.count {
                let count = counts[index] > 0 ? min(counts[index], Self.perSecondLimit) : 0
                let whole = Int(count.rounded(.down)) + (generator.fraction() < count - count.rounded(.down) ? 1 : 0)
                for _ in 0..<whole { pending.append(Double(index) + generator.fraction()) }
                pending.sort(by: >)
                index += 1
            }
            return pending.popLast()
        }
    }
}
