import MeasuredData
import Policy
import Testing

@testable import Evaluation

/// Which rows are held to be odd, on surfaces whose truth is known.
@Suite struct RobustRowsTests {
    private static let grid = SyntheticSurface.grid(cores: 4, cpu: 6, gpu: 6, emc: 3)

    private func odd(_ rows: [TrainingObservation]) -> [PowerMode] {
        RobustRows(rows).odd.map(\.measured.mode)
    }

    @Test(arguments: [grid.lowest, grid.midpoint, grid.highest, grid.allModes[17], grid.allModes[400]])
    func anOddRowIsFoundAndItsNeighboursAreNot(mode: PowerMode) throws {
        let rows = SyntheticSurface.product(Self.grid)
        #expect(odd(rows) == [])
        for factor in [0.5, 0.8, 1.2, 4] {
            let lowPower = RobustRows(SyntheticSurface.changing(rows, [mode], power: factor))
            let row = try #require(lowPower.odd.first)
            #expect(lowPower.odd.map(\.measured.mode) == [mode] && lowPower.leftOut == [mode])
            #expect(row.isPowerOdd && !row.isTimeOdd && lowPower.judged == rows.count)
            #expect(abs(row.expectedWatts / row.measured.watts * factor - 1) < 1e-9)
            let slow = RobustRows(SyntheticSurface.changing(rows, [mode], time: factor))
            #expect(slow.odd.map(\.measured.mode) == [mode] && slow.odd.first?.isTimeOdd == true)
        }
    }

    @Test func theBoundIsAFactorInEitherDirection() {
        let rows = SyntheticSurface.product(Self.grid)
        let mode = Self.grid.midpoint
        for (factor, isOdd) in [(1.14, false), (1.16, true), (1 / 1.14, false), (1 / 1.16, true)] {
            #expect(odd(SyntheticSurface.changing(rows, [mode], power: factor)) == (isOdd ? [mode] : []))
            #expect(odd(SyntheticSurface.changing(rows, [mode], time: factor)) == (isOdd ? [mode] : []))
        }
    }

    @Test func oddNeighboursDoNotHideEachOther() {
        let rows = SyntheticSurface.product(Self.grid)
        let first = Self.grid.highest
        for dimension in Dimension.allCases {
            var second = first
            second[dimension] = Self.grid[dimension][Self.grid[dimension].count - 2]
            #expect(Set(odd(SyntheticSurface.changing(rows, [first, second], power: 0.7))) == [first, second])
            #expect(Set(odd(SyntheticSurface.changing(rows, [first, second], time: 1.5))) == [first, second])
        }
    }

    @Test func aKneeIsNotOdd() {
        // A roofline: the slowest of CPU, GPU and memory decides, and flat beyond; power saturates where nothing gets faster.
        for (cpu, gpu) in [(3.0, 3.0), (6, 2), (1, 5)] {
            let rows = SyntheticSurface.surface(Self.grid) { mode in
                let need = [
                    cpu * 4 / Double(mode.cpuKHz * min(mode.cores, 2)), gpu / Double(mode.gpuHz),
                    1.5 / Double(mode.emcHz), 1,
                ]
                let time = need.max() ?? 1
                return (100 * time, 8 + 10 * Double(mode.gpuHz) * gpu / time / 6 + Double(mode.cpuKHz))
            }
            #expect(odd(rows) == [])
        }
    }

    @Test func noiseIsNotOdd() {
        // Times of a standard deviation of a tenth: rows that are off by more than the bound are no exception among them.
        var generator = SeededGenerator(seed: 3)
        let rows = SyntheticSurface.product(Self.grid).map { row in
            var row = row
            let sum = (0..<12).reduce(0.0) { total, _ in total + generator.fraction() } - 6
            row.minibatchMilliseconds *= 1 + 0.1 * sum
            return row
        }
        #expect(odd(rows).count * 100 < rows.count)
    }

    @Test func holesAreBridged() {
        let mode = Self.grid.midpoint
        let changed = SyntheticSurface.changing(SyntheticSurface.product(Self.grid), [mode], power: 0.7)
        let rows = changed.enumerated().filter { $0.offset % 5 != 2 || $0.element.mode == mode }.map(\.element)
        #expect(odd(rows) == [mode])
    }

    @Test func rowsWithoutEnoughNeighboursAreTakenAsTheyAre() {
        for rows in [
            [], SyntheticSurface.product(SyntheticSurface.grid(cores: 1, cpu: 1, gpu: 1, emc: 1)),
            SyntheticSurface.product(SyntheticSurface.grid(cores: 1, cpu: 1, gpu: 9, emc: 1)),
            SyntheticSurface.product(SyntheticSurface.grid(cores: 2, cpu: 2, gpu: 2, emc: 1)),
        ] {
            let last = rows.last.map { [$0.mode] } ?? []
            let robust = RobustRows(SyntheticSurface.changing(rows, last, power: 0.1))
            #expect(robust.judged == 0 && robust.odd.isEmpty && robust.leftOutCount == 0)
        }
    }

    @Test func twoValuesPerDimensionSuffice() {
        let grid = SyntheticSurface.grid(cores: 2, cpu: 2, gpu: 2, emc: 2)
        let rows = SyntheticSurface.product(grid)
        for mode in grid.allModes {
            #expect(odd(SyntheticSurface.changing(rows, [mode], power: 0.7)) == [mode])
        }
    }

    @Test func aRowIsNotOddForOneOddNeighbour() {
        // With two cores and two CPU values, and one of memory, most predictions of a row are made with the same neighbour.
        let grid = SyntheticSurface.grid(cores: 2, cpu: 2, gpu: 6, emc: 1)
        let rows = SyntheticSurface.product(grid)
        for mode in grid.allModes where (3...4).contains(mode.gpuHz) {
            #expect(odd(SyntheticSurface.changing(rows, [mode], power: 0.7)) == [mode])
        }
    }

    @Test func aRowBetweenTwoOddOnesIsNotOdd() {
        // Five of the six predictions of the lowest mode are made with one of them: it is judged once the worse one is out.
        let grid = SyntheticSurface.grid(cores: 2, cpu: 2, gpu: 2, emc: 2)
        var (first, second) = (grid.lowest, grid.lowest)
        first.cores = grid.highest.cores
        second.gpuHz = grid.highest.gpuHz
        var rows = SyntheticSurface.changing(SyntheticSurface.product(grid), [first], power: 0.67)
        rows = SyntheticSurface.changing(rows, [second], power: 0.6)
        // Without it the other has too few neighbours to be judged.
        #expect(odd(rows) == [second])
    }

    @Test func valuesOfAnySizeAreJudged() {
        let rows = SyntheticSurface.product(Self.grid)
        let mode = Self.grid.midpoint
        let tiny = rows.map { TrainingObservation(mode: $0.mode, minibatchMilliseconds: 1e-9, powerWatts: 1e-9) }
        #expect(odd(SyntheticSurface.changing(tiny, [mode], power: 1e18)) == [mode])
        // Nothing that a table can hold stops the fit, and nothing depends on the order of its rows.
        var generator = SeededGenerator(seed: 5)
        var wild = rows.map {
            TrainingObservation(
                mode: $0.mode, minibatchMilliseconds: generator.fraction() < 0.5 ? 1e-9 : 1e9,
                powerWatts: [1e-9, 1, 1e9, .infinity, .nan, 0, -1][generator.index(below: 7)])
        }
        let first = RobustRows(wild)
        generator.shuffle(&wild)
        #expect(Set(first.odd.map(\.measured.mode)) == Set(RobustRows(wild).odd.map(\.measured.mode)))
    }

    @Test func eachMinibatchSizeAndEachWorkloadIsJudgedByItsOwnRows() throws {
        let rows = SyntheticSurface.product(Self.grid)
        let mode = Self.grid.midpoint
        func pairs(_ inference: [TrainingObservation], _ training: [TrainingObservation]) -> [PairObservation] {
            zip(inference, training).flatMap { inference, training in
                [1, 4].map { size in
                    PairObservation(
                        inference: InferenceObservation(
                            point: InferencePoint(mode: inference.mode, minibatch: size),
                            minibatchMilliseconds: (size == 1 ? rows[0] : inference).minibatchMilliseconds,
                            powerWatts: inference.powerWatts / (size == 1 ? 2 : 1)), training: training)
                }
            }
        }
        let background = RobustRows(pairs(rows, SyntheticSurface.changing(rows, [mode], power: 0.7)))
        #expect(background.odd.count == 1 && background.odd.first?.measured.minibatch == nil)
        #expect(
            background.leftOut == [InferencePoint(mode: mode, minibatch: 1), InferencePoint(mode: mode, minibatch: 4)])
        #expect(background.judged == 3 * rows.count)
        let inference = RobustRows(pairs(SyntheticSurface.changing(rows, [mode], time: 0.7), rows))
        #expect(inference.leftOut == [InferencePoint(mode: mode, minibatch: 4)])
        #expect(inference.odd.map(\.measured.minibatch) == [4])
    }

    @Test func theListNamesWhatIsOdd() throws {
        let mode = Self.grid.midpoint
        let rows = SyntheticSurface.changing(SyntheticSurface.product(Self.grid), [mode], power: 0.5)
        let listing = RobustRowsListing(RobustRows(rows), rows: rows.count, file: "train.csv")
        let lines = listing.text.split(separator: "\n")
        #expect(lines.count == 4 && lines[2].hasPrefix("odd    1, off by more than 15 %"))
        #expect(lines[3].hasPrefix("\(mode): time ") && lines[3].hasSuffix("(-50 %)"))
    }

    @Test(.enabled(if: MeasuredData.folder != nil, Comment(rawValue: MeasuredData.absence)))
    func theKnownOddRowsOfTheMeasuredTables() throws {
        let known = PowerMode(cores: 8, cpuKHz: 1_344_000, gpuHz: 1_300_500_000, emcHz: 3_199_000_000)
        let whole = try MeasuredData.trainingTable("resnet18")
        for table in [whole, try EvaluationGrid.orinAGX441.applied(to: whole)] {
            let robust = RobustRows(table.rows)
            #expect(robust.leftOut.contains(known) && robust.leftOutCount * 200 < table.rows.count)
        }
        let inference = try MeasuredData.inferenceTable("resnet50")
        let robust = RobustRows(inference.rows)
        #expect(robust.leftOut.contains(InferencePoint(mode: inference.grid.highest, minibatch: 32)))
        #expect(robust.leftOutCount * 100 < inference.rows.count)
    }
}
