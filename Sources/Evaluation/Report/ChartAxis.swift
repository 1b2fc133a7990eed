import Glibc

/// Range and ticks of one axis: whole multiples of 1, 2 or 5 times a power of ten, or 1, 2 and 5 of each decade.
struct ChartAxis: Sendable {
    let ticks: [Double]
    private let low: Double
    private let high: Double
    private let isLogarithmic: Bool
    private let places: Int

    /// An axis that holds `low...high`; both finite, and above 0 where it is logarithmic.
    init(low: Double, high: Double, isLogarithmic: Bool, startsAtZero: Bool) {
        self.isLogarithmic = isLogarithmic
        if isLogarithmic {
            // A little room, so that no marker is cut by the edge.
            (self.low, self.high) = (low / 1.2, high * 1.2)
            let decades = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
            ticks = decades.flatMap { decade in [1, 2, 5].map { $0 * pow(10, Double(decade)) } }
                .filter { (low / 1.2...high * 1.2).contains($0) }
            places = 0
            return
        }
        let bottom = startsAtZero ? min(0, low) : low
        let span = high > bottom ? high - bottom : max(abs(high), 1)
        let rough = span / 5
        let decade = pow(10, log10(rough).rounded(.down))
        let step = [1, 2, 5, 10].lazy.map { $0 * decade }.first { $0 >= rough } ?? rough
        let first = (bottom / step).rounded(.down)
        let last = max((high / step).rounded(.up), first + 1)
        self.low = first * step
        self.high = last * step
        // The count is about five by construction; the bound is for values at the limits of a double.
        ticks = (0...min(50, Int(last - first))).map { (first + Double($0)) * step }
        places = step >= 1 ? 0 : min(6, Int((-log10(step)).rounded(.up)))
    }

    /// Where `value` lies between the ends, 0...1.
    func fraction(_ value: Double) -> Double {
        isLogarithmic ? log(value / low) / log(high / low) : (value - low) / (high - low)
    }

    /// A tick's number.
    func text(_ tick: Double) -> String { isLogarithmic ? shortest(tick) : fixed(tick, places) }
}
