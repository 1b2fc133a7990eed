import Policy
import Telemetry

/// One process that uses the GPU, and what the governor knows and wants of it.
struct Workload {
    /// Unique name in the tree.
    let name: String
    /// Under which its observations are kept: a workload that returns is not profiled again.
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
    /// Since when minibatches belong to the settled mode, CLOCK_MONOTONIC ns.
    var settledAt: UInt64 = 0
    /// Power samples of the settled mode that have not refined its observation yet, watts.
    var settledWatts: [Double] = []
    var minibatches: UInt64 = 0
    var lastBoundary: UInt64 = 0
    /// Median of the latest minibatches in the mode in force, milliseconds.
    var recentMilliseconds: Double?
    var profilesMade: UInt64 = 0
    /// Energy over the budget while this workload was searched for, microjoules.
    var searchOverBudgetMicrojoules: UInt64 = 0
    /// Consecutive drifted checks.
    var driftedChecks = 0

    enum State: String {
        case arrived
        case matched
        /// Another training is searched for or settled; this one runs in its mode.
        case waiting
        case searching
        case settled
        /// No profiled mode meets the budget.
        case infeasible
        case drifted
        /// No minibatch was seen for long while one was to be measured.
        case stalled
        /// Its class is `ignore`.
        case ignored
    }
}
