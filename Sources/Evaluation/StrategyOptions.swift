public import Policy

/// A strategy as the command line describes it.
public struct StrategyOptions: Sendable {
    /// More profiles than this are refused.
    public static let profileLimit = 1_000_000
    /// ALS refuses to profile more points than this.
    public static let surveyLimit = 1_000
    /// Modes that the network strategy draws unless another number is asked for, or all where there are fewer: the papers'
    /// NN250.
    public static let networkModes = 250

    /// Which strategy.
    public let name: StrategyName
    /// Modes that random draws, or points that ALS may profile; nil where the strategy's own number is wanted.
    public let profiles: Int?
    /// Seed of strategies that draw at random.
    public let seed: UInt64
    /// The modes to try instead of a random draw; nil for a draw.
    public let modes: [PowerMode]?
    /// The modes of the board's presets; nil where they were not named.
    public let presets: [PowerMode]?
    /// How networks are trained.
    public let schedule: TrainingSchedule
    /// Workloads that are known: what networks of a training are transferred from (at most one), and what fulcrum starts from.
    public let references: [Reference]
    /// The chance that fulcrum may take with a profile to exceed the power budget.
    public let risk: ProfileRisk

    /// Takes options as given. Throws where one does not go with the strategy, so that none is passed over in silence.
    public init(
        _ name: StrategyName, profiles: Int? = nil, seed: UInt64 = 0, modes: [PowerMode]? = nil,
        presets: [PowerMode]? = nil, schedule: TrainingSchedule? = nil, references: [Reference] = [],
        risk: ProfileRisk? = nil
    ) throws(EvaluationError) {
        func refuse(_ option: String, where isWrong: Bool, _ reason: String) throws(EvaluationError) {
            if isWrong { throw EvaluationError("\(option) does not go with --strategy \(name.rawValue): \(reason)") }
        }
        let takesModes = [StrategyName.random, .network].contains(name)
        try refuse(
            "--profiles", where: profiles != nil && !takesModes && name != .als && name != .fulcrum,
            "it decides itself how many profiles it makes.")
        try refuse(
            "--modes-file", where: modes != nil && !takesModes, "only random and network take modes from a file.")
        try refuse("--profiles", where: profiles != nil && modes != nil, "the modes of --modes-file are all profiled.")
        try refuse("--nvpmodel-conf", where: presets != nil && name != .presets, "only the strategy presets reads it.")
        try refuse(
            "--schedule, --steps or --loss", where: schedule != nil && name != .network, "it trains no networks.")
        try refuse(
            "--reference", where: !references.isEmpty && name != .network && name != .fulcrum,
            "it does not learn from other workloads.")
        try refuse(
            "--reference", where: references.count > 1 && name == .network, "networks are transferred from one of them."
        )
        try refuse("--risk", where: risk != nil && name != .fulcrum, "it does not weigh the risk of its profiles.")
        if name == .presets && presets == nil {
            throw EvaluationError("--strategy presets needs --nvpmodel-conf FILE, the presets of a board.")
        }
        if name == .als, let profiles, profiles > Self.surveyLimit {
            throw EvaluationError(
                "--profiles is \(profiles); als takes up to \(Self.surveyLimit), as each round costs the cube of what was profiled."
            )
        }
        if let profiles, !(1...Self.profileLimit).contains(profiles) {
            throw EvaluationError("--profiles is \(profiles); a number from 1 to \(Self.profileLimit) was expected.")
        }
        self.name = name
        self.profiles = profiles
        self.seed = seed
        self.modes = modes
        self.presets = presets
        self.schedule = schedule ?? .standard
        self.references = references
        self.risk = risk ?? .standard
    }

    /// The strategy for a training alone on `table`. Throws where a search could ask for a mode that was not measured, and where
    /// the reference has the measurements of `table`.
    public func train(on table: TrainingTable) throws(EvaluationError) -> Strategy<TrainProblem> {
        let grid = table.grid
        for reference in references { try reference.checkDiffers(from: table) }
        let modes = try measuredModes(of: table, minibatches: 1)
        switch name {
        case .optimum: return Strategy(name: name.rawValue, .optimum)
        case .fulcrum:
            let priors = try self.priors(SurfacePriors(training: grid, references: references.map(\.workload)), table)
            let settings = settings(limit: 10)
            return search { FulcrumSearch.Train(grid: grid, problem: $0, priors: priors, settings: settings) }
        case .gmd: return search { GMD.Train(grid: grid, problem: $0) }
        case .als:
            return survey(
                profiles.map { ALS<TrainProblem>(grid: grid, seed: seed, profileLimit: $0) }
                    ?? ALS<TrainProblem>(grid: grid, seed: seed))
        case .binary: return search { BinarySearch(grid: grid, problem: $0) }
        case .random, .presets: return survey(FixedPoints(points: try fixedModes(of: grid, modes)))
        case .maxn: return survey(HighestMode(points: .highest(of: grid)))
        case .network:
            return network(
                NetworkSurvey<TrainProblem>(
                    grid: grid, profiling: try fixedModes(of: grid, modes), choice: .points(table.rows.map(\.mode)),
                    schedule: try networkSchedule(), seed: seed))
        }
    }

    /// The strategy for an inference alone on `table`. A mode that is drawn, or listed, is profiled at each minibatch size.
    /// Throws as `train(on:)`.
    public func infer(on table: InferenceTable) throws(EvaluationError) -> Strategy<InferProblem> {
        guard name == .fulcrum else {
            return try strategy(on: table, table.minibatches) { GMD.Infer(grid: $0, problem: $1) }
        }
        for reference in references { try reference.checkDiffers(from: table) }
        let grid = try Self.grid(table.grid, table.minibatches, of: table.file)
        _ = try measuredModes(of: table, minibatches: table.minibatches.count)
        let priors = try self.priors(SurfacePriors(inference: grid, references: references.map(\.workload)), table)
        let settings = settings(limit: 10)
        return search { FulcrumSearch.Infer(grid: grid, problem: $0, priors: priors, settings: settings) }
    }

    /// The strategy for an inference and background work on `table`; as `infer(on:)`.
    public func pair(on table: PairTable) throws(EvaluationError) -> Strategy<PairProblem> {
        guard name == .fulcrum else {
            return try strategy(on: table, table.minibatches) { GMD.Pair(grid: $0, problem: $1) }
        }
        for reference in references { try reference.checkDiffers(fromBothOf: table) }
        let grid = try Self.grid(table.grid, table.minibatches, of: table.file)
        _ = try measuredModes(of: table, minibatches: table.minibatches.count)
        let known = references.map(\.workload)
        let inference = try priors(SurfacePriors(inference: grid, references: known), table)
        let background = try priors(SurfacePriors(training: grid.modes, references: known), table)
        let settings = settings(limit: FulcrumSearch.Settings.pairProfiles)
        return search {
            FulcrumSearch.Pair(
                grid: grid, problem: $0, inference: inference, background: background, settings: settings)
        }
    }

    private func priors(
        _ made: SurfacePriors?, _ table: some MeasuredTable
    ) throws(EvaluationError) -> SurfacePriors {
        if let made { return made }
        throw EvaluationError(
            "\(table.file): The table has \(table.rows.count) points; --strategy fulcrum searches up to \(FulcrumSearch.pointLimit)."
        )
    }

    private func settings(limit: Int) -> FulcrumSearch.Settings {
        FulcrumSearch.Settings(profileLimit: profiles ?? limit, overBudgetRisk: risk.share)
    }

    private func strategy<Problem: EvaluatedProblem, Table: MeasuredTable, Walk: Search<Problem>>(
        on table: Table, _ minibatches: [Int], gmd: @escaping @Sendable (InferenceGrid, Problem) -> Walk
    ) throws(EvaluationError) -> Strategy<Problem>
    where
        Table.Observation == Problem.Observation, Problem.Observation: ALSObservation & NetworkPredicted,
        Problem.Observation.Point == InferencePoint
    {
        let grid = try Self.grid(table.grid, minibatches, of: table.file)
        guard !name.isForTrainingAlone else { throw onlyForTrain }
        let modes = try measuredModes(of: table, minibatches: minibatches.count)
        switch name {
        case .optimum: return Strategy(name: name.rawValue, .optimum)
        case .gmd, .fulcrum: return search { gmd(grid, $0) }
        case .als:
            return survey(
                profiles.map { ALS<Problem>(grid: grid, seed: seed, profileLimit: $0) }
                    ?? ALS<Problem>(grid: grid, seed: seed))
        case .binary: throw onlyForTrain
        case .random, .presets:
            let points: FixedPoints<Problem> = try fixedPoints(of: grid, modes)
            return survey(points)
        case .maxn: return survey(HighestMode<Problem>(points: .highest(of: grid)))
        case .network:
            try refuseReference()
            return network(
                NetworkSurvey<Problem>(
                    grid: grid, profiling: try fixedModes(of: grid.modes, modes),
                    choice: .points(table.rows.map(\.point)), schedule: try networkSchedule(), seed: seed))
        }
    }

    private func search<Problem>(
        _ make: @escaping @Sendable (Problem) -> any Search<Problem>
    ) -> Strategy<Problem> {
        Strategy(name: name.rawValue, .search(make))
    }

    private func survey<Problem>(_ survey: any Survey<Problem>) -> Strategy<Problem> {
        Strategy(name: name.rawValue, .survey(survey))
    }

    private func network<Problem>(_ survey: NetworkSurvey<Problem>) -> Strategy<Problem> {
        Strategy(name: name.rawValue, .survey(survey), isPredicting: true)
    }

    /// Throws where the reference is a table that no model can be trained on.
    private func networkSchedule() throws(EvaluationError) -> NetworkBaselineSchedule {
        let base = try references.first?.model(seed: seed)
        return NetworkBaselineSchedule(
            training: { [schedule] points in
                base == nil
                    ? schedule.baseline(points: points, isInference: false) : schedule.ofFewProfiles(points: points)
            }, inference: { [schedule] in schedule.baseline(points: $0, isInference: true) }, trainingBase: base)
    }

    private func refuseReference() throws(EvaluationError) {
        guard references.isEmpty else {
            throw EvaluationError("--reference goes with train only: a reference is the model of a training alone.")
        }
    }

    private func fixedPoints<Problem: PlanningProblem>(
        of grid: InferenceGrid, _ measured: [PowerMode]?
    ) throws(EvaluationError) -> FixedPoints<Problem> where Problem.Observation.Point == InferencePoint {
        FixedPoints(modes: try fixedModes(of: grid.modes, measured), minibatches: grid.minibatches)
    }

    private var onlyForTrain: EvaluationError {
        EvaluationError("The papers define --strategy \(name.rawValue) for train only. Choose another one.")
    }

    /// The modes to draw from where `table` lacks a row of its grid, those with a row at each minibatch size; nil where it has all.
    /// Throws where the strategy is a search, which may ask for any row.
    private func measuredModes(
        of table: some MeasuredTable, minibatches: Int
    ) throws(EvaluationError) -> [PowerMode]? {
        guard !table.isComplete(minibatches: minibatches) else { return nil }
        if [.fulcrum, .gmd, .als, .binary].contains(name) {
            let all = table.grid.count * minibatches
            throw EvaluationError(
                "\(table.file): \(all - table.rows.count) of the \(all) combinations of the table's values have no row, and "
                    + "--strategy \(name.rawValue) may ask for any of them. Choose random, network, maxn, presets or optimum, or a "
                    + "table that has them all.")
        }
        return table.modes(minibatches: minibatches)
    }

    /// The modes of the strategies that try a list of them; drawn from `measured` where the grid is more than that.
    private func fixedModes(of grid: ModeGrid, _ measured: [PowerMode]?) throws(EvaluationError) -> [PowerMode] {
        if let modes {
            guard let stranger = modes.first(where: { !grid.contains($0) }) else { return modes }
            throw EvaluationError("The mode \(stranger) of --modes-file is not one of the modes to choose from.")
        }
        if let presets { return presets }
        let count = measured?.count ?? grid.count
        guard let profiles = profiles ?? (name == .network ? min(Self.networkModes, count) : nil) else {
            throw EvaluationError("--strategy random needs --profiles N, the modes to draw, or --modes-file FILE.")
        }
        guard profiles <= count else {
            throw EvaluationError("--profiles is \(profiles), but there are only \(count) modes to draw from.")
        }
        var generator = SeededGenerator(seed: seed)
        if let measured { return generator.sample(profiles, of: measured) }
        return grid.randomModes(profiles, using: &generator)
    }

    private static func grid(
        _ modes: ModeGrid, _ minibatches: [Int], of file: String
    ) throws(EvaluationError) -> InferenceGrid {
        guard let grid = InferenceGrid(modes: modes, minibatches: minibatches) else {
            throw EvaluationError("\(file): The table has no minibatch size.")
        }
        return grid
    }
}
