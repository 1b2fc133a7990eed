import CLinux
import Glibc
import Policy
import Synchronization
import SystemCalls
import Telemetry

/// A question of the loop: what a workload should do next.
struct PlanQuestion: Sendable {
    enum Kind: Sendable {
        /// The plan, by the strategy.
        case plan(TrainingPlan.Situation)
        /// A mode that makes the front known below this settled one.
        case front(below: PowerMode, ModeGrid)
    }

    let process: ProcessIdentity
    /// Tells an answer that is still wanted from one that is not.
    let number: UInt64
    let kind: Kind
    let settings: SearchSettings
    let observed: ObservedModes
    /// What was observed of other workloads of this board, and of this one before it drifted.
    let others: [ProfiledWorkload]
    /// The search under way, if it is one.
    let search: TrainingSearch?
}

/// What the planner says.
struct PlanAnswer: Sendable {
    let process: ProcessIdentity
    let number: UInt64
    enum Content: Sendable {
        /// The plan, the search with what it computed, and of a mode to profile what is expected of it.
        case plan(TrainingPlan, TrainingSearch?, SearchStepRecord?, isPredicted: Bool)
        /// A mode to profile in the background; nil where the front is known.
        case front(PowerMode?)
    }
    let content: Content
}

/// Thinks about plans on a thread of its own, as a strategy may take up to a second where the loop has milliseconds. It answers
/// the latest question; one that was put before it was taken up is dropped.
final class Planner: Sendable {
    private struct Mail: Sendable {
        var question: PlanQuestion?
        var answer: PlanAnswer?
        var isStopping = false
        var isTidying = false
    }

    private let mail = Mutex(Mail())
    private let news: EventSignal
    private let thread: Mutex<SystemThread?> = Mutex(nil)

    /// Starts the thread. `answered` is raised when there is an answer to take. `report` takes what there is to say of the
    /// reference models.
    init(answered: EventSignal, report: @escaping @Sendable (ReferenceModels) -> Void) throws(SystemCallError) {
        news = try EventSignal()
        let started = try SystemThread(name: "planner") { [self] in
            var thinking = Thinking(report: report)
            while true {
                news.waitUntilRaised()
                let (question, isStopping, isTidying) = mail.withLock { mail in
                    let taken = (mail.question, mail.isStopping, mail.isTidying)
                    mail.question = nil
                    mail.isTidying = false
                    return taken
                }
                if isStopping { return }
                if isTidying { malloc_trim(0) }
                guard let question else { continue }
                let answer = thinking.answer(question)
                mail.withLock { $0.answer = answer }
                answered.raise()
            }
        }
        thread.withLock { $0 = started }
    }

    func ask(_ question: PlanQuestion) {
        mail.withLock { mail in
            mail.question = question
            mail.answer = nil
        }
        news.raise()
    }

    func take() -> PlanAnswer? {
        mail.withLock { mail in
            let answer = mail.answer
            mail.answer = nil
            return answer
        }
    }

    /// Gives the system back what a search that has ended took: a model over all modes is tens of megabytes, and malloc keeps
    /// them.
    func releaseMemory() {
        mail.withLock { $0.isTidying = true }
        news.raise()
    }

    /// Ends the thread, after a thought under way. Call once.
    func stop() {
        mail.withLock { $0.isStopping = true }
        news.raise()
        thread.withLock { $0 }?.join()
    }
}

/// What the planner's thread keeps between two questions.
struct Thinking {
    /// Random modes and surveys follow from it: the same board and workload get the same search again.
    private static let seed: UInt64 = 0

    private let report: (ReferenceModels) -> Void
    private var models = ReferenceModels()
    private var modelsPath: String?

    init(report: @escaping (ReferenceModels) -> Void) {
        self.report = report
    }

    mutating func answer(_ question: PlanQuestion) -> PlanAnswer {
        let content: PlanAnswer.Content =
            switch question.kind {
            case .plan(let situation): plan(question, situation)
            case .front(let mode, let grid): .front(Self.frontMode(below: mode, grid, question.observed))
            }
        return PlanAnswer(process: question.process, number: question.number, content: content)
    }

    private mutating func plan(_ question: PlanQuestion, _ situation: TrainingPlan.Situation) -> PlanAnswer.Content {
        if let known = TrainingPlan.answeredBefore(observed: question.observed, in: situation) {
            return .plan(known, nil, nil, isPredicted: false)
        }
        readModels(question.settings)
        let isNew = question.observed.all.isEmpty
        var search: TrainingSearch
        let references = references(for: question, situation.grid)
        if let under = question.search, under.fits(question.settings, budgetWatts: situation.budgetWatts) {
            search = under
        } else {
            search = TrainingSearch.make(
                question.settings, budgetWatts: situation.budgetWatts, grid: situation.grid, references: references,
                models: models.models, observed: question.observed, coverGain: situation.coverGain, seed: Self.seed)
        }
        if isNew, !search.choosesStart, question.settings.predictor != .none,
            let start = ArrivalPrediction(
                references: references, budgetWatts: situation.budgetWatts, grid: situation.grid)
        {
            let step = SearchStepRecord(
                mode: start.mode, expected: start.expected,
                reason: "predicted from \(references.count) reference workloads")
            return .plan(.profile(start.mode), search, step, isPredicted: true)
        }
        var situation = situation
        if search.choosesStart { situation.first = nil }
        let plan = TrainingPlan.next(
            observed: question.observed, in: situation, search: &search.search, probe: search.probe)
        // Asked once, at its beginning.
        search.probe = nil
        guard case .profile(let mode) = plan else { return .plan(plan, search, nil, isPredicted: false) }
        let (reason, expected) = search.explanation(of: mode, observed: question.observed)
        return .plan(
            plan, search, SearchStepRecord(mode: mode, expected: expected, reason: reason),
            isPredicted: isNew && search.choosesStart && !references.isEmpty)
    }

    private mutating func readModels(_ settings: SearchSettings) {
        guard modelsPath != settings.modelsPath else { return }
        modelsPath = settings.modelsPath
        models = ReferenceModels(directory: settings.modelsPath)
        report(models)
    }

    /// The other workloads that predictions may rest on.
    private func references(for question: PlanQuestion, _ grid: ModeGrid) -> [KnownReference] {
        let shipped = KnownReference.all(models)
        return switch question.settings.predictor {
        case .none: []
        case .powertrain: shipped
        case .gp: shipped + KnownReference.all(question.others, models: shipped, grid: grid)
        }
    }

    /// The next mode of a survey of all modes below `settled` in every knob. Whatever the workload, none of them draws more than
    /// that one, so no budget that it keeps is left for the survey.
    static func frontMode(below settled: PowerMode, _ grid: ModeGrid, _ observed: ObservedModes) -> PowerMode? {
        func below(_ dimension: Dimension) -> [Int] { grid[dimension].filter { $0 <= settled[dimension] } }
        guard
            let lower = ModeGrid(
                cores: below(.cores), cpuKHz: below(.cpu), gpuHz: below(.gpu), emcHz: below(.emc))
        else { return nil }
        var survey = ALS<TrainProblem>(grid: lower, seed: seed, profileLimit: frontLimit)
        guard case .profile(let mode) = survey.next(observed: observed) else { return nil }
        return mode
    }

    /// Modes below a settled one that make its front known.
    static let frontLimit = 30
}

extension EventSignal {
    /// Waits until it is raised, and lowers it.
    func waitUntilRaised() {
        var entry = pollfd(fd: rawDescriptor, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&entry, 1, -1)
        clear()
    }
}
