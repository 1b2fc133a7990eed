import Policy

/// One limit register of a power monitor.
struct LimitKey: Hashable, Sendable {
    var chip: Int
    var channel: Int
    var name: String
}

/// Everything that can be set on the board.
struct Knobs: Sendable {
    static let cpuGovernors = ["ondemand", "powersave", "performance", "schedutil"]
    static let gpuGovernors = ["userspace", "performance", "simple_ondemand", "nvhost_podgov"]

    struct CPUPolicy: Sendable {
        let cpus: Range<Int>
        var limits: FrequencyLimits
        var governor = "performance"
    }

    var isOnline: [Bool]
    var policies: [CPUPolicy]
    var gpu: FrequencyLimits
    var gpuGovernor = "nvhost_podgov"
    var gpuUserspaceHz: Int?
    var gpuPollingMilliseconds = 25
    var gpuPowerControl = "auto"
    var gpuRailgateEnabled = true
    var tpcMask = 0
    var emcHz: Int
    let emcTable: [Int]
    var overCurrentEvents = [0, 0, 0]
    /// Limits of the power monitors, mA, where somebody set one.
    var currentLimits: [LimitKey: Int] = [:]
    /// Duty of the fan, 0 to 255: what nvfancontrol's quiet profile has at idle.
    var fanPWM = 66
    /// Speed at full duty, an assumption.
    static let fanRPM = 5000
    /// States of the cooling devices, where not 0.
    var coolingStates: [Int: Int] = [:]

    init(_ board: BoardDescription, preset: BoardDescription.Preset) {
        isOnline = (0..<board.cores).map { $0 < preset.cores }
        policies = stride(from: 0, to: board.cores, by: board.coresPerCluster).map {
            CPUPolicy(
                cpus: $0..<min($0 + board.coresPerCluster, board.cores),
                limits: FrequencyLimits(table: board.cpuKHz, liftsMaximum: true))
        }
        gpu = FrequencyLimits(table: board.gpuHz, liftsMaximum: false)
        emcTable = board.emcHz
        emcHz = board.emcHz.last ?? 0
        for index in policies.indices where isOnline[policies[index].cpus.lowerBound] {
            policies[index].limits.setMinimum(preset.cpuMinimumKHz, by: .user)
            policies[index].limits.setMaximum(preset.cpuMaximumKHz, by: .user)
        }
        gpu.setMaximum(preset.gpuMaximumHz, by: .user)
        if let cap = preset.emcMaximumHz { setEMCCap(cap) }
    }

    /// The highest step that is not above `hertz`, or the lowest step (nvpmodel-clk-cap.c: clk_round_rate).
    mutating func setEMCCap(_ hertz: Int) {
        emcHz = emcTable.last { $0 <= hertz } ?? emcTable.first ?? 0
    }

    func onlineCPUs(_ policy: CPUPolicy) -> [Int] { policy.cpus.filter { isOnline[$0] } }

    /// The clock of a policy at work and without, kHz.
    func cpuKHz(_ policy: CPUPolicy) -> (working: Int, resting: Int) {
        switch policy.governor {
        case "performance": (policy.limits.highestAllowed, policy.limits.highestAllowed)
        case "powersave": (policy.limits.lowestAllowed, policy.limits.lowestAllowed)
        default: (policy.limits.highestAllowed, policy.limits.lowestAllowed)
        }
    }

    /// The GPU's clock at work and without, Hz.
    var gpuHz: (working: Int, resting: Int) {
        let highest = gpu.highestAllowed
        switch gpuGovernor {
        case "performance": return (highest, highest)
        case "userspace":
            let wanted = min(max(gpuUserspaceHz ?? highest, gpu.lowestAllowed), highest)
            let point = gpu.table.last { $0 <= wanted } ?? gpu.lowest
            return (point, point)
        default: return (highest, gpu.lowestAllowed)
        }
    }

    /// What the engine is to run at. Work has the clocks that its governor gives under full load, at once; where clusters
    /// differ, it has their mean over the active cores.
    var clocks: Clocks {
        var cores = 0
        var working = 0
        var resting = 0
        for policy in policies {
            let count = onlineCPUs(policy).count
            let clock = cpuKHz(policy)
            cores += count
            working += count * clock.working
            resting += count * clock.resting
        }
        return Clocks(
            working: PowerMode(
                cores: cores, cpuKHz: working / max(cores, 1), gpuHz: gpuHz.working, emcHz: emcHz),
            restingCPUKHz: resting / max(cores, 1), restingGPUHz: gpuHz.resting,
            gpuMayGate: gpuPowerControl == "auto" && gpuRailgateEnabled)
    }
}
