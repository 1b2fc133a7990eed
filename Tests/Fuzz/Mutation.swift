/// SplitMix64: the same inputs for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<max(limit, 1), using: &self) }

    /// A number of any size: each count of bits is as likely as the next.
    mutating func number() -> UInt64 { next() >> UInt64(below(64)) }
}

/// What damaged and hostile writers do to bytes that were valid.
enum Mutation {
    private static let extremes: [UInt64] = [
        0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff_ffff_ffff,
        0x8000_0000_0000_0000, 0xffff_ffff_ffff_fff0, 0xffff_ffff_ffff_ffff,
    ]

    /// Changes `bytes` in some places. `text`: bytes that are put in come from this alphabet.
    static func apply(to bytes: inout [UInt8], text: [UInt8]? = nil, _ random: inout SeededGenerator) {
        for _ in 0..<(1 << random.below(5)) {
            guard !bytes.isEmpty else {
                bytes.append(byte(text, &random))
                continue
            }
            let place = random.below(bytes.count)
            switch random.below(8) {
            case 0: bytes[place] ^= 1 << UInt8(random.below(8))
            case 1: bytes[place] = byte(text, &random)
            case 2: bytes.insert(byte(text, &random), at: place)
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(32)))
            case 4: bytes.removeLast(random.below(min(bytes.count, 64)))
            case 5:
                let length = min(1 + random.below(48), bytes.count - place)
                bytes.insert(contentsOf: Array(bytes[place..<place + length]), at: random.below(bytes.count))
            case 6:
                let number = random.below(2) == 0 ? extremes[random.below(extremes.count)] : random.number()
                for index in 0..<min(8, bytes.count - place) {
                    bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
                }
            default: bytes.swapAt(place, random.below(bytes.count))
            }
        }
    }

    private static func byte(_ text: [UInt8]?, _ random: inout SeededGenerator) -> UInt8 {
        if let text, random.below(8) > 0 { return text[random.below(text.count)] }
        return UInt8(truncatingIfNeeded: random.next())
    }
}
