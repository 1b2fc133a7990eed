/// The latest symbols of a sequence, each found by its number from the first one, 0.
struct SymbolRing {
    static let smallest = 64
    static let largest = 16_384

    /// Its count is a power of two.
    private var symbols = [UInt32](repeating: 0, count: smallest)
    /// The number that the next symbol gets.
    private(set) var end = 0
    /// The oldest symbol from which on none is missing.
    private(set) var begin = 0

    var count: Int { end - begin }

    /// Of a number in `begin..<end`.
    subscript(number: Int) -> UInt32 { symbols[number & (symbols.count - 1)] }

    /// Keeps more than before as long as these are fewer than `limit`. O(1) amortised.
    mutating func append(_ symbol: UInt32, keeping limit: Int) {
        if count == symbols.count {
            if symbols.count < min(limit, Self.largest) { grow() } else { begin &+= 1 }
        }
        symbols[end & (symbols.count - 1)] = symbol
        end &+= 1
    }

    /// Symbols are missing between the latest and the next.
    mutating func cut() { begin = end }

    /// A copy of the latest `length` of those that are kept, oldest first.
    func latest(_ length: Int) -> [UInt32] { (end - length..<end).map { self[$0] } }

    private mutating func grow() {
        var larger = [UInt32](repeating: 0, count: symbols.count * 2)
        for number in begin..<end { larger[number & (larger.count - 1)] = self[number] }
        symbols = larger
    }
}
