/// The arrival times of requests that wait, oldest first, in a ring of fixed size.
struct RequestQueue: Sendable {
    private var arrivals: [Double]
    private var head = 0
    private(set) var count = 0

    /// Holds at most `capacity` requests, at least one.
    init(capacity: Int) { arrivals = Array(repeating: 0, count: max(1, capacity)) }

    /// The arrival of the waiting request `place`, 0 the oldest; `place` is below `count`.
    subscript(place: Int) -> Double { arrivals[(head + place) % arrivals.count] }

    /// Adds a request; false where the ring is full. O(1), no allocation.
    mutating func append(_ seconds: Double) -> Bool {
        guard count < arrivals.count else { return false }
        arrivals[(head + count) % arrivals.count] = seconds
        count += 1
        return true
    }

    /// Forgets the oldest `number`, at most all.
    mutating func removeFirst(_ number: Int) {
        let number = min(max(number, 0), count)
        head = (head + number) % arrivals.count
        count -= number
    }
}
