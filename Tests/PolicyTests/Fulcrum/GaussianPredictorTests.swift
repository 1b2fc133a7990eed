import Testing

@testable import Policy

@Suite struct GaussianPredictorTests {
    private func family(_ count: Int, seed: UInt64) throws -> [SyntheticWorkload] {
        var family = WorkloadFamily(seed: seed)
        return try (0..<count).map { _ in try family.next() }
    }

    private func draw(_ workload: SyntheticWorkload, _ count: Int, seed: UInt64) -> [TrainingObservation] {
        var generator = Policy.SeededGenerator(seed: seed)
        return generator.sample(count, of: workload.rows)
    }

    @Test func intervalsAreCalibratedAndErrorsSmall() throws {
        let known = try family(3, seed: 31).enumerated().map { $1.reference("\($0)") }
        for (references, count, most) in [(known, 10, 0.04), (known, 40, 0.03), ([], 20, 0.08)] {
            var (inside, all, time, power) = (0, 0, 0.0, 0.0)
            for (number, workload) in try family(4, seed: 32).enumerated() {
                let rows = draw(workload, count, seed: UInt64(number))
                let predictor = GaussianPredictor(observations: rows, references: references, grid: workload.grid)
                let drawn = Set(rows.map(\.mode))
                let rest = workload.rows.filter { !drawn.contains($0.mode) }
                for (row, interval) in zip(rest, predictor.intervals(rest.map(\.mode))) {
                    all += 2
                    if interval.milliseconds.contains(row.minibatchMilliseconds) { inside += 1 }
                    if interval.watts.contains(row.powerWatts) { inside += 1 }
                    time += abs(interval.prediction.minibatchMilliseconds / row.minibatchMilliseconds - 1)
                    power += abs(interval.prediction.powerWatts / row.powerWatts - 1)
                }
            }
            let share = Double(inside) / Double(all)
            let what: Comment =
                "\(references.count) references, \(count): \(share), \(time / Double(all) * 2), \(power / Double(all) * 2)"
            // These surfaces are smoother than real ones, so the intervals may be too wide here, but not too narrow.
            #expect(share >= 0.8, what)
            #expect(time * 2 < most * Double(all) && power * 2 < most * Double(all), what)
        }
    }

    @Test func finiteAndPositiveAnywhere() throws {
        let workload = try #require(try family(1, seed: 33).first)
        let odd =
            [1, 2, 1_000_000_000, Int.max].map { PowerMode(cores: $0, cpuKHz: $0, gpuHz: $0, emcHz: $0) }
            + [
                PowerMode(cores: 0, cpuKHz: -1, gpuHz: .min, emcHz: 0),
                PowerMode(cores: 100, cpuKHz: .max, gpuHz: 1, emcHz: 100),
            ]
        let known = try family(2, seed: 34).map { $0.reference("r") }
        for references in [[], known] {
            for count in [0, 1, 2, 30] {
                let predictor = GaussianPredictor(
                    observations: draw(workload, count, seed: 1), references: references, grid: workload.grid)
                for interval in predictor.intervals(odd + [workload.grid.lowest]) {
                    let prediction = interval.prediction
                    for (value, range) in [
                        (prediction.minibatchMilliseconds, interval.milliseconds),
                        (prediction.powerWatts, interval.watts),
                    ] {
                        #expect(value > 0 && value.isFinite && range.contains(value))
                        #expect(range.lowerBound > 0 && range.upperBound.isFinite)
                    }
                }
            }
        }
    }

    @Test func valuesThatAreNoMeasurementsAreLeftOut() throws {
        let workload = try #require(try family(1, seed: 35).first)
        let rows = draw(workload, 8, seed: 2)
        let bad = zip([Double.nan, .infinity, 0, -1], workload.rows).flatMap { value, row in
            [
                TrainingObservation(mode: row.mode, minibatchMilliseconds: value, powerWatts: 9),
                TrainingObservation(mode: row.mode, minibatchMilliseconds: 9, powerWatts: value),
            ]
        }
        let modes = workload.grid.allModes
        let clean = GaussianPredictor(observations: rows, references: [], grid: workload.grid)
        let mixed = GaussianPredictor(observations: bad + rows.reversed(), references: [], grid: workload.grid)
        #expect(clean.predict(modes) == mixed.predict(modes) && clean.provenance == mixed.provenance)
        #expect(clean.provenance.contains("8 profiles"))
    }

    @Test func theSameForAPointWhateverElseIsAsked() throws {
        let workload = try #require(try family(1, seed: 36).first)
        let known = try family(3, seed: 37).enumerated().map { $1.reference("\($0)") }
        for references in [[], known] {
            let predictor = GaussianPredictor(
                observations: draw(workload, 12, seed: 3), references: references, grid: workload.grid)
            let modes = workload.grid.allModes
            let all = predictor.intervals(modes)
            #expect(all == predictor.intervals(modes) && predictor.intervals([]).isEmpty)
            #expect(predictor.predict(modes) == all.map(\.prediction))
            for index in [0, 40, modes.count - 1] {
                for asked in [[modes[index]], [modes[index], PowerMode(cores: 1, cpuKHz: 1, gpuHz: 1, emcHz: .max)]] {
                    let alone = try #require(predictor.intervals(asked).first)
                    for (one, other) in [
                        (alone.prediction.minibatchMilliseconds, all[index].prediction.minibatchMilliseconds),
                        (alone.prediction.powerWatts, all[index].prediction.powerWatts),
                        (alone.watts.upperBound, all[index].watts.upperBound),
                    ] {
                        #expect(
                            abs(one / other - 1) < 1e-9, "\(references.count) references, \(index): \(one), \(other)")
                    }
                }
            }
        }
    }

    @Test func referencesHelpAndInferencesAreReferencesToo() throws {
        var family = WorkloadFamily(seed: 38)
        let pair = try family.nextPair()
        let workload = try family.next()
        let rows = draw(workload, 5, seed: 4)
        func error(_ references: [ReferenceWorkload]) -> Double {
            let predictor = GaussianPredictor(observations: rows, references: references, grid: workload.grid)
            return zip(workload.rows, predictor.predict(workload.rows.map(\.mode))).reduce(0) {
                $0 + abs($1.1.minibatchMilliseconds / $1.0.minibatchMilliseconds - 1)
            } / Double(workload.rows.count)
        }
        let alone = error([])
        #expect(error([pair.reference("inference")]) != alone)
        #expect(error([workload.reference("itself")]) < 0.03)
        let named = GaussianPredictor(
            observations: rows, references: [pair.reference("inference")], grid: workload.grid)
        #expect(named.provenance == "gp, 5 profiles, 1 known workload")
    }
}
