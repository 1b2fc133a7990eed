import Policy
import Synchronization
import Telemetry

/// All that the virtual tree shows, as of the last tick. The loop replaces it; readers get it without touching hardware (S10).
struct PublishedState: Sendable {
    var state = "starting"
    var reason = ""
    var decision = ""
    var features: [Feature] = []
    var power = Power()
    var budget = Budget()
    var requestedMode: PowerMode?
    var effectiveMode: PowerMode?
    var knobs: [Knob] = []
    var rails: [Rail] = []
    var workloads: [WorkloadView] = []
    var tasks: [Task] = []
    var gpu = GPU()
    var energy = Energy()
    var thermalZones: [ThermalZone] = []
    var fans: [Fan] = []
    var gpuMemoryBytes: Int?
    var counters = Counters()

    struct Feature: Sendable, Equatable {
        var name: String
        /// "yes", "no" or "unknown".
        var answer: String
        var reason: String

        init(name: String, answer: String, reason: String) {
            self.name = name
            self.answer = answer
            self.reason = reason
        }

        init(_ name: String, _ answer: FeatureAnswer) {
            self.name = name
            reason = answer.reason ?? ""
            self.answer =
                switch answer {
                case .available: "yes"
                case .unavailable: "no"
                case .unknown: "unknown"
                }
        }
    }

    struct Power: Sendable {
        /// Nil while a rail that the rule needs cannot be read.
        var totalMicrowatts: Int?
        var sampledAt: UInt64 = 0
        /// The rails whose sum is the total.
        var rule: [String] = []
    }

    struct Budget: Sendable {
        var microwatts = 0
        /// Nil while neither the configuration nor a sensor says it.
        var guardMicrowatts: Int?
        var source = "default"
    }

    struct Knob: Sendable {
        var name: String
        var current = "unmeasured"
        var min = "unmeasured"
        var max = "unmeasured"
        var available = ""
        /// "stock", "fulcrum" or "manual".
        var owner = "stock"
        /// What holds the clock below its cap.
        var limiter = "none"
    }

    struct Rail: Sendable {
        var label: String
        var microwatts: Int?
        /// Nil until the first reading.
        var microjoules: UInt64?
        var microvolts: Int?
        var microamps: Int?
        var sampledAt: UInt64 = 0
        var energy = Energy()
    }

    /// Energy since the start and where it went, microjoules. `processes` and `unattributed` add up to `total`.
    struct Energy: Sendable, Equatable {
        var total: UInt64?
        var processes: UInt64?
        var unattributed: UInt64?
        /// Of `processes`, the part of those that have ended.
        var exited: UInt64?
        /// Bound of the error of `total`.
        var error: UInt64?
    }

    struct GPU: Sendable {
        var loadPermille: Int?
        var busyMicroseconds: UInt64?
        /// "on", "gated" or "unmeasured".
        var state = "unmeasured"
    }

    struct ThermalZone: Sendable {
        var name: String
        var millicelsius: Int?
    }

    struct Fan: Sendable {
        var name: String
        var rpm: Int?
        /// 0 to 255.
        var pwm: Int?
    }

    struct WorkloadView: Sendable {
        var name: String
        var workloadClass = ""
        var state = ""
        var reason = ""
        var pids: [Int32] = []
        var mode: PowerMode?
        var throughputMillihertz: Int?
        var arrivals = ArrivalRate()
        var gpuBusyMicroseconds: UInt64?
        var microjoules: UInt64?
        /// Names and values of the flat-keyed `stat`; a nil value reads "unmeasured".
        var stat: [(key: String, value: Int?)] = []
        /// The steps of its searches, one a line.
        var explanation = ""
    }

    struct Task: Sendable {
        var pid: Int32
        var uid: UInt32 = 0
        var startTicks: UInt64 = 0
        /// Where `busyMicroseconds` comes from.
        var source = GPUTimeSource.none
        var busyMicroseconds: UInt64?
        /// Of the latest second.
        var busyPermille: Int?
        /// Nil below the probe level `launches`.
        var launches: UInt64?
        var launchesInFlight: UInt64?
        var minibatches: UInt64?
        var lastMinibatchMicroseconds: Int?
        /// How sure it is that these are minibatches.
        var boundaryConfidencePermille: Int?
        var memoryBytes: Int?
        var totalMicrojoules: UInt64?
        var gpuMicrojoules: UInt64?
        var cpuMicrojoules: UInt64?
        var sharedMicrojoules: UInt64?
        /// Of the latest second.
        var powerMicrowatts: Int?
    }

    /// Since the daemon's start.
    struct Counters: Sendable, Equatable {
        var decisions: UInt64 = 0
        var profiles: UInt64 = 0
        var guardSteps: UInt64 = 0
        /// Nil without probes.
        var probeRecordsLost: UInt64?
        /// Slices that came too late, or whose end was lost. Nil without a source.
        var slicesLost: UInt64?
        var traceReaders = 0
        var rejectedReloads: UInt64 = 0
        /// Energy drawn over the budget, also while profiling.
        var overBudgetMicrojoules: UInt64 = 0
    }
}

/// The published state, shared between the loop and the thread that serves the tree.
final class Publication: Sendable {
    private let state = Mutex(PublishedState())

    func replace(_ new: PublishedState) {
        state.withLock { $0 = new }
    }

    func read<Value: Sendable>(_ view: (PublishedState) -> Value) -> Value {
        state.withLock { view($0) }
    }
}
