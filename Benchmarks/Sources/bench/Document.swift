/// The report as Markdown.
struct Document {
    let machine: Machine
    let sections: [Section]

    var text: String {
        var lines = [
            "# Benchmarks", "",
            "Written by `make bench`; every figure comes from that run. Medians and ratios to a baseline of the same run say more",
            "than single figures: machines are noisy, virtual ones more so.", "",
        ]
        lines += machine.lines
        for section in sections {
            lines += ["", "## \(section.title)", "", section.method]
            if let reason = section.skipped { lines += ["", "Skipped: \(reason)"] }
            if !section.rows.isEmpty {
                lines += [
                    "", "| | unit | median | p10 | p90 | min | max | n | to baseline | target | |",
                    "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
                ]
                lines += section.rows.map(Self.line)
            }
            if !section.remarks.isEmpty { lines += [""] + section.remarks.map { "- \($0)" } }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ row: Row) -> String {
        let values = row.values
        // One sample has no spread to show.
        let spread =
            values.count == 1
            ? ["", "", "", ""]
            : [values.quantile(0.1), values.quantile(0.9), values.minimum, values.maximum].map(number)
        let target = row.target.map { $0.isInclusive ? number($0.limit) : "< \(number($0.limit))" }
        let verdict = row.target.map { $0.isMet(by: values.median) ? "met" : "**missed**" }
        let cells =
            [row.name, row.unit, number(values.median)] + spread
            + [String(values.count), row.ratio.map { "x \(number($0))" } ?? "", target ?? "", verdict ?? ""]
        return "| " + cells.joined(separator: " | ") + " |"
    }
}
