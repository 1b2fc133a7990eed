/// One line of a table: a figure and how it spread.
struct Row {
    /// What the median must stay under.
    struct Target {
        let limit: Double
        let isInclusive: Bool

        static func under(_ limit: Double) -> Target { Target(limit: limit, isInclusive: false) }
        static func exactly(_ limit: Double) -> Target { Target(limit: limit, isInclusive: true) }

        func isMet(by value: Double) -> Bool { isInclusive ? value <= limit : value < limit }
    }

    let name: String
    let unit: String
    let values: Distribution
    /// Median over the median of the baseline, where there is one.
    var ratio: Double?
    var target: Target?

    init?(_ name: String, _ unit: String, _ samples: [Double], over baseline: Row? = nil, target: Target? = nil) {
        guard let values = Distribution(samples) else { return nil }
        self.name = name
        self.unit = unit
        self.values = values
        self.target = target
        if let baseline, baseline.values.median > 0 { ratio = values.median / baseline.values.median }
    }
}

/// A table of rows that were measured together, or the reason why there is none.
struct Section {
    let title: String
    /// How it was measured, in a few sentences.
    let method: String
    var rows: [Row] = []
    /// What was found beside the figures.
    var remarks: [String] = []
    var skipped: String?
}
