/// A cumulative count that may begin anew, as one that never falls.
struct RunningCount {
    private(set) var total: UInt64 = 0
    private var last: UInt64?

    /// Whether there has been a value.
    var isMeasured: Bool { last != nil }

    /// Takes the next value. The first is where counting begins; a value below the last one is a count from 0.
    mutating func advance(to value: UInt64?) {
        guard let value else { return }
        if let last { total &+= value >= last ? value - last : value }
        last = value
    }

    /// Takes the first value of a count that is known to have begun at 0.
    mutating func begin(with value: UInt64?) {
        guard let value else { return }
        total = value
        last = value
    }
}
