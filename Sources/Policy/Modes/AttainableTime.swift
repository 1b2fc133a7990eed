#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension ObservedModes {
    /// What a search might reach at `budgetWatts`, milliseconds: the lower convex hull of the observed modes in log power and
    /// log time, read at the budget. Observed modes that are far from the Pareto front do not matter to it, and along the
    /// front time falls about as a power of power. Nil outside of the observed powers, where nothing supports a guess.
    /// O(n log n).
    public func attainableMilliseconds(atWatts budgetWatts: Double) -> Double? {
        let points = all.filter { $0.powerWatts > 0 && $0.minibatchMilliseconds > 0 }
            .map { (x: log($0.powerWatts), y: log($0.minibatchMilliseconds)) }
            .sorted { ($0.x, $0.y) < ($1.x, $1.y) }
        guard budgetWatts > 0, let first = points.first, let last = points.last else { return nil }
        let budget = log(budgetWatts)
        guard (first.x...last.x).contains(budget) else { return nil }
        var hull: [(x: Double, y: Double)] = []
        for point in points {
            // Andrew's monotone chain: drop what lies on or above the line to the new point.
            while hull.count >= 2 {
                let (a, b) = (hull[hull.count - 2], hull[hull.count - 1])
                guard (b.x - a.x) * (point.y - a.y) <= (b.y - a.y) * (point.x - a.x) else { break }
                hull.removeLast()
            }
            // Of equal powers the fastest came first.
            if let end = hull.last, end.x == point.x { continue }
            hull.append(point)
        }
        for (left, right) in zip(hull, hull.dropFirst()) where budget <= right.x {
            return exp(left.y + (right.y - left.y) * (budget - left.x) / (right.x - left.x))
        }
        return hull.last.map { exp($0.y) }
    }
}
