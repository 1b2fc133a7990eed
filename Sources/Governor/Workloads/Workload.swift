import Policy
import Telemetry

/// One process that uses the GPU, and what the governor knows and wants of it.
struct Workload {
    /// Unique name in the tree.
    let name: String
    /// Under which its observations are kept, so that a workload that returns is not profiled again: the rule's name, or for
    /// a process that no rule names all that tells one program from another.
    let profileKey: String
    let workloadClass: WorkloadClass
    let identity: ProcessIdentity
    let uid: UInt32
    var state: State
    /// Why it is in this state, as a sentence part.
    var reason: String
    var observed: ObservedModes
    /// The profile under way.
    var window: ProfileWindow?
    /// What the plan rests on.
    var settled: TrainingObservation?
    /// The search under way, or the last one.
    var search: TrainingSearch?
    /// Number of the question that the planner thinks about.
    var pendingQuestion: UInt64?
    /// The latest steps of its searches, oldest first.
    var steps: [SearchStepRecord] = []
    /// A profile that is made in the background of the settled mode.
    var frontWindow: ProfileWindow?
    /// When the next of them may begin, CLOCK_MONOTONIC ns.
    var frontProfileAt: UInt64 = 0
    /// Minibatches that it had made when it first settled.
    var minibatchesToSettle: UInt64?
    /// Mean power over the latest samples of the settled mode, watts.
    var measuredWatts: Double?
    /// Since when minibatches belong to the settled mode, or since when it is stalled, CLOCK_MONOTONIC ns.
    var settledAt: UInt64 = 0
    /// Minibatches from here on have not been checked for drift.
    var driftCheckedAt: UInt64 = 0
    /// Power samples of the settled mode that have not refined its observation yet, watts.
    var settledWatts: [Double] = []
    /// How often the guard had to leave a mode that its profile let in.
    var overruns: [PowerMode: Int] = [:]
    var arrivals = ArrivalRate()
    var minibatches: UInt64 = 0
    var lastBoundary: UInt64 = 0
    var profilesMade: UInt64 = 0
    /// Energy over the budget while this workload was searched for, microjoules.
    var searchOverBudgetMicrojoules: UInt64 = 0
    /// Consecutive drifted checks, of the minibatch time and of the power.
    var driftedChecks = 0
    var driftedPowerChecks = 0

    /// Steps that are kept for reading.
    static let stepLimit = 64

    mutating func append(_ step: SearchStepRecord) {
        steps.append(step)
        if steps.count > Self.stepLimit { steps.removeFirst(steps.count - Self.stepLimit) }
    }

    /// Notes what a step has seen.
    mutating func complete(_ observation: TrainingObservation) {
        guard let index = steps.lastIndex(where: { $0.mode == observation.mode && $0.measured == nil }) else { return }
        steps[index].measured = observation
    }

    enum State: String {
        /// Named by a rule or by default, and without a plan yet.
        case matched
        /// Another training is searched for or settled; this one runs in its mode.
        case waiting
        /// Nobody has profiled it; it runs in the mode that was predicted for it, which is being profiled.
        case predicted
        case searching
        case settled
        /// No profiled mode meets the budget.
        case infeasible
        case drifted
        /// It cannot be measured now: no minibatch was seen for long, the clocks are throttled, or no rail can be read.
        case stalled
        /// Its class is `ignore`.
        case ignored

        /// Whether a mode is being profiled for the plan.
        var isSearching: Bool { self == .searching || self == .predicted }
    }
}
