/// What a sequence repeats: the symbols of one minibatch, in order, up to its end.
///
/// A sequence that has lost its place finds this unit again by a rolling polynomial hash over as many symbols as it has
/// (Karp and Rabin, 1987): O(1) per symbol, and one comparison of all of them where the hash agrees.
struct RepeatingUnit {
    private static let base: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// Not empty.
    private(set) var symbols: [UInt32]
    /// The same for each rotation of the symbols.
    let signature: UInt64
    let distinctSymbols: Int
    /// When it was last followed, as a number of symbols.
    var lastUse = 0
    private var hash: UInt64 = 0
    /// base to the power of the number of symbols: the weight of the symbol that leaves the window.
    private let leavingWeight: UInt64
    private var rolling: UInt64 = 0
    private var filled = 0

    init(_ symbols: [UInt32]) {
        self.symbols = symbols
        signature = symbols.reduce(UInt64(symbols.count)) { sum, symbol in
            let mixed = (UInt64(symbol) &+ 1) &* Self.base
            return sum &+ (mixed ^ (mixed >> 31)) &* Self.base
        }
        distinctSymbols = Set(symbols).count
        leavingWeight = symbols.reduce(1) { weight, _ in weight &* Self.base }
        hash = Self.hash(symbols)
    }

    var count: Int { symbols.count }

    /// Makes the unit begin with the symbol that is at `offset` now.
    mutating func rotate(by offset: Int) {
        symbols = Array(symbols[offset...] + symbols[..<offset])
        hash = Self.hash(symbols)
        forgetWindow()
    }

    mutating func forgetWindow() {
        rolling = 0
        filled = 0
    }

    /// Takes the symbol with `number` into the window; true where the window holds the unit. `ring` keeps at least as
    /// many symbols before it as the unit has.
    mutating func recognises(_ number: Int, in ring: SymbolRing) -> Bool {
        rolling = rolling &* Self.base &+ UInt64(ring[number]) &+ 1
        if filled == count {
            rolling = rolling &- leavingWeight &* (UInt64(ring[number - count]) &+ 1)
        } else {
            filled += 1
        }
        guard filled == count, rolling == hash else { return false }
        let first = number + 1 - count
        return symbols.indices.allSatisfy { symbols[$0] == ring[first + $0] }
    }

    private static func hash(_ symbols: [UInt32]) -> UInt64 {
        symbols.reduce(0) { $0 &* base &+ UInt64($1) &+ 1 }
    }
}
