/// A set of context numbers. Finding the next member looks at 64 numbers at a time.
struct ContextSet: Sequence, Sendable {
    private var words: [UInt64]
    private(set) var count = 0

    /// An empty set of numbers below `capacity`.
    init(capacity: Int) { words = [UInt64](repeating: 0, count: (capacity + 63) / 64) }

    var isEmpty: Bool { count == 0 }

    func contains(_ index: Int) -> Bool { words[index >> 6] & (1 << UInt64(index & 63)) != 0 }

    mutating func insert(_ index: Int) {
        guard !contains(index) else { return }
        words[index >> 6] |= 1 << UInt64(index & 63)
        count += 1
    }

    mutating func remove(_ index: Int) {
        guard contains(index) else { return }
        words[index >> 6] &= ~(1 << UInt64(index & 63))
        count -= 1
    }

    mutating func removeAll() {
        guard count > 0 else { return }
        for word in words.indices { words[word] = 0 }
        count = 0
    }

    /// The first member above `index`, or else the first of all; nil where there is none.
    func next(after index: Int) -> Int? {
        guard count > 0 else { return nil }
        return first(from: index + 1) ?? first(from: 0)
    }

    /// Ascending.
    func makeIterator() -> Iterator { Iterator(set: self) }

    struct Iterator: IteratorProtocol {
        let set: ContextSet
        var position = 0

        mutating func next() -> Int? {
            guard let found = set.first(from: position) else { return nil }
            position = found + 1
            return found
        }
    }

    private func first(from index: Int) -> Int? {
        var word = index >> 6
        guard word < words.count else { return nil }
        var bits = words[word] & (~0 << UInt64(index & 63))
        while bits == 0 {
            word += 1
            guard word < words.count else { return nil }
            bits = words[word]
        }
        return word << 6 | bits.trailingZeroBitCount
    }
}
