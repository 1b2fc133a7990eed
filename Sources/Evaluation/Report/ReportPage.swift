/// A page of sections with text, tables and charts: one HTML file that needs no script, no font and no network.
struct ReportPage: Sendable {
    /// A table whose first row names the columns; the first column is text, the others are numbers.
    struct Table: Sendable {
        let caption: String
        let header: [String]
        let rows: [[String]]
        /// A last column without a name.
        var bars: BarColumn?
    }

    /// One thing on the page.
    enum Element: Sendable {
        case paragraph(String)
        case table(Table)
        /// Charts side by side.
        case charts([Chart])
    }

    /// A heading and what is below it.
    struct Section: Sendable {
        let title: String
        let elements: [Element]
    }

    let title: String
    let introduction: [String]
    let sections: [Section]

    /// The whole document.
    func html() -> String {
        var page = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            <h1>\(escaped(title))</h1>

            """
        for line in introduction { page += "<p>\(escaped(line))</p>\n" }
        page += "<nav><ul>\n"
        for (index, section) in sections.enumerated() {
            page += "<li><a href=\"#section-\(index)\">\(escaped(section.title))</a></li>\n"
        }
        page += "</ul></nav>\n"
        for (index, section) in sections.enumerated() {
            page += "<section id=\"section-\(index)\">\n<h2>\(escaped(section.title))</h2>\n"
            for element in section.elements { page += Self.html(element) }
            page += "</section>\n"
        }
        return page + "</body>\n</html>\n"
    }

    private static func html(_ element: Element) -> String {
        switch element {
        case .paragraph(let text): return "<p>\(escaped(text))</p>\n"
        case .charts(let charts): return "<div class=\"charts\">\n\(charts.map { $0.html() }.joined())</div>\n"
        case .table(let table):
            var html = "<div class=\"wide\"><table>\n<caption>\(escaped(table.caption))</caption>\n<thead><tr>"
            for name in table.header { html += "<th scope=\"col\">\(escaped(name))</th>" }
            if table.bars != nil { html += "<td></td>" }
            html += "</tr></thead>\n<tbody>\n"
            for (number, row) in table.rows.enumerated() {
                html += "<tr>"
                for (index, field) in row.enumerated() {
                    html += index == 0 ? "<th scope=\"row\">\(escaped(field))</th>" : "<td>\(escaped(field))</td>"
                }
                html += (table.bars?.cell(number) ?? "") + "</tr>\n"
            }
            return html + "</tbody>\n</table></div>\n"
        }
    }

    /// Colours of Okabe and Ito, which people with a colour vision deficiency can tell apart, lighter on a dark page.
    private static let style = """
        :root { color-scheme: light dark; --page: #fff; --text: #1c1e21; --soft: #5b6168; --rule: #d9dce0;
          --s0: #0072b2; --s1: #d55e00; --s2: #009e73; --s3: #b0568c; --s4: #a87400; --s5: #3a8fc7; --s6: #55595e; --s7: #7a5bb5; --s8: #000; }
        @media (prefers-color-scheme: dark) { :root { --page: #16181b; --text: #e6e7e9; --soft: #9aa1a9; --rule: #343940;
          --s0: #56b4e9; --s1: #ff8a3d; --s2: #35c79a; --s3: #e69bc8; --s4: #f0c24b; --s5: #8fd0ff; --s6: #b9bec4; --s7: #b79cf0; --s8: #fff; } }
        body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; background: var(--page); color: var(--text);
          font: 16px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.7rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; }
        nav ul { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; padding: 0; list-style: none; }
        a { color: var(--s0); }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; font-size: 0.85rem; }
        caption { text-align: left; max-width: 64rem; color: var(--soft); padding-bottom: 0.3rem; }
        th, td { padding: 0.22rem 0.55rem; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
        thead th { white-space: normal; vertical-align: bottom; }
        th { font-weight: 600; } th:first-child { text-align: left; }
        .charts { display: flex; flex-wrap: wrap; gap: 1rem; }
        figure { margin: 0.5rem 0; flex: 1 1 20rem; max-width: 33rem; }
        figcaption { font-weight: 600; font-size: 0.95rem; margin-bottom: 0.2rem; }
        svg { width: 100%; height: auto; display: block; } .bar { width: 14rem; } .bar rect { opacity: 0.75; } .bar .axis { stroke: var(--text); }
        .grid { stroke: var(--rule); } .axis { stroke: var(--soft); }
        .tick { font-size: 11px; fill: var(--soft); } .label { font-size: 12px; fill: var(--text); }
        .line { fill: none; stroke-width: 1.6; opacity: 0.75; }
        .legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; font-size: 0.85rem; }
        .key { display: inline-block; width: 12px; height: 12px; margin-right: 0.35rem; vertical-align: -1px; }
        .mark.s0 { fill: var(--s0); } .mark.s1 { fill: var(--s1); } .mark.s2 { fill: var(--s2); } .mark.s3 { fill: var(--s3); }
        .mark.s4 { fill: var(--s4); } .mark.s5 { fill: var(--s5); } .mark.s6 { fill: var(--s6); } .mark.s7 { fill: var(--s7); }
        .mark.s8 { fill: var(--s8); }
        .line.s0 { stroke: var(--s0); } .line.s1 { stroke: var(--s1); } .line.s2 { stroke: var(--s2); } .line.s3 { stroke: var(--s3); }
        .line.s4 { stroke: var(--s4); } .line.s5 { stroke: var(--s5); } .line.s6 { stroke: var(--s6); } .line.s7 { stroke: var(--s7); }
        .line.s8 { stroke: var(--s8); }
        """
}

/// `text` for HTML, in elements and in attributes.
func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        default: result.unicodeScalars.append(character)
        }
    }
    return result
}
