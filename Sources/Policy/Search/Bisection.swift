/// The values that one dimension may still take: GMD and the binary search halve the list on the side that they turn to.
struct Bisection {
    private(set) var remaining: ArraySlice<Int>

    /// Starts with a whole ascending list.
    init(_ values: [Int]) { remaining = values[...] }

    /// Whether no choice is left.
    var isExhausted: Bool { remaining.count <= 1 }

    /// Drops `current` and what lies on its other side, and returns the middle of what is left; nil where nothing is, which
    /// exhausts the dimension.
    mutating func next(from current: Int, _ direction: GMD.Direction) -> Int? {
        guard let position = remaining.firstIndex(of: current) else {
            remaining = []
            return nil
        }
        // With i the index of the current value and n the length: ceil((i + n - 1) / 2) upwards, floor(i / 2) downwards.
        let index = position - remaining.startIndex
        let offset = direction == .up ? (index + remaining.count) / 2 : index / 2
        let value = remaining[remaining.startIndex + offset]
        remaining = direction == .up ? remaining[(position + 1)...] : remaining[..<position]
        return remaining.isEmpty ? nil : value
    }
}
