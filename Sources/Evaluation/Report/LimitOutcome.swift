import Policy

/// How answers by prediction do at power limits of 17 to 50 W, PowerTrain's measures (arXiv 2407.13944): time against the optimum,
/// and how often and how far the measured power is over the limit.
struct LimitOutcome {
    /// Minibatch time over that of the optimum, percent, of all answers: one that breaks the limit can be below 0.
    let excessPercent: Distribution?
    /// Answers whose measured power is over the limit, percent.
    let overLimitPercent: Double
    /// Answers that are over it by more than 1 W, percent.
    let overLimitByWattPercent: Double
    /// Watts over the limit, 0 where it is kept, mean of all answers: the area over the limit per limit of 1 W.
    let meanWattsOver: Double

    /// Takes a prediction of each mode of `table`.
    init(predicted: [TrainingObservation], table: TrainingTable) {
        var excess: [Double] = []
        var over: [Double] = []
        for limit in 17...50 {
            let problem = TrainProblem(budgetWatts: Double(limit))
            guard let answer = problem.optimum(over: predicted).flatMap({ table[$0.mode] }),
                let optimum = problem.optimum(over: table.rows)
            else { continue }
            excess.append((answer.minibatchMilliseconds / optimum.minibatchMilliseconds - 1) * 100)
            over.append(max(0, answer.powerWatts - Double(limit)))
        }
        let count = Double(max(1, over.count))
        excessPercent = Distribution(excess)
        overLimitPercent = Double(over.count { $0 > 0 }) / count * 100
        overLimitByWattPercent = Double(over.count { $0 > 1 }) / count * 100
        meanWattsOver = over.reduce(0, +) / count
    }
}
