import Policy
import Testing

@testable import Evaluation

/// Small tables whose optimum can be worked out by hand.
enum SyntheticTables {
    static func training(_ rows: String, file: String = "train.csv") throws -> TrainingTable {
        try TrainingTable(
            parsing: [UInt8](("cores,cpu,gpu,mem,observed_time,observed_power\n" + rows).utf8), file: file)
    }

    static func inference(_ rows: String, file: String = "infer.csv") throws -> InferenceTable {
        try InferenceTable(
            parsing: [UInt8](("cores,cpu,gpu,mem,bs,observed_time,observed_power\n" + rows).utf8), file: file)
    }

    /// Two GPU clocks: 1000 ms at 10 W, 500 ms at 20 W. GMD profiles the slow one and then probes the fast one.
    static func twoModes() throws -> TrainingTable { try training("4,1,1,1,1000,10\n4,1,2,1,500,20\n") }

    /// Two GPU clocks, minibatches of 1 and 4: slow 40 and 100 ms at 8 and 9 W, fast 20 and 50 ms at 15 and 18 W.
    static func twoModesOfInference() throws -> InferenceTable {
        try inference("4,1,1,1,1,40,8\n4,1,1,1,4,100,9\n4,1,2,1,1,20,15\n4,1,2,1,4,50,18\n")
    }

    /// `twoModesOfInference` beside a training of 60 ms at 7 W, and 25 ms at 16 W.
    static func pair() throws -> PairTable {
        try PairTable(joining: twoModesOfInference(), training("4,1,1,1,60,7\n4,1,2,1,25,16\n"))
    }

    /// A table of 3 x 5 x 5 x 3 modes and 3 minibatch sizes, smooth but with ups and downs.
    static func manyPoints() throws -> InferenceTable {
        var rows = ""
        for cores in [4, 8, 12] {
            for cpu in 1...5 {
                for gpu in 1...5 {
                    for mem in 1...3 {
                        for size in [1, 4, 16] {
                            let speed = Double(cores) / 12 + Double(cpu) / 5 + Double(2 * gpu) / 5 + Double(mem) / 3
                            let wobble = Double((cores * 7 + cpu * 5 + gpu * 3 + mem + size) % 11) / 10
                            rows += "\(cores),\(cpu),\(gpu),\(mem),\(size),"
                            rows += "\((20 + 4 * Double(size)) / speed + wobble),\(5 + 6 * speed + wobble)\n"
                        }
                    }
                }
            }
        }
        return try inference(rows)
    }

    static func axis(_ text: String) throws -> Axis { try Axis(parsing: text, name: "axis") }

    /// Runs a strategy on a training and sums up.
    static func train(
        _ options: StrategyOptions, _ power: String, on table: TrainingTable? = nil, threads: Int = 1
    ) throws -> (summary: Summary, configurations: [Configuration]) {
        let table = try table ?? twoModes()
        let strategy = try options.train(on: table)
        let evaluation = TableEvaluation(
            table: table, strategy: strategy, limits: SweptAxes.limits(power: try axis(power))
        ) { TrainProblem(budgetWatts: $0.budgetWatts) }
        let (configurations, wallSeconds) = try evaluation.run(threads: threads)
        #expect(wallSeconds >= 0)
        let subject = Subject(
            problem: TrainProblem.name, strategy: strategy.name, train: table.file, modes: table.rows.count,
            points: table.rows.count, seed: 9)
        return (
            Summary(
                of: configurations, subject: subject, wallSeconds: 0.5,
                rowsLeftOut: evaluation.robustRows.leftOutCount), configurations
        )
    }

    /// Runs a strategy on an inference and sums up.
    static func infer(
        _ options: StrategyOptions, power: String, latency: String, rate: String, on table: InferenceTable? = nil,
        threads: Int = 1
    ) throws -> (summary: Summary, configurations: [Configuration]) {
        let table = try table ?? twoModesOfInference()
        let strategy = try options.infer(on: table)
        let limits = try SweptAxes.limits(
            power: axis(power), latencyMilliseconds: axis(latency), ratePerSecond: axis(rate))
        let evaluation = TableEvaluation(table: table, strategy: strategy, limits: limits, problem: InferProblem.init)
        let configurations = try evaluation.run(threads: threads).configurations
        let subject = Subject(
            problem: InferProblem.name, strategy: strategy.name, infer: table.file, modes: table.modeCount,
            points: table.rows.count, seed: 9)
        return (Summary(of: configurations, subject: subject, wallSeconds: 0.5), configurations)
    }

    /// Runs a strategy on a pair and sums up.
    static func pair(
        _ strategy: Strategy<PairProblem>, power: String, latency: String, rate: String,
        objective: PairProblem.Objective = .window, background: PairProblem.Background = .training,
        on table: PairTable? = nil, threads: Int = 1
    ) throws -> (summary: Summary, configurations: [Configuration]) {
        let table = try table ?? pair()
        let limits = try SweptAxes.limits(
            power: axis(power), latencyMilliseconds: axis(latency), ratePerSecond: axis(rate))
        let evaluation = TableEvaluation(table: table, strategy: strategy, limits: limits) {
            PairProblem($0, objective: objective, background: background)
        }
        let configurations = try evaluation.run(threads: threads).configurations
        let subject = Subject(
            problem: PairProblem.name, strategy: strategy.name, train: background == .training ? "train.csv" : nil,
            infer: "infer.csv", nonUrgent: background == .training ? nil : "other.csv", objective: objective.rawValue,
            modes: table.modeCount, points: table.rows.count, seed: 9)
        return (Summary(of: configurations, subject: subject, wallSeconds: 0.5), configurations)
    }
}

/// A search that profiles nothing and answers with one point whatever it is asked, at values of its own invention.
struct FixedAnswer<Problem: PlanningProblem>: Search {
    let observation: Problem.Observation?
    func next(observed: Observed<Problem.Observation>) -> SearchStep<Problem.Observation> { .answer(observation) }
}
