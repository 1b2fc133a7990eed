import Policy

/// NNk, the network baseline of Fulcrum (arXiv 2509.20205): profiles k modes, trains PowerTrain's networks on them and answers from
/// their predictions for all points, so that its answers can break limits. With a reference the networks are transferred from
/// it, which makes PowerTrain (arXiv 2407.13944) a strategy.
///
/// Differs from the papers in the schedule, unless the papers' own is asked for.
struct NetworkBaseline: Sendable {
    let schedule: TrainingSchedule
    let reference: Reference?
    let seed: UInt64

    /// For a training alone, with predictions for `points`.
    func train(_ points: [PowerMode], profiling modes: [PowerMode]) -> Strategy<TrainProblem>.Way {
        .model(points: modes) { [self] profiles throws(EvaluationError) in
            let predicted = try predict(points, from: profiles, base: reference?.model(seed: seed), isInference: false)
            return ParetoFront<TrainProblem>(
                zip(points, predicted).map {
                    TrainingObservation(
                        mode: $0, minibatchMilliseconds: $1.minibatchMilliseconds, powerWatts: $1.powerWatts)
                })
        }
    }

    /// For an inference alone: each mode is profiled at all minibatch sizes.
    func infer(_ points: [InferencePoint], profiling profiled: [InferencePoint]) -> Strategy<InferProblem>.Way {
        .model(points: profiled) { [self] profiles throws(EvaluationError) in
            let predicted = try predict(points, from: profiles, base: nil, isInference: true)
            return ParetoFront<InferProblem>(
                zip(points, predicted).map {
                    InferenceObservation(
                        point: $0, minibatchMilliseconds: $1.minibatchMilliseconds, powerWatts: $1.powerWatts)
                })
        }
    }

    /// For a pair: a model of each workload.
    func pair(_ points: [InferencePoint], profiling profiled: [InferencePoint]) -> Strategy<PairProblem>.Way {
        .model(points: profiled) { [self] profiles throws(EvaluationError) in
            let inference = try predict(points, from: profiles.map(\.inference), base: nil, isInference: true)
            // Background work is the same at each minibatch size of the inference.
            let background = Observed(profiles.map(\.background)).all
            let byPoint = try predict(points.map(\.mode), from: background, base: nil, isInference: false)
            return ParetoFront<PairProblem>(
                zip(points, zip(inference, byPoint)).map { point, predicted in
                    PairObservation(
                        point: point, inferenceMilliseconds: predicted.0.minibatchMilliseconds,
                        inferenceWatts: predicted.0.powerWatts,
                        backgroundMilliseconds: predicted.1.minibatchMilliseconds,
                        backgroundWatts: predicted.1.powerWatts)
                })
        }
    }

    private func predict<Profile: NetworkObservation>(
        _ points: [Profile.Point], from profiles: [Profile], base: PowerTrainModel<Profile.Point>?, isInference: Bool
    ) throws(EvaluationError) -> [Prediction] {
        try ModelTraining.model(
            on: profiles, from: base,
            schedule: base == nil
                ? schedule.baseline(points: profiles.count, isInference: isInference)
                : schedule.ofFewProfiles(points: profiles.count),
            origin: ModelOrigin(workload: "", board: "", source: "", date: ""), seed: seed
        ).predict(points)
    }
}

extension PairObservation {
    fileprivate var inference: InferenceObservation {
        InferenceObservation(point: point, minibatchMilliseconds: inferenceMilliseconds, powerWatts: inferenceWatts)
    }

    fileprivate var background: TrainingObservation {
        TrainingObservation(mode: mode, minibatchMilliseconds: backgroundMilliseconds, powerWatts: backgroundWatts)
    }
}
