import Glibc

/// When requests arrive, in nanoseconds after the start; the same for the same seed.
struct ArrivalTimes {
    enum Pattern: String, CaseIterable, Sendable {
        /// Equal gaps.
        case uniform
        /// Exponential gaps.
        case poisson
    }

    private let pattern: Pattern
    private let gap: Double
    /// Whether the next request is there whenever the server is ready.
    let isSaturated: Bool
    private var state: UInt64
    private var time = 0.0

    /// `rate` is requests per second; 0: the next one is always there.
    init(rate: Double, pattern: Pattern, seed: UInt64) {
        self.pattern = pattern
        gap = rate > 0 ? 1e9 / rate : 0
        isSaturated = rate <= 0
        state = seed
    }

    mutating func next() -> UInt64 {
        switch pattern {
        case .uniform: time += gap
        case .poisson: time -= gap * log1p(-uniform())
        }
        return UInt64(min(time, 1e18))
    }

    /// From 0 to below 1 (SplitMix64, Steele, Lea and Flood, OOPSLA 2014).
    private mutating func uniform() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53
    }
}
