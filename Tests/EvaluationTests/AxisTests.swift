import Testing

@testable import Evaluation

@Suite struct AxisTests {
    private func values(_ text: String) throws -> [Double] { try Axis(parsing: text, name: "--power").values }

    @Test func readsRangesAndSingleValues() throws {
        #expect(try values("10..50/1") == (10...50).map(Double.init))
        #expect(try values("17.5") == [17.5])
        #expect(try values("500..2000/100").count == 16)
        #expect(try values("10..10/3") == [10])
    }

    @Test func decimalsAreExact() throws {
        #expect(try values("0.5..2/0.1") == (5...20).map { Double($0) / 10 })
        #expect(try values("0.1..0.3/0.1") == [0.1, 0.2, 0.3])
        #expect(try values("1..1.25/0.125") == [1, 1.125, 1.25])
    }

    @Test func endsBelowAnUpperEndThatTheStepDoesNotMeet() throws {
        #expect(try values("10..15/2") == [10, 12, 14])
    }

    @Test(arguments: [
        ("", "not a number"), ("x", "not a number"), ("-5", "not a number"), ("1e3", "not a number"),
        ("nan", "not a number"),
        ("10..50", "no step"), ("10../1", "upper end"), ("..50/1", "lower end"), ("10..50/", "step"),
        ("10..50/0", "step of --power is 0"), ("50..10/1", "above"), ("10...50/1", "upper end"), ("1..2/1/1", "step"),
        ("5.", "not a number"), (".5", "not a number"), ("1234567890123456", "not a number"),
        ("0..100000/1", "100001 values"), ("0..999999999999999/0.000001", "too many digits"),
        ("0..999999999999/0.001", "values; 100000 are the most"),
    ])
    func refusesWithASentence(text: String, part: String) throws {
        let error = try #require(throws: EvaluationError.self) { try values(text) }
        #expect(error.description.contains(part), "\(error)")
        #expect(error.description.contains("--power") && error.description.hasSuffix("."))
    }
}
