import Glibc
import Policy
import ProfileStore
import Synchronization
import SystemCalls
import Telemetry
import Testing

@testable import Governor

/// Time falls and power rises with each clock, on the papers' grid.
private func observation(
    _ mode: PowerMode, slower: Double = 1, hungrier: Double = 1
) -> TrainingObservation {
    let cpu = Double(mode.cpuKHz) / 1e6
    let gpu = Double(mode.gpuHz) / 1e9
    let memory = Double(mode.emcHz) / 1e9
    return TrainingObservation(
        mode: mode, minibatchMilliseconds: slower * (20 / cpu + 40 / gpu + 15 / memory),
        powerWatts: hungrier * (8 + 2 * cpu * cpu + 0.2 * Double(mode.cores) * cpu + 14 * gpu * gpu + 2 * memory))
}

/// The surface itself as a predictor, of another workload.
private struct Known: Predictor {
    var slower = 1.0
    var hungrier = 1.0
    var provenance: String { "a formula" }

    func predict(_ modes: [PowerMode]) -> [Prediction] {
        modes.map { mode in
            let seen = observation(mode, slower: slower, hungrier: hungrier)
            return Prediction(minibatchMilliseconds: seen.minibatchMilliseconds, powerWatts: seen.powerWatts)
        }
    }
}

@Suite struct TrainingSearchTests {
    private let grid = ModeGrid.orinAGX441

    private func model() throws -> PowerTrainModel<PowerMode> {
        try PowerTrain.model(
            on: stride(from: 0, to: 441, by: 6).map { observation(grid.allModes[$0], slower: 2, hungrier: 0.9) },
            schedule: NetworkSchedule(
                steps: 2000, decays: true, dropsUnits: false, inputs: .logarithmic, target: .logarithmic),
            origin: ModelOrigin(workload: "other", board: "board", source: "formula", date: ""), seed: 1)
    }

    @Test(arguments: SearchStrategy.allCases)
    func everyStrategyEndsWithAMeasuredModeWithinTheBudget(strategy: SearchStrategy) throws {
        let settings = SearchSettings(strategy: strategy, profiles: strategy == .als ? 20 : nil)
        let models = strategy == .powertrain ? [try model()] : []
        var observed = ObservedModes()
        var search = TrainingSearch.make(
            settings, budgetWatts: 22, grid: grid,
            references: [KnownReference(name: "other", predictor: Known(slower: 2, hungrier: 0.9))], models: models,
            observed: observed, coverGain: 0.05, seed: 0)
        #expect(search.fits(settings, budgetWatts: 22))
        #expect(!search.fits(settings, budgetWatts: 23))
        for _ in 0...search.profileLimit {
            switch search.search.next(observed: observed) {
            case .profile(let mode):
                #expect(observed[mode] == nil)
                let (reason, _) = search.explanation(of: mode, observed: observed)
                #expect(!reason.isEmpty && !reason.contains("\n"))
                observed.record(observation(mode))
            case .answer(let answer):
                let answer = try #require(answer)
                #expect(answer.powerWatts <= 22)
                #expect(observed[answer.mode] == answer)
                return
            }
        }
        Issue.record("\(strategy) asked for more than \(search.profileLimit) profiles")
    }

    @Test func powerTrainTriesTheNextModeWhereItsPredictionDrawsTooMuch() throws {
        let model = try model()
        var search = PowerTrainSearch(
            grid: grid, problem: TrainProblem(budgetWatts: 22), bases: [model], profiles: 10, seed: 0)
        var observed = ObservedModes()
        var corrections = 0
        while case .profile(let mode) = search.next(observed: observed) {
            var seen = observation(mode)
            if search.prediction(of: mode) != nil {
                // Whatever is predicted to fit draws a fifth more.
                seen.powerWatts *= 1.2
                corrections += 1
            }
            observed.record(seen)
            try #require(observed.all.count < 20)
        }
        #expect((2...PowerTrainSearch.correctionLimit).contains(corrections))
        guard case .answer(let answer?) = search.next(observed: observed) else {
            Issue.record("no answer")
            return
        }
        #expect(answer.powerWatts <= 22)
    }
}

@Suite struct ArrivalPredictionTests {
    private let grid = ModeGrid.orinAGX441

    @Test func keepsItsMarginFromTheBudget() throws {
        let references = [Known(), Known(slower: 3, hungrier: 1.1)].map { KnownReference(name: "other", predictor: $0) }
        let start = try #require(ArrivalPrediction(references: references, budgetWatts: 25, grid: grid))
        #expect(observation(start.mode, hungrier: 1.1).powerWatts * ArrivalPrediction.marginFactor <= 25)
        #expect(start.expected.watts.high <= 25)
        #expect(start.mode != grid.lowest)
        // Nothing that also keeps it is faster.
        for mode in grid.allModes
        where observation(mode, hungrier: 1.1).powerWatts * ArrivalPrediction.marginFactor <= 25 {
            #expect(observation(mode).minibatchMilliseconds >= observation(start.mode).minibatchMilliseconds)
        }
    }

    @Test func startsLowestWhereNothingKeepsTheMargin() throws {
        let start = try #require(
            ArrivalPrediction(
                references: [KnownReference(name: "other", predictor: Known())], budgetWatts: 5, grid: grid))
        #expect(start.mode == grid.lowest)
    }

    @Test func saysNothingWithoutReferences() {
        #expect(ArrivalPrediction(references: [], budgetWatts: 25, grid: grid) == nil)
    }
}

@Suite struct PlannerTests {
    private let grid = ModeGrid.orinAGX441

    private func question(
        _ number: UInt64, observed: ObservedModes = ObservedModes(), strategy: SearchStrategy = .gmd,
        predictor: WorkloadPredictor = .none, stock: PowerMode? = nil, others: [ProfiledWorkload] = []
    ) -> PlanQuestion {
        PlanQuestion(
            process: ProcessIdentity(pid: 1, startTimeTicks: 2), number: number,
            kind: .plan(
                .init(
                    budgetWatts: 22, grid: grid, coverGain: 0.1, first: stock, isSearching: false, wasSearched: false)),
            settings: SearchSettings(strategy: strategy, predictor: predictor, modelsPath: "/nonexistent"),
            observed: observed, others: others, search: nil)
    }

    @Test func answersTheLatestQuestionOnItsThread() throws {
        let answered = try EventSignal()
        let reports = Mutex<[[String]]>([])
        let planner = try Planner(answered: answered) { models in reports.withLock { $0.append(models.problems) } }
        defer { planner.stop() }
        for number in 1...20 { planner.ask(question(UInt64(number))) }
        var last: PlanAnswer?
        while last?.number != 20 {
            answered.waitUntilRaised()
            if let answer = planner.take() { last = answer }
        }
        guard case .plan(.profile(let mode), let search?, let step?, isPredicted: false) = last?.content else {
            Issue.record("no mode to profile")
            return
        }
        #expect(mode == grid.midpoint)
        #expect(search.profileLimit == GMD.Train.profileLimit)
        #expect(step.reason == "midpoint of the grid")
        // Said once, not with each question.
        #expect(reports.withLock { $0.count } == 1)
        #expect(reports.withLock { $0[0].count } == 1)
    }

    @Test func aWorkloadThatNobodyProfiledStartsWhereOthersWereWellWithin() {
        var thinking = Thinking { _ in }
        let other = ProfiledWorkload(
            name: "other", observations: stride(from: 0, to: 441, by: 20).map { observation(grid.allModes[$0]) })
        let answer = thinking.answer(question(1, predictor: .gp, stock: grid.highest, others: [other]))
        guard case .plan(.profile(let mode), _, let step?, isPredicted: true) = answer.content else {
            Issue.record("it was not predicted")
            return
        }
        #expect(step.expected != nil)
        #expect(observation(mode).powerWatts <= 22)
        // Without a predictor, in the mode that it finds.
        guard
            case .plan(.profile(let first), _, _, isPredicted: false) =
                thinking.answer(question(2, stock: grid.highest, others: [other])).content
        else {
            Issue.record("it was predicted")
            return
        }
        #expect(first == grid.highest)
    }

    @Test func theFrontIsFilledBelowTheSettledModeOnly() throws {
        let settled = PowerMode(cores: 8, cpuKHz: 1_344_000, gpuHz: 726_750_000, emcHz: 2_133_000_000)
        var observed = ObservedModes()
        while let mode = Thinking.frontMode(below: settled, grid, observed) {
            #expect(Dimension.allCases.allSatisfy { mode[$0] <= settled[$0] })
            try #require(observed[mode] == nil)
            observed.record(observation(mode))
            try #require(observed.all.count <= Thinking.frontLimit)
        }
        #expect(observed.all.count == Thinking.frontLimit)
    }
}

@Suite struct SearchStepRecordTests {
    private let mode = PowerMode(cores: 4, cpuKHz: 1, gpuHz: 2, emcHz: 3)

    @Test func isOneLineWithWhatIsKnown() {
        var step = SearchStepRecord(
            mode: mode,
            expected: Expectation(
                milliseconds: .init(value: 10, low: 9.5, high: 10.75), watts: .init(value: 20, low: 18, high: 22),
                overBudgetChance: 0.0123), reason: "because")
        #expect(
            step.line(3)
                == "3 mode 4_1_2_3 expected_ms 10.000 9.500 10.750 expected_w 20.000 18.000 22.000 over_budget 0.012 "
                + "measured_ms unmeasured measured_w unmeasured why because")
        step.expected = nil
        step.measured = TrainingObservation(mode: mode, minibatchMilliseconds: 11.5, powerWatts: 21)
        #expect(
            step.line(4)
                == "4 mode 4_1_2_3 expected_ms unknown unknown unknown expected_w unknown unknown unknown "
                + "over_budget unknown measured_ms 11.500 measured_w 21.000 why because")
    }

    @Test func aWorkloadKeepsItsLatestSteps() {
        var workload = Workload(
            name: "w", profileKey: "w", workloadClass: .training, identity: .init(pid: 1, startTimeTicks: 1), uid: 0,
            state: .matched, reason: "", observed: ObservedModes())
        for number in 0..<100 {
            workload.append(SearchStepRecord(mode: mode, expected: nil, reason: "\(number)"))
        }
        #expect(workload.steps.count == Workload.stepLimit)
        #expect(workload.steps.last?.reason == "99")
        workload.complete(TrainingObservation(mode: mode, minibatchMilliseconds: 1, powerWatts: 1))
        #expect(workload.steps.last?.measured != nil)
        #expect(workload.steps.dropLast().allSatisfy { $0.measured == nil })
    }
}

@Suite struct KnownWorkloadTests {
    private func profile(_ cores: Int, minibatch: Int = 0) -> StoredProfile {
        StoredProfile(
            mode: PowerMode(cores: cores, cpuKHz: 1, gpuHz: 1, emcHz: 1), minibatch: minibatch,
            minibatchMilliseconds: 5,
            powerWatts: 10, minibatches: 40, firstAt: 1, lastAt: 1, source: .search)
    }

    @Test func aStoreBecomesWhatIsKnown() {
        let known = KnownWorkload.all([
            StoredWorkload(
                key: "late", name: "late", profiles: [profile(1), profile(2), profile(3, minibatch: 16)],
                searches: [.init(budgetMilliwatts: 30_000, strategy: "gmd")]),
            StoredWorkload(key: KnownWorkload.formerKey("late"), name: "late", profiles: [profile(9)]),
            StoredWorkload(key: "early", name: "../early"),
        ])
        #expect(known.count == 2)
        #expect(known["late"]?.observed.all.map(\.mode.cores) == [1, 2])
        #expect(known["late"]?.former.map(\.mode.cores) == [9])
        #expect(known["late"]?.searches.count == 1)
        #expect((known["late"]?.usedAt ?? 0) > (known["early"]?.usedAt ?? 0))
        #expect(known["early"].map { WorkloadName.isValid($0.name) } == true)
    }
}

@Suite struct ReferenceModelsTests {
    @Test func theShippedModelsAreRead() {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        let models = ReferenceModels(directory: root + "/models")
        #expect(models.models.count == 2)
        #expect(models.problems.isEmpty)
    }

    @Test func aBadFileIsNamedAndPassedOver() throws {
        let folder = try Directory.createTemporary("/tmp/fulcrum-models-")
        defer { _ = try? ChildProcess(["rm", "-rf", folder]).wait() }
        try SmallFile.replaceAtomically(folder + "/bad.fulcrum-model", with: [1, 2, 3])
        let models = ReferenceModels(directory: folder)
        #expect(models.models.isEmpty)
        #expect(models.problems.count == 1 && models.problems[0].contains("bad.fulcrum-model"))
        #expect(ReferenceModels(directory: folder + "/none").problems.count == 1)
    }
}
