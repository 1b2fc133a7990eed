import Testing

@testable import Policy

@Suite struct DecimalNumberTests {
    private func double(_ text: String) -> Double? { DecimalNumber.double([UInt8](text.utf8)[...]) }
    private func integer(_ text: String) -> Int? { DecimalNumber.integer([UInt8](text.utf8)[...]) }

    @Test(arguments: [
        "0", "1", "-1", "+2.5", "0.1", ".5", "240.88265991210935", "464.0362854003906", "9007199254740993",
        "9007199254740992.5", "18446744073709551615", "9999999999999999999", "0.0000000000000000001", "1e3", "1E-7",
        "2.5e+10",
        "1e400", "5e-324", "123456789012345678901234567890", "0.30000000000000004", "00000000000000000000000012.5",
    ])
    func readsWhatTheStandardLibraryReads(text: String) {
        #expect(double(text) == Double(text))
    }

    @Test func roundsAsTheStandardLibraryDoes() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let digits = String(generator.next() >> UInt64.random(in: 1...60, using: &generator))
            let point = Int.random(in: 0...digits.count, using: &generator)
            let text = "\(digits.prefix(point)).\(digits.dropFirst(point))0"
            #expect(double(text) == Double(point == 0 ? "0" + text : text), "\(text)")
        }
    }

    @Test(arguments: [
        "", "-", ".", "7.", "7.e3", "nan", "inf", "-inf", "1,5", "0x10", "1e", "1e+", "1.2.3", "12a", "1 2", "--1",
        "e5",
    ])
    func refusesWhatIsNotADecimalNumber(text: String) {
        #expect(double(text) == nil)
    }

    @Test func integersAreDigitsThatFit() {
        #expect(integer("3199000000") == 3_199_000_000)
        #expect(integer("9223372036854775807") == Int.max)
        for text in ["", "-1", "+1", "1.0", "1e3", "9223372036854775808", "99999999999999999999999", " 1"] {
            #expect(integer(text) == nil, "\(text)")
        }
    }
}
