import Glibc
import Testing

@testable import Policy

/// Against the whole system of equations, on a grid of 12 points.
@Suite struct SurfacePosteriorTests {
    private static let axes = [[4, 8], [100, 300, 500], [20, 60], [7]]
    private static let points: [[Int]] = axes[0].flatMap { a in
        axes[1].flatMap { b in axes[2].flatMap { c in axes[3].map { [a, b, c, $0] } } }
    }
    private static let rows = [0, 7, 3, 10, 5]

    /// Logarithms of powers that are alike.
    private static func reference(_ number: Int) -> [Double] {
        let factor = Double(number)
        return points.map { point in
            let (a, b, c) = (Double(point[0]), Double(point[1]), Double(point[2]))
            return 2.5 + (0.1 + 0.02 * factor) * log(a) + (0.3 - 0.05 * factor) * log(b / 100)
                + 0.1 * (c / 60) + 0.05 * sin(factor * c + b)
        }
    }

    private struct Case {
        let prior: SurfacePrior
        let processes: [BruteForceProcess]
        let logarithms: [Double]

        init(references count: Int, _ detail: SurfacePrior.Detail, quantity: SurfacePrior.Quantity = .power) {
            let references = (0..<count).map { SurfacePosteriorTests.reference($0) }
            let prior = SurfacePrior(
                quantity, axes: SurfaceAxes(product: axes),
                surfaces: references.enumerated().map { ("\($0)", $1) }, detail: detail)
            let truth = zip(prior.means[0], points).map { mean, point in
                mean + 0.06 + 0.03 * cos(Double(point[1]) / 90)
            }
            let logarithms = rows.map { truth[$0] }
            processes = prior.hypotheses.map { hypothesis in
                BruteForceProcess(
                    prior: prior, hypothesis: hypothesis,
                    lengthFactor: (detail == .coarse ? [1] : [0.7, 1, 1.5])[hypothesis.lengths], axes: axes,
                    points: points, references: references, rows: rows, logarithms: logarithms)
            }
            self.prior = prior
            self.logarithms = logarithms
        }

        var posterior: SurfacePosterior {
            var posterior = SurfacePosterior(prior)
            for (row, logarithm) in zip(rows, logarithms) { posterior.add(row, logarithm: logarithm) }
            return posterior
        }
    }

    /// Weights that sum up to 1.
    private func weights(_ logarithms: [Double]) -> [Double] {
        let best = logarithms.reduce(-.infinity, max)
        let total = logarithms.reduce(0) { $0 + exp($1 - best) }
        return logarithms.map { exp($0 - best) / total }
    }

    private func mixture(_ weights: [Double], _ parts: [(mean: Double, variance: Double)]) -> (Double, Double) {
        let mean = zip(weights, parts).reduce(0) { $0 + $1.0 * $1.1.mean }
        let square = zip(weights, parts).reduce(0) { $0 + $1.0 * ($1.1.variance + $1.1.mean * $1.1.mean) }
        return (mean, (square - mean * mean).squareRoot())
    }

    @Test(arguments: [(0, SurfacePrior.Detail.coarse), (1, .coarse), (3, .coarse), (0, .fine), (3, .fine)])
    func theSameAsTheWholeSystem(references: Int, detail: SurfacePrior.Detail) {
        let example = Case(references: references, detail)
        #expect(example.processes.count == (references == 3 ? 4 : 1) * (detail == .fine ? 36 : 4))
        var posterior = example.posterior
        let logWeights = example.processes.map(\.logWeight)
        let shares = weights(logWeights)
        let best = logWeights.reduce(-.infinity, max)
        let chosen = logWeights.indices.sorted { logWeights[$0] > logWeights[$1] }
            .filter { logWeights[$0] > best + log(0.1) }.prefix(8)
        let chosenShares = weights(chosen.map { logWeights[$0] })
        let beliefs = posterior.beliefs()
        for point in Self.points.indices {
            let values = example.processes.map { $0.posterior(point) }
            let (mean, deviation) = mixture(
                shares,
                zip(values, example.processes).map {
                    ($0.mean, $0.variance + $1.hypothesis.noise * $1.hypothesis.noise)
                })
            let expectation = posterior.expectation(at: point)
            // Hypotheses less than a millionth as likely as the best are dropped on the way.
            #expect(abs(expectation.mean - mean) < 1e-5 && abs(expectation.deviation - deviation) < 1e-5)
            let (middle, width) = mixture(chosenShares, chosen.map { values[$0] })
            #expect(abs(beliefs.means[point] - middle) < 1e-9 && abs(beliefs.deviations[point] - width) < 1e-8)
        }
        let noise = zip(chosen, chosenShares).reduce(0.0) {
            let noise = example.processes[$1.0].hypothesis.noise
            return $0 + $1.1 * noise * noise
        }
        #expect(abs(beliefs.noise - noise.squareRoot()) < 1e-9)
    }

    @Test(arguments: [0, 1, 3]) func informednessIsTheShareOfVarianceThatAProfileTakesAway(references: Int) throws {
        let example = Case(references: references, .coarse)
        var posterior = example.posterior
        let likeliest = try #require(example.processes.max { $0.logWeight < $1.logWeight })
        for target in [1, 3, 11] {
            let shares = posterior.informedness(about: target)
            #expect(shares.count == Self.points.count)
            for point in Self.points.indices {
                #expect(abs(shares[point] - likeliest.informedness(point, about: target)) < 1e-6)
            }
        }
    }

    @Test func theOrderOfProfilesDoesNotMatter() {
        let example = Case(references: 3, .fine)
        var first = example.posterior
        var second = SurfacePosterior(example.prior)
        for index in [4, 1, 3, 0, 2] { second.add(Self.rows[index], logarithm: example.logarithms[index]) }
        let (one, other) = (first.beliefs(), second.beliefs())
        for point in Self.points.indices {
            #expect(abs(one.means[point] - other.means[point]) < 1e-9)
            #expect(abs(one.deviations[point] - other.deviations[point]) < 1e-8)
        }
        #expect(abs(one.noise - other.noise) < 1e-9)
    }

    @Test func askingInBetweenDoesNotChangeWhatIsLearned() {
        let example = Case(references: 3, .coarse)
        var asked = SurfacePosterior(example.prior)
        for (row, logarithm) in zip(Self.rows, example.logarithms) {
            _ = asked.beliefs()
            _ = asked.informedness(about: 2)
            asked.add(row, logarithm: logarithm)
        }
        var quiet = example.posterior
        #expect(asked.beliefs().means == quiet.beliefs().means)
    }

    @Test func profiledPointsAreKnownToTheirNoise() {
        let example = Case(references: 1, .coarse)
        var fresh = SurfacePosterior(example.prior)
        let before = fresh.beliefs()
        var posterior = example.posterior
        let beliefs = posterior.beliefs()
        for (row, logarithm) in zip(Self.rows, example.logarithms) {
            #expect(abs(beliefs.means[row] - logarithm) < beliefs.noise)
            #expect(beliefs.deviations[row] < 1.2 * beliefs.noise)
        }
        for point in Self.points.indices { #expect(beliefs.deviations[point] < before.deviations[point]) }
        // Before any profile the means are the reference's.
        #expect(zip(before.means, Self.reference(0)).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    /// How far a profile at `row` that shows `excess` more than expected moves the mean there: here, and without doubts.
    private func shift(_ row: Int, excess: Double) -> (doubting: Double, trusting: Double) {
        let example = Case(references: 1, .coarse)
        var posterior = example.posterior
        let before = posterior.beliefs().means[row]
        let logarithm = posterior.expectation(at: row).mean + excess
        posterior.add(row, logarithm: logarithm)
        let processes = example.processes.map { process in
            var process = process
            process.rows.append(row)
            process.logarithms.append(logarithm)
            return process
        }
        let after = mixture(weights(processes.map(\.logWeight)), processes.map { $0.posterior(row) }).0
        return (posterior.beliefs().means[row] - before, after - before)
    }

    @Test func aProfileFarFromWhatIsExpectedIsDoubted() {
        for excess in [0.6, -0.6, 3] {
            let (doubting, trusting) = shift(8, excess: excess)
            #expect(abs(trusting) > 0.3 * abs(excess), "\(trusting)")
            #expect(abs(doubting) < 0.2 * abs(trusting), "\(excess): \(doubting) of \(trusting)")
        }
    }

    @Test func aProfileNearWhatIsExpectedIsBelieved() {
        for excess in [0.05, -0.05] {
            let (doubting, trusting) = shift(8, excess: excess)
            #expect(abs(doubting) > 0.02 && abs(doubting - trusting) < 0.005, "\(doubting) of \(trusting)")
        }
    }

    @Test func valuesThatAreNoMeasurementsNeverReachIt() throws {
        let grid = try #require(syntheticGrid([2, 2, 2, 1]))
        var model = SurfaceModel(try #require(SurfacePriors(training: grid, references: [])))
        let before = model.beliefs()
        for bad in [Double.nan, .infinity, -.infinity, 0, -0.0, -3] {
            model.add(3, milliseconds: bad, watts: 20)
            model.add(3, milliseconds: 20, watts: bad)
        }
        #expect(model.time.rows.isEmpty && model.power.rows.isEmpty)
        let after = model.beliefs()
        #expect(after.time.means == before.time.means && after.power.deviations == before.power.deviations)
        model.add(3, milliseconds: 20, watts: 20)
        #expect(model.time.rows == [3] && model.power.rows == [3])
        // Extreme, but numbers.
        model.add(4, milliseconds: .leastNonzeroMagnitude, watts: .greatestFiniteMagnitude)
        let beliefs = model.beliefs()
        for quantity in [beliefs.time, beliefs.power] {
            #expect(quantity.means.allSatisfy(\.isFinite) && quantity.deviations.allSatisfy { $0 > 0 && $0.isFinite })
        }
    }

    @Test func whatLooksLikeAReferenceIsSaidToResembleIt() {
        let references = [0, 1, 4].map { Self.reference($0) }
        let prior = SurfacePrior(
            .power, axes: SurfaceAxes(product: Self.axes),
            surfaces: references.enumerated().map { ("reference \($0)", $1) })
        var posterior = SurfacePosterior(prior)
        for row in [0, 7, 3, 10, 5, 11] { posterior.add(row, logarithm: references[2][row]) }
        #expect(posterior.resembled == "reference 2")
    }
}
