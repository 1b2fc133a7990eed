import Glibc
import Testing

@testable import Evaluation

/// Numbers are spelled alike whatever the locale of the process.
@Suite(.serialized) struct LocaleTests {
    private static let other = ["de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "cs_CZ.UTF-8"].first { name in
        guard let locale = newlocale(1 << LC_NUMERIC, name, nil) else { return false }
        freelocale(locale)
        return true
    }

    @Test(
        .enabled(
            if: other != nil,
            "No locale with a decimal comma is installed; LOCPATH may name a folder that localedef made."))
    func outputDoesNotDependOnTheLocale() throws {
        let limits = "9.5..18/0.5"
        let optimum = try StrategyOptions(.optimum).pair(on: SyntheticTables.pair())
        func output() throws -> [String] {
            let (summary, configurations) = try SyntheticTables.pair(
                optimum, power: limits, latency: "450.5", rate: "9.5")
            return [ConfigurationCSV.text(configurations), summary.text, try summary.json()]
        }
        let plain = try output()
        let locale = newlocale(1 << LC_NUMERIC, Self.other ?? "C", nil)
        let before = uselocale(locale)
        defer {
            uselocale(before)
            freelocale(locale)
        }
        #expect(try output() == plain)
    }
}
