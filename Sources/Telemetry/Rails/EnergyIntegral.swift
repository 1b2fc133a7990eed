/// Energy from power readings by the trapezoid rule, in whole microjoules without losing the fractions.
struct EnergyIntegral {
    /// Readings further apart than this are not joined: what happened in between was not measured.
    let maximumGapNanoseconds: UInt64
    private(set) var microjoules: UInt64 = 0
    private(set) var unmeasuredNanoseconds: UInt64 = 0
    /// Half microwatt-nanoseconds that have not made a microjoule yet.
    private var remainder: UInt64 = 0
    private var last: (microwatts: UInt64, nanoseconds: UInt64)?

    init(maximumGapNanoseconds: UInt64) {
        self.maximumGapNanoseconds = maximumGapNanoseconds
    }

    mutating func add(microwatts: UInt64, at nanoseconds: UInt64) {
        defer { last = (microwatts, nanoseconds) }
        guard let last, nanoseconds > last.nanoseconds else { return }
        let elapsed = nanoseconds - last.nanoseconds
        guard elapsed <= maximumGapNanoseconds else {
            unmeasuredNanoseconds &+= elapsed
            return
        }
        let doubled = (UInt128(last.microwatts) + UInt128(microwatts)) * UInt128(elapsed) + UInt128(remainder)
        let halfMicrojoule: UInt128 = 2_000_000_000
        microjoules &+= UInt64(truncatingIfNeeded: doubled / halfMicrojoule)
        remainder = UInt64(truncatingIfNeeded: doubled % halfMicrojoule)
    }
}
