import Testing

@testable import Policy

@Suite struct PowerTrainTests {
    static let origin = ModelOrigin(workload: "synthetic", board: "none", source: "formulas", date: "2026-01-01")

    private func model(
        _ observations: [TrainingObservation], from base: PowerTrainModel<PowerMode>? = nil, steps: Int = 300,
        seed: UInt64 = 1
    ) throws -> PowerTrainModel<PowerMode> {
        try PowerTrain.model(
            on: observations, from: base, schedule: .quick(steps), origin: Self.origin, seed: seed)
    }

    @Test func aTransferBeatsTrainingFromScratchOnFewModes() throws {
        let reference = try model(SyntheticSurface.reference.observations, steps: 600)
        let own = SyntheticSurface.reference.errors(reference)
        #expect(own.time < 5 && own.power < 5)
        let profiles = SyntheticSurface.relative.sample(10, seed: 2)
        let transferred = SyntheticSurface.relative.errors(try model(profiles, from: reference))
        let scratch = SyntheticSurface.relative.errors(try model(profiles))
        #expect(transferred.time < 0.7 * scratch.time)
        #expect(transferred.power < 0.7 * scratch.power)
    }

    @Test func thePapersScheduleLearnsUnscaledTargets() throws {
        let observations = SyntheticSurface.reference.sample(60, seed: 3)
        var schedule = NetworkSchedule.powerTrainTransfer(points: 60)
        schedule.steps = 1_500
        let network = try PowerTrain.train(.time, on: observations, schedule: schedule, seed: 1)
        #expect(network.output.offset == 0 && network.output.scale == 1)
        #expect(network.validationErrorPercent < 40)
        #expect(network.steps > 500 && network.steps <= 1_500)
    }

    @Test func theSameArgumentsGiveTheSameBytesInAnyOrderOfProfiles() throws {
        let profiles = SyntheticSurface.reference.sample(12, seed: 4)
        let bytes = try model(profiles, steps: 40).encoded()
        #expect(try model(profiles.reversed(), steps: 40).encoded() == bytes)
        #expect(try model(profiles, steps: 40, seed: 2).encoded() != bytes)
    }

    @Test func pointsThatWereProfiledTwiceMayComeInAnyOrder() throws {
        var profiles = SyntheticSurface.reference.sample(8, seed: 4)
        for index in 0..<3 {
            var again = profiles[index]
            again.minibatchMilliseconds *= 1.3
            again.powerWatts *= 0.9
            profiles.append(again)
        }
        #expect(try model(profiles.reversed(), steps: 40).encoded() == model(profiles, steps: 40).encoded())
    }

    @Test func aKnobThatWasNeverMovedDoesNotMatter() throws {
        let profiles = SyntheticSurface.reference.observations.filter { $0.mode.cores == 4 }
        let network = try model(profiles, steps: 40)
        let mode = profiles[7].mode
        var other = mode
        other.cores = 12
        #expect(network.predict(mode) == network.predict(other))
    }

    @Test func inferenceNetworksSeeTheMinibatchSize() throws {
        let observations = SyntheticSurface.modes.prefix(60).flatMap { mode in
            [1, 4, 16, 64].map { SyntheticSurface.reference.observe(InferencePoint(mode: mode, minibatch: $0)) }
        }
        let model = try PowerTrain.model(
            on: observations, schedule: .quick(300), origin: Self.origin, seed: 1)
        let mode = SyntheticSurface.modes[20]
        let times = model.predict([1, 4, 16, 64].map { InferencePoint(mode: mode, minibatch: $0) })
            .map(\.minibatchMilliseconds)
        #expect(times == times.sorted() && times[3] > 2 * times[0])
        #expect(try PowerTrainModel<InferencePoint>(parsing: model.encoded(), file: "model") == model)
    }

    @Test func whatCannotBeLearntFromIsAnError() throws {
        let observations = SyntheticSurface.reference.sample(10, seed: 5)
        func error(_ observations: [TrainingObservation]) -> PredictionError? {
            do throws(PredictionError) {
                _ = try PowerTrain.train(.power, on: observations, schedule: .quick(2), seed: 1)
                return nil
            } catch { return error }
        }
        #expect(error([]) == .tooFewPoints(0, least: 3))
        #expect(error(Array(observations.prefix(2))) == .tooFewPoints(2, least: 3))
        #expect(error(Array(observations.prefix(3))) == nil)
        for value in [0, -1, Double.infinity, .nan, 1e300] {
            var bad = observations
            bad[3].powerWatts = value
            guard case .badMeasurement(.power, bad[3].mode.description, _) = error(bad) else {
                Issue.record("\(value) gave \(String(describing: error(bad)))")
                continue
            }
        }
        #expect("\(PredictionError.tooFewPoints(2, least: 3))".hasPrefix("2 profiled points are too few"))
    }

    @Test func oneMeasurementForAllIsLearnt() throws {
        let observations = SyntheticSurface.modes.prefix(8).map {
            TrainingObservation(mode: $0, minibatchMilliseconds: 50, powerWatts: 20)
        }
        let prediction = try #require(try model(observations).predict(observations[0].mode))
        #expect(abs(prediction.minibatchMilliseconds - 50) < 10 && abs(prediction.powerWatts - 20) < 4)
    }

    @Test func progressCountsAndStops() throws {
        let observations = SyntheticSurface.reference.sample(8, seed: 6)
        var schedule = NetworkSchedule.quick(20)
        schedule.evaluations = 5
        var calls: [Int] = []
        _ = try PowerTrain.model(on: observations, schedule: schedule, origin: Self.origin, seed: 1) {
            calls.append($0)
            return $1 == 10
        }
        #expect(calls == Array(1...10))
        #expect(throws: PredictionError.stopped) {
            try PowerTrain.train(.time, on: observations, schedule: schedule, seed: 1) { done, _ in done < 3 }
        }
    }

    @Test func crossValidationTellsTheErrorAndLearnsFromAllPoints() throws {
        let reference = try model(SyntheticSurface.reference.observations, steps: 300)
        let profiles = SyntheticSurface.relative.sample(20, seed: 7)
        var schedule = NetworkSchedule.fewPoints
        schedule.steps = 100
        schedule.evaluations = 10
        var calls: [Int] = []
        let model = try PowerTrain.model(
            on: profiles, from: reference, schedule: schedule, origin: Self.origin, seed: 1
        ) {
            calls.append($0)
            return $1 == 120
        }
        #expect(calls == calls.sorted() && calls.last == 120)
        let errors = SyntheticSurface.relative.errors(model)
        #expect(errors.time < 2 * model.time.validationErrorPercent)
        #expect(errors.power < 2 * model.power.validationErrorPercent)
        #expect(model.time.steps <= 100)
        #expect(model.base == "synthetic on none" && model.provenance.contains("20 points of formulas"))
    }

    /// Fresh weights say nothing, however little training improves on them.
    @Test func anUntrainedNetworkIsNotTheBest() throws {
        var schedule = NetworkSchedule.fewPoints
        schedule.steps = 20
        schedule.evaluations = 10
        schedule.learningRate = 3
        let profiles = SyntheticSurface.reference.sample(12, seed: 8)
        let network = try PowerTrain.train(.time, on: profiles, schedule: schedule, seed: 1)
        #expect(network.steps > 0)
        let reference = try model(SyntheticSurface.reference.observations, steps: 300)
        schedule.transfer = .freshOutput
        #expect(try PowerTrain.train(.time, on: profiles, from: reference.time, schedule: schedule, seed: 1).steps > 0)
    }

    @Test func aTransferThatDivergesLaterKeepsTheReference() throws {
        let reference = try model(SyntheticSurface.reference.observations, steps: 300)
        let profiles = SyntheticSurface.reference.sample(12, seed: 9)
        var schedule = NetworkSchedule.fewPoints
        schedule.steps = 40
        schedule.learningRate = 1e38
        #expect(try PowerTrain.train(.time, on: profiles, from: reference.time, schedule: schedule, seed: 1).steps == 0)
        #expect(throws: PredictionError.diverged(rate: 1e38)) {
            _ = try PowerTrain.train(.time, on: profiles, schedule: schedule, seed: 1)
        }
    }

    /// ReLU makes zero of what is not a number, so the loss does not show it; no model file could hold it.
    @Test(arguments: [0, 3]) func aWeightThatIsNotANumberIsNoModel(folds: Int) throws {
        let sound = try model(SyntheticSurface.reference.observations, steps: 100).time
        var network = sound.network
        network.parameters[0] = .nan
        let base = TrainedNetwork(
            network: network, inputs: sound.inputs, output: sound.output, validationErrorPercent: 1, steps: 1)
        let profiles = SyntheticSurface.reference.sample(12, seed: 10)
        var schedule = NetworkSchedule.quick(5)
        schedule.folds = folds
        #expect(throws: PredictionError.diverged(rate: schedule.learningRate)) {
            _ = try PowerTrain.train(.time, on: profiles, from: base, schedule: schedule, seed: 1)
        }
    }

    @Test func wherePointsAreTheReferencesOwnNoStepIsNeeded() throws {
        let reference = try model(SyntheticSurface.reference.observations, steps: 300)
        let predictions = zip(SyntheticSurface.modes, reference.predict(SyntheticSurface.modes))
        let profiles = predictions.prefix(12).map {
            TrainingObservation(
                mode: $0, minibatchMilliseconds: 3 * $1.minibatchMilliseconds, powerWatts: $1.powerWatts)
        }
        var schedule = NetworkSchedule.fewPoints
        schedule.steps = 20
        let time = try PowerTrain.train(.time, on: profiles, from: reference.time, schedule: schedule, seed: 1)
        #expect(time.steps == 0 && time.validationErrorPercent < 0.01)
        for (mode, prediction) in predictions {
            let tripled = try #require(time.values([mode]).first)
            #expect(abs(tripled / prediction.minibatchMilliseconds - 3) < 1e-3)
        }
    }
}
