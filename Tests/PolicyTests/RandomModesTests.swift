import Testing

@testable import Policy

@Suite struct RandomModesTests {
    private func draw(_ count: Int, of grid: ModeGrid, seed: UInt64) -> [PowerMode] {
        var generator = SeededGenerator(seed: seed)
        return grid.randomModes(count, using: &generator)
    }

    @Test func drawsDifferentModesOfTheGrid() {
        for count in [0, 1, 10, 250, 441] {
            let modes = draw(count, of: .orinAGX441, seed: 1)
            #expect(modes.count == count && Set(modes).count == count)
            #expect(modes.allSatisfy(ModeGrid.orinAGX441.contains))
        }
        #expect(draw(1_000, of: .orinAGX441, seed: 1).sorted() == ModeGrid.orinAGX441.allModes)
        #expect(draw(-1, of: .orinAGX441, seed: 1).isEmpty)
    }

    @Test func aLongerDrawBeginsWithTheShorterOne() {
        #expect(draw(50, of: .orinAGX441, seed: 9).prefix(10) == draw(10, of: .orinAGX441, seed: 9)[...])
        #expect(draw(10, of: .orinAGX441, seed: 9) != draw(10, of: .orinAGX441, seed: 10))
    }

    /// The promise of a seed: these may never change.
    @Test func theDrawOfASeedIsFixed() {
        #expect(
            draw(3, of: .orinAGX441, seed: 42).map(\.description) == [
                "12_729600_930750000_665600000",
                "4_1344000_522750000_3199000000",
                "4_1958400_1300500000_2133000000",
            ])
    }

    @Test func eachModeIsDrawnAsOftenAsAnother() throws {
        let grid = try #require(ModeGrid(cores: [1, 2], cpuKHz: [1], gpuHz: [1, 2, 3], emcHz: [1]))
        var generator = SeededGenerator(seed: 3)
        var counts: [PowerMode: Int] = [:]
        for _ in 0..<6_000 {
            for mode in grid.randomModes(2, using: &generator) { counts[mode, default: 0] += 1 }
        }
        #expect(counts.count == 6)
        // 2,000 each; the standard deviation is 37.
        #expect(counts.values.allSatisfy { abs($0 - 2_000) < 185 })
    }

    /// Of what the generator gives, the values that would make the lower modes likelier are passed over.
    @Test func surplusValuesAreDrawnAgain() throws {
        struct Scripted: RandomNumberGenerator {
            var values: [UInt64]
            mutating func next() -> UInt64 { values.isEmpty ? .max : values.removeFirst() }
        }
        let grid = try #require(ModeGrid(cores: [1, 2, 3], cpuKHz: [1], gpuHz: [1], emcHz: [1]))
        // 2^64 mod 3 is 1: of 0, whose low word is 0, and this, whose low word is 1, the first alone is surplus.
        var generator = Scripted(values: [0, 0xAAAA_AAAA_AAAA_AAAB, 7])
        #expect(grid.randomModes(1, using: &generator).map(\.cores) == [3])
        #expect(generator.values == [7])
    }

    @Test func fixedPointsDropRepeatsAndAnswerFromTheirOwn() throws {
        let workload = try #require(SyntheticWorkload(lengths: [1, 4, 1, 1]) { (100 - Double($0[1]), 10) })
        let modes = workload.grid.allModes
        let survey = FixedPoints<TrainProblem>(points: [modes[1], modes[0], modes[1], modes[2]])
        #expect(survey.points == [modes[1], modes[0], modes[2]])
        let problem = TrainProblem(budgetWatts: 20)
        // The fastest mode is known and no part of the list.
        let known = Observed(modes.compactMap { workload.observations[$0] })
        guard case .finished(let answers) = survey.next(observed: known) else {
            Issue.record("the survey did not finish")
            return
        }
        #expect(answers.answer(problem)?.mode == modes[2])
        guard case .profile(let mode) = survey.next(observed: Observed([known.all[1]])) else {
            Issue.record("the survey finished")
            return
        }
        #expect(mode == modes[0])
        #expect(workload.play(SurveySearch(FixedPoints(points: []), problem: problem))?.answer == nil)
    }

    @Test func inferencePointsAreModesWithEachSize() throws {
        let grid = try #require(InferenceGrid(modes: .orinAGX441, minibatches: [16, 1, 4]))
        let highest = FixedPoints<InferProblem>.highest(of: grid)
        #expect(highest.points.map(\.minibatch) == [1, 4, 16])
        #expect(highest.points.allSatisfy { $0.mode == grid.modes.highest })
        var (one, other) = (SeededGenerator(seed: 6), SeededGenerator(seed: 6))
        let random = FixedPoints<PairProblem>(
            modes: grid.modes.randomModes(7, using: &one), minibatches: grid.minibatches)
        let modes = grid.modes.randomModes(7, using: &other)
        #expect(
            random.points == modes.flatMap { mode in [1, 4, 16].map { InferencePoint(mode: mode, minibatch: $0) } })
        #expect(FixedPoints<TrainProblem>.highest(of: grid.modes).points == [grid.modes.highest])
    }
}
