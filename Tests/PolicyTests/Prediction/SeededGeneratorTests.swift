import Policy
import Testing

@Suite struct SeededGeneratorTests {
    @Test func givesThePublishedSequence() {
        var generator = Policy.SeededGenerator(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
        ]
        for value in expected { #expect(generator.next() == value) }
    }

    @Test func drawsStayInRangeAndReachAllOfIt() {
        var generator = Policy.SeededGenerator(seed: 1)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<7_000 {
            counts[generator.index(below: 7)] += 1
            #expect((0..<1).contains(generator.fraction()))
        }
        #expect(counts.allSatisfy { (800...1_200).contains($0) })
        #expect(generator.index(below: 0) == 0 && generator.index(below: -5) == 0)
    }

    @Test func shufflesKeepEachElementOnce() {
        var generator = Policy.SeededGenerator(seed: 2)
        var elements = Array(0..<50)
        generator.shuffle(&elements)
        #expect(elements.sorted() == Array(0..<50) && elements != Array(0..<50))
        #expect(Set(generator.sample(10, of: elements)).count == 10)
        #expect(generator.sample(60, of: elements).count == 50)
        #expect(generator.sample(-1, of: elements).isEmpty)
        var none: [Int] = []
        generator.shuffle(&none)
    }
}
