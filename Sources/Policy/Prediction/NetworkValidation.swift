// The two ways to tell how long to train.
extension NetworkStart {
    /// PowerTrain's: a share of the points is held back, and the network that predicted them best is kept. The first of `points`
    /// are those held back, so they should be in random order.
    func heldBack<Point: NetworkPoint>(
        _ points: [Row<Point>], _ schedule: NetworkSchedule, _ generator: SeededGenerator,
        _ progress: PowerTrain.Progress
    ) throws(PredictionError) -> TrainedNetwork {
        let share = min(max(schedule.validationShare, 0), 0.5)
        let held = max(Int((Double(points.count) * share).rounded()), 1)
        let (training, validation) = (Array(points.dropFirst(held)), Array(points.prefix(held)))
        let output = output(training)
        var run = NetworkTraining(
            network, schedule: schedule, rows: scaled(training, output), validation: scaled(validation, output),
            generator: generator)
        let evaluations = schedule.evaluationCount
        for evaluation in 1...evaluations {
            _ = run.advance()
            guard progress(evaluation, evaluations) else { throw .stopped }
        }
        // A weight that is not a number need not show in the loss: ReLU makes zero of it.
        guard run.bestLoss.isFinite, run.best.isFinite else { throw .diverged(rate: schedule.learningRate) }
        return TrainedNetwork(
            network: run.best, inputs: inputs, output: output, validationErrorPercent: run.bestErrorPercent,
            steps: run.bestSteps)
    }

    /// Cross-validation (Stone 1974): each part of the points is predicted by a network that was trained on the others. The
    /// network of the result learns from all points, for as many steps as the least error over all parts took; where the start
    /// predicts already, none may be best.
    func crossValidated<Point: NetworkPoint>(
        _ points: [Row<Point>], _ schedule: NetworkSchedule, _ generator: SeededGenerator,
        _ progress: PowerTrain.Progress
    ) throws(PredictionError) -> TrainedNetwork {
        let folds = min(schedule.folds, points.count)
        let evaluations = schedule.evaluationCount
        let total = (folds + 1) * evaluations
        // By evaluation, summed over the points; number 0 is before the first step.
        var errors = Array(repeating: 0.0, count: evaluations + 1)
        for fold in 0..<folds {
            var (training, validation): ([Row<Point>], [Row<Point>]) = ([], [])
            for (index, point) in points.enumerated() {
                if index % folds == fold { validation.append(point) } else { training.append(point) }
            }
            let output = output(training)
            var run = NetworkTraining(
                network, schedule: schedule, rows: scaled(training, output), validation: scaled(validation, output),
                generator: generator)
            run.evaluate()
            errors[0] += run.errorPercent * Double(validation.count)
            for evaluation in 1...evaluations {
                _ = run.advance()
                errors[evaluation] += run.errorPercent * Double(validation.count)
                guard progress(fold * evaluations + evaluation, total) else { throw .stopped }
            }
        }
        let candidates = (predictsUntrained ? 0 : 1)...evaluations
        guard let best = candidates.filter({ errors[$0].isFinite }).min(by: { errors[$0] < errors[$1] }) else {
            throw .diverged(rate: schedule.learningRate)
        }

        let output = output(points)
        let rows = scaled(points, output)
        var run = NetworkTraining(network, schedule: schedule, rows: rows, validation: rows, generator: generator)
        for evaluation in 0..<best {
            _ = run.advance(evaluating: false)
            guard progress(folds * evaluations + evaluation + 1, total) else { throw .stopped }
        }
        guard best == evaluations || progress(total, total) else { throw .stopped }
        let trained = run.current
        guard trained.isFinite else { throw .diverged(rate: schedule.learningRate) }
        return TrainedNetwork(
            network: trained, inputs: inputs, output: output,
            validationErrorPercent: errors[best] / Double(points.count), steps: run.steps)
    }
}

extension NetworkSchedule {
    /// Steps of a whole run, in range.
    var stepCount: Int { min(max(steps, 1), 1 << 31) }
    /// Evaluations that a run makes: at least one, and none without a step.
    var evaluationCount: Int { min(max(evaluations, 1), stepCount) }
    /// Rows per step, in range.
    var batchCount: Int { min(max(batch, 1), 1 << 16) }
}
