import Testing

@testable import Inspection

@Suite("Quantities and names as text")
struct QuantityTextTests {
    @Test func quantities() {
        #expect(
            [nil, 0, 49_999, 50_000, 12_340_000, -50_000, -1].map(QuantityText.watts) == [
                "-", "0.0 W", "0.0 W", "0.1 W", "12.3 W", "-0.1 W", "0.0 W",
            ])
        #expect(
            [nil, 0, 499, 500, 17_211_000, -700].map(QuantityText.milliwatts) == ["-", "0", "0", "1", "17211", "-1"])
        #expect(
            [
                nil, 0, 9_994_999, 9_995_000, 999_949_999, 999_950_000, 999_999_499_999, 999_999_500_000, -1_500_000,
                .max,
            ]
            .map(QuantityText.joules)
                == ["-", "0.00", "9.99", "10.0", "999.9", "1000", "999999", "1.0M", "-1.50", "9223372.0M"])
        #expect(
            [nil, 0, 1_023, 1_024, 1_023_999, 1_048_576, 1_048_575_999, 3_221_225_472, -1].map(QuantityText.bytes)
                == ["-", "0", "1023", "1K", "999K", "1M", "999M", "3.0G", "-"])
        #expect(
            [nil, 0, 0.04, 0.05, 99.95, 999.94, 999.95, 12_345.6, -1, .nan, .infinity, 1e300].map(QuantityText.tenths)
                == ["-", "0.0", "0.0", "0.1", "100.0", "999.9", "1000", "12345", "-", "-", "-", "-"])
        #expect(
            [nil, 48_350, -49, -50, 105_000].map(QuantityText.celsius) == ["-", "48.4 C", "0.0 C", "-0.1 C", "105.0 C"])
        #expect(QuantityText.decimal(5, scale: 3) == "0.005")
        #expect(QuantityText.decimal(1_234_567, scale: 0) == "1234567")
    }

    @Test("Everything that could move the cursor or hide is written out")
    func printable() {
        #expect(
            DisplayText.printable("a\u{1b}[2Jb\n\t\u{7f}\u{202e}e\u{301}é日")
                == "a\\u{1b}[2Jb\\u{a}\\u{9}\\u{7f}\\u{202e}e\\u{301}é日")
    }

    @Test("Columns are exact also for wide characters")
    func columns() {
        #expect(DisplayText.left("日本語", 5) == "日本+")
        #expect(DisplayText.left("日本語", 4) == "日+ ")
        #expect(DisplayText.left("ab", 4) == "ab  ")
        #expect(DisplayText.right("ab", 4) == "  ab")
        #expect(DisplayText.right("abcdef", 4) == "abc+")
        #expect(DisplayText.cut("abc", 0) == "")
        #expect(DisplayText.cut("abc", 1) == "+")
        #expect(DisplayText.width("日本a") == 5)
    }
}
