import Testing

@testable import Policy

/// What every predictor promises. A new one joins with one line in `predictors`.
@Suite struct PredictorConformanceTests {
    struct Method: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Learns from the profiles of a workload, and where it can from all of another one.
        let learn:
            @Sendable ([TrainingObservation], _ reference: [TrainingObservation]) throws -> any Predictor<PowerMode>
    }

    static let predictors = [
        Method(testDescription: "network from scratch") { profiles, _ in
            try PowerTrain.model(on: profiles, schedule: .quick(150), origin: PowerTrainTests.origin, seed: 1)
        },
        Method(testDescription: "PowerTrain") { profiles, reference in
            let schedule = NetworkSchedule.quick(150)
            let base = try PowerTrain.model(on: reference, schedule: schedule, origin: PowerTrainTests.origin, seed: 1)
            return try PowerTrain.model(
                on: profiles, from: base, schedule: schedule, origin: PowerTrainTests.origin, seed: 1)
        },
        Method(testDescription: "few points from scratch") { profiles, _ in
            try PowerTrain.model(on: profiles, schedule: .fewPoints, origin: PowerTrainTests.origin, seed: 1)
        },
        Method(testDescription: "few points by transfer") { profiles, reference in
            let base = try PowerTrain.model(
                on: reference, schedule: .quick(150), origin: PowerTrainTests.origin, seed: 1)
            return try PowerTrain.model(
                on: profiles, from: base, schedule: .fewPoints, origin: PowerTrainTests.origin, seed: 1)
        },
    ]

    private func learn(_ method: Method, seed: UInt64 = 1) throws -> any Predictor<PowerMode> {
        try method.learn(
            SyntheticSurface.relative.sample(50, seed: seed), SyntheticSurface.reference.sample(100, seed: seed))
    }

    @Test(arguments: predictors) func onePredictionPerPointWhateverElseIsAsked(method: Method) throws {
        let predictor = try learn(method)
        let modes = SyntheticSurface.modes
        let all = predictor.predict(modes)
        #expect(all.count == modes.count)
        #expect(predictor.predict([]).isEmpty)
        for index in [0, 17, modes.count - 1] { #expect(predictor.predict(modes[index]) == all[index]) }
        #expect(predictor.predict(modes.reversed()) == all.reversed())
    }

    @Test(arguments: predictors) func predictionsAreFiniteAndPositiveAnywhere(method: Method) throws {
        let predictor = try learn(method)
        let odd = [1, 2, 1_000_000_000, Int.max].map { PowerMode(cores: $0, cpuKHz: $0, gpuHz: $0, emcHz: $0) }
        for prediction in predictor.predict(odd + [PowerMode(cores: 0, cpuKHz: -1, gpuHz: .min, emcHz: 0)]) {
            #expect(prediction.minibatchMilliseconds.isFinite && prediction.minibatchMilliseconds > 0)
            #expect(prediction.powerWatts.isFinite && prediction.powerWatts > 0)
        }
    }

    @Test(arguments: predictors) func learnsWhatItWasShown(method: Method) throws {
        let errors = SyntheticSurface.relative.errors(try learn(method))
        #expect(errors.time < 25)
        #expect(errors.power < 12)
    }

    @Test(arguments: predictors) func theSameProfilesGiveTheSamePredictions(method: Method) throws {
        let (first, second) = (try learn(method, seed: 3), try learn(method, seed: 3))
        #expect(first.predict(SyntheticSurface.modes) == second.predict(SyntheticSurface.modes))
        #expect(!first.provenance.isEmpty && first.provenance == second.provenance)
    }
}
