/// The minimum and maximum that one clock's requesters ask for, aggregated as the kernel's frequency QoS does
/// (kernel/power/qos.c): the highest minimum and the lowest maximum win, and a maximum below the minimum wins over it.
struct FrequencyLimits: Hashable, Sendable {
    /// Who asks. The kernel keeps one request for each; a missing one asks for nothing.
    enum Requester: Int, CaseIterable, Sendable {
        /// The sysfs file: nvpmodel, jetson_clocks and everybody else who writes it.
        case user
        /// The thermal framework's cooling device.
        case thermal
    }

    /// The ascending operating points.
    let table: [Int]
    /// cpufreq lifts a maximum to the lowest operating point (cpufreq_verify_within_limits); devfreq shows it as it is
    /// (devfreq_get_freq_range) and runs at the lowest.
    let liftsMaximum: Bool
    private var minima = [Int?](repeating: nil, count: Requester.allCases.count)
    private var maxima = [Int?](repeating: nil, count: Requester.allCases.count)

    /// Takes the ascending operating points, at least one.
    init(table: [Int], liftsMaximum: Bool) {
        self.table = table
        self.liftsMaximum = liftsMaximum
    }

    var lowest: Int { table.first ?? 0 }
    var highest: Int { table.last ?? 0 }

    mutating func setMinimum(_ value: Int?, by requester: Requester) { minima[requester.rawValue] = value }
    mutating func setMaximum(_ value: Int?, by requester: Requester) { maxima[requester.rawValue] = value }

    /// What the `max` file reads: not rounded to an operating point.
    var effectiveMaximum: Int {
        let lowestRequest = min(maxima.compactMap { $0 }.min() ?? highest, highest)
        return liftsMaximum ? max(lowestRequest, lowest) : lowestRequest
    }

    /// What the `min` file reads.
    var effectiveMinimum: Int {
        min(min(max(minima.compactMap { $0 }.max() ?? lowest, lowest), highest), effectiveMaximum)
    }

    /// The operating point of full load: the highest that the maximum allows.
    var highestAllowed: Int { table.last { $0 <= effectiveMaximum } ?? lowest }

    /// The operating point of no load: the lowest that the minimum allows, unless the maximum forbids it.
    var lowestAllowed: Int { min(table.first { $0 >= effectiveMinimum } ?? highest, highestAllowed) }
}
