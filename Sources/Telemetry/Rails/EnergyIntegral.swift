/// Energy from power readings by the trapezoid rule, in whole microjoules without losing the fractions, and a bound on its
/// error.
///
/// A power monitor averages over a window w and shows each mean for the length of the next one, so a reading p(t) is the mean
/// of a window that ended at most w before t. The integral of what it shows from a to b is therefore the energy drawn from
/// a - w to b - w, but for the ends, where the power inside one window is not known. With readings p at times t, dt apart, and
/// each known to q (`RailDescription.uncertaintyMicrowatts`), the counter differs from the energy drawn between one window
/// before the first and one window before the last reading of each stretch without a gap by no more than the sum of
///
/// - q dt: rounding to the chip's steps;
/// - |p2 - p1| dt / 2: where between the two readings the shown mean changed;
/// - (dt - w) (highest - lowest of the last 32 readings), where dt exceeds w: of the time by which readings are further apart
///   than windows, no reading shows the mean. That it stays in the range of the last readings is an assumption, the only one;
/// - w (p + q) at the first and at the last reading: the whole energy of the windows that are cut by the ends.
///
/// The supply's voltage is taken as steady within a window. Reading once per window or more often keeps the third part away.
struct EnergyIntegral {
    /// Readings further apart than this are not joined: what happened in between was not measured.
    let maximumGapNanoseconds: UInt64
    /// The time that a reading is the mean of; nil, then there is no bound, where it is not known.
    var averagingNanoseconds: UInt64?
    private(set) var microjoules: UInt64 = 0
    private(set) var unmeasuredNanoseconds: UInt64 = 0

    /// Half microwatt-nanoseconds that have not made a microjoule yet.
    private var remainder: UInt64 = 0
    private var last: (microwatts: UInt64, nanoseconds: UInt64, uncertainty: UInt64?)?
    /// Half microwatt-nanoseconds, without the last reading's end. Nil for good once a part of it was not known.
    private var doubledError: UInt128? = 0
    private var recent = [UInt64](repeating: 0, count: 32)
    private var readings = 0

    private static let halfMicrojoule: UInt128 = 2_000_000_000

    init(maximumGapNanoseconds: UInt64, averagingNanoseconds: UInt64?) {
        self.maximumGapNanoseconds = maximumGapNanoseconds
        self.averagingNanoseconds = averagingNanoseconds
    }

    /// Adds a reading; one that is not later than the last only replaces its value.
    mutating func add(microwatts: UInt64, at nanoseconds: UInt64, uncertaintyMicrowatts: UInt64?) {
        defer {
            last = (microwatts, nanoseconds, uncertaintyMicrowatts)
            recent[readings % recent.count] = microwatts
            readings &+= 1
        }
        guard let last else {
            addError(endError(microwatts, uncertaintyMicrowatts))
            return
        }
        guard nanoseconds > last.nanoseconds else { return }
        let elapsed = nanoseconds - last.nanoseconds
        guard elapsed <= maximumGapNanoseconds else {
            unmeasuredNanoseconds &+= elapsed
            // One stretch ends and another begins.
            addError(endError(last.microwatts, last.uncertainty))
            addError(endError(microwatts, uncertaintyMicrowatts))
            return
        }
        let doubled = (UInt128(last.microwatts) + UInt128(microwatts)) * UInt128(elapsed) + UInt128(remainder)
        microjoules &+= UInt64(truncatingIfNeeded: doubled / Self.halfMicrojoule)
        remainder = UInt64(truncatingIfNeeded: doubled % Self.halfMicrojoule)
        addError(stepError(last.microwatts, last.uncertainty, microwatts, uncertaintyMicrowatts, elapsed))
    }

    /// The bound, in microjoules. Nil where it is not known.
    var errorMicrojoules: UInt64? {
        guard let doubledError, let last, let end = endError(last.microwatts, last.uncertainty) else { return nil }
        return UInt64(clamping: (doubledError + end) / Self.halfMicrojoule + 1)
    }

    private mutating func addError(_ error: UInt128?) {
        guard let sum = doubledError, let error else {
            doubledError = nil
            return
        }
        doubledError = sum + error
    }

    private func endError(_ microwatts: UInt64, _ uncertainty: UInt64?) -> UInt128? {
        guard let averagingNanoseconds, let uncertainty else { return nil }
        return 2 * (UInt128(microwatts) + UInt128(uncertainty)) * UInt128(averagingNanoseconds)
    }

    private func stepError(
        _ left: UInt64, _ leftUncertainty: UInt64?, _ right: UInt64, _ rightUncertainty: UInt64?, _ elapsed: UInt64
    ) -> UInt128? {
        guard let averagingNanoseconds, let leftUncertainty, let rightUncertainty else { return nil }
        let step = UInt128(left > right ? left - right : right - left)
        let rounding = 2 * UInt128(max(leftUncertainty, rightUncertainty))
        var error = (step + rounding) * UInt128(elapsed)
        if elapsed > averagingNanoseconds {
            var (lowest, highest) = (right, right)
            for index in 0..<min(readings, recent.count) {
                lowest = min(lowest, recent[index])
                highest = max(highest, recent[index])
            }
            error += 2 * UInt128(elapsed - averagingNanoseconds) * UInt128(highest - lowest)
        }
        return error
    }
}
