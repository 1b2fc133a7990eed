import SystemPackage
import VirtualFiles

extension BoardTree {
    /// CPU hotplug and cpufreq, as kernel 5.15 has them.
    func addCPUs() throws(FileTreeError) {
        let base = "sys/devices/system/cpu"
        let cores = board.cores
        try addText("\(base)/present", KernelNumber.list(Array(0..<cores)))
        try addText("\(base)/possible", KernelNumber.list(Array(0..<cores)))
        try addText("\(base)/kernel_max", String(cores - 1))
        try addValue("\(base)/online") { knobs in
            KernelNumber.list(knobs.isOnline.indices.filter { knobs.isOnline[$0] })
        }
        try addValue("\(base)/offline") { knobs in
            KernelNumber.list(knobs.isOnline.indices.filter { !knobs.isOnline[$0] })
        }
        for cpu in 0..<cores {
            let policy = cpu / board.coresPerCluster * board.coresPerCluster
            try tree.addLink("\(base)/cpu\(cpu)/cpufreq", to: "../cpufreq/policy\(policy)")
            try addHotplug("\(base)/cpu\(cpu)/online", cpu: cpu)
        }
        for index in state.read({ Array($0.policies.indices) }) {
            try addPolicy("\(base)/cpufreq/policy\(index * board.coresPerCluster)", index: index)
        }
    }

    private func addHotplug(_ path: String, cpu: Int) throws(FileTreeError) {
        try addKnob(path, read: { $0.isOnline[cpu] ? "1" : "0" }) {
            (text: String, knobs: inout Knobs) throws(Rejection) in
            guard ["0", "1"].contains(text) else { throw Rejection("expected 0 or 1, got \"\(text.prefix(40))\"") }
            guard text == "1" || cpu != 0 else {
                throw Rejection("cpu0 stays online: it serves interrupts and the BPMP", errno: .resourceBusy)
            }
            knobs.isOnline[cpu] = text == "1"
        }
    }

    /// The attributes of one policy. With all its CPUs offline the directory stays, as in 5.15: limits read as before, no
    /// CPU is affected, the clock is unknown, and every write is EINVAL (cpufreq.c, store()).
    private func addPolicy(_ base: String, index: Int) throws(FileTreeError) {
        try addValue("\(base)/related_cpus") { knobs in
            knobs.policies[index].cpus.map(String.init).joined(separator: " ")
        }
        try addValue("\(base)/affected_cpus") { knobs in
            knobs.onlineCPUs(knobs.policies[index]).map(String.init).joined(separator: " ")
        }
        try addText(
            "\(base)/scaling_available_frequencies", board.cpuKHz.map(String.init).joined(separator: " ") + " ")
        try addText("\(base)/scaling_available_governors", Knobs.cpuGovernors.joined(separator: " ") + " ")
        try addText("\(base)/scaling_driver", "tegra194")
        try addText("\(base)/cpuinfo_min_freq", String(board.cpuKHz.first ?? 0))
        try addText("\(base)/cpuinfo_max_freq", String(board.cpuKHz.last ?? 0))
        try addText("\(base)/cpuinfo_transition_latency", "300000")
        try addPolicyLimits(base, index: index)
        let state = state
        let currentKHz: @Sendable (borrowing Knobs) -> String = { knobs in
            let clock = knobs.cpuKHz(knobs.policies[index])
            return String(state.readings.cpuIsBusy ? clock.working : clock.resting)
        }
        try addValue("\(base)/scaling_cur_freq", currentKHz)
        try addValue("\(base)/cpuinfo_cur_freq", mode: 0o400) { knobs in
            knobs.onlineCPUs(knobs.policies[index]).isEmpty ? "<unknown>" : currentKHz(knobs)
        }
    }

    private func addPolicyLimits(_ base: String, index: Int) throws(FileTreeError) {
        try addKnob("\(base)/scaling_min_freq", read: { String($0.policies[index].limits.effectiveMinimum) }) {
            (text: String, knobs: inout Knobs) throws(Rejection) in
            let kiloHertz = try Self.request(text, policy: index, knobs)
            knobs.policies[index].limits.setMinimum(kiloHertz, by: .user)
        }
        try addKnob("\(base)/scaling_max_freq", read: { String($0.policies[index].limits.effectiveMaximum) }) {
            (text: String, knobs: inout Knobs) throws(Rejection) in
            let kiloHertz = try Self.request(text, policy: index, knobs)
            knobs.policies[index].limits.setMaximum(kiloHertz, by: .user)
        }
        try addKnob("\(base)/scaling_governor", read: { $0.policies[index].governor }) {
            (text: String, knobs: inout Knobs) throws(Rejection) in
            try Self.requireOnline(policy: index, knobs)
            guard Knobs.cpuGovernors.contains(text) else {
                throw Rejection("expected one of \(Knobs.cpuGovernors.joined(separator: ", "))")
            }
            knobs.policies[index].governor = text
        }
    }

    /// The number of a frequency QoS request: an s32 that is not negative.
    private static func request(_ text: String, policy: Int, _ knobs: borrowing Knobs) throws(Rejection) -> Int {
        try requireOnline(policy: policy, knobs)
        let value = try KernelNumber.leadingUnsigned(text)
        guard value <= Int(Int32.max) else { throw Rejection("\(value) kHz does not fit the kernel's 32 bits") }
        return value
    }

    private static func requireOnline(policy: Int, _ knobs: borrowing Knobs) throws(Rejection) {
        guard !knobs.onlineCPUs(knobs.policies[policy]).isEmpty else {
            throw Rejection("all CPUs of this policy are offline")
        }
    }
}
