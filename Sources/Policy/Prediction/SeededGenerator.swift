/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the same sequence for a seed on every machine, which
/// `SystemRandomNumberGenerator` is made not to be. Not for secrets.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts the sequence of `seed`.
    public init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

// The standard library's `random` and `shuffled` may draw differently in its next release; these do not change.
extension SeededGenerator {
    /// A whole number in 0..<limit; 0 where `limit` is below 2. The bias is below limit / 2^64.
    public mutating func index(below limit: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(max(limit, 1))).high)
    }

    /// A number in 0..<1 with 53 random bits.
    public mutating func fraction() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// Puts `elements` into a random order (Fisher and Yates). O(n).
    public mutating func shuffle<Element>(_ elements: inout [Element]) {
        var remaining = elements.count
        while remaining > 1 {
            let chosen = index(below: remaining)
            remaining -= 1
            elements.swapAt(chosen, remaining)
        }
    }

    /// `count` different elements in random order, all of them where there are fewer. O(n).
    public mutating func sample<Element>(_ count: Int, of elements: [Element]) -> [Element] {
        var shuffled = elements
        shuffle(&shuffled)
        return Array(shuffled.prefix(max(count, 0)))
    }
}
