/// The state as Prometheus text, version 0.0.4, for node_exporter's textfile collector. What is not measured is left out.
enum Metrics {
    static func text(_ state: PublishedState) -> String {
        var lines = [String]()
        func family(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String)]) {
            guard !samples.isEmpty else { return }
            lines.append("# HELP \(name) \(help)")
            lines.append("# TYPE \(name) \(type)")
            for sample in samples { lines.append("\(name)\(sample.labels) \(sample.value)") }
        }
        family(
            "fulcrum_power_watts", "gauge", "Power of the module: the sum of the rails in power/rule.",
            state.power.totalMicrowatts.map { [("", decimal($0, scale: 6))] } ?? [])
        family(
            "fulcrum_budget_watts", "gauge", "Power budget in force.",
            [("", decimal(state.budget.microwatts, scale: 6))])
        family(
            "fulcrum_rail_power_watts", "gauge", "Power of one rail.",
            state.rails.compactMap { rail in
                rail.microwatts.map { ("{rail=\"\(escaped(rail.label))\"}", decimal($0, scale: 6)) }
            })
        family(
            "fulcrum_rail_energy_joules_total", "counter", "Energy of one rail since the daemon's start.",
            state.rails.compactMap { rail in
                rail.microjoules.map { ("{rail=\"\(escaped(rail.label))\"}", decimal(Int(clamping: $0), scale: 6)) }
            })
        let joules: (UInt64?) -> String? = { $0.map { decimal(Int(clamping: $0), scale: 6) } }
        for (name, help, value) in [
            (
                "processes", "Part of a rail's energy that was attributed to processes.",
                \PublishedState.Energy.processes
            ),
            ("unattributed", "Part of a rail's energy that was not.", \PublishedState.Energy.unattributed),
        ] {
            family(
                "fulcrum_rail_energy_\(name)_joules_total", "counter", help,
                state.rails.compactMap { rail in
                    joules(rail.energy[keyPath: value]).map { ("{rail=\"\(escaped(rail.label))\"}", $0) }
                })
        }
        family(
            "fulcrum_gpu_busy_seconds_total", "counter", "Time that the GPU worked since the daemon's start.",
            joules(state.gpu.busyMicroseconds).map { [("", $0)] } ?? [])
        family(
            "fulcrum_gpu_load_ratio", "gauge", "Load of the GPU as its driver says, 0 to 1.",
            state.gpu.loadPermille.map { [("", decimal($0, scale: 3))] } ?? [])
        family(
            "fulcrum_gpu_memory_bytes", "gauge", "Memory that GPU clients hold.",
            state.gpuMemoryBytes.map { [("", "\($0)")] } ?? [])
        family(
            "fulcrum_temperature_celsius", "gauge", "Temperature of a thermal zone.",
            state.thermalZones.compactMap { zone in
                zone.millicelsius.map { ("{zone=\"\(escaped(zone.name))\"}", decimal($0, scale: 3)) }
            })
        family(
            "fulcrum_fan_rpm", "gauge", "Speed of a fan.",
            state.fans.compactMap { fan in fan.rpm.map { ("{fan=\"\(escaped(fan.name))\"}", "\($0)") } })
        family(
            "fulcrum_decisions_total", "counter", "Decisions taken since the daemon's start.",
            [("", "\(state.counters.decisions)")])
        family(
            "fulcrum_profiles_total", "counter", "Modes profiled since the daemon's start.",
            [("", "\(state.counters.profiles)")])
        family(
            "fulcrum_guard_steps_total", "counter", "Steps of the power guard since the daemon's start.",
            [("", "\(state.counters.guardSteps)")])
        family(
            "fulcrum_over_budget_joules_total", "counter", "Energy drawn over the budget since the daemon's start.",
            [("", decimal(Int(clamping: state.counters.overBudgetMicrojoules), scale: 6))])
        family(
            "fulcrum_probe_records_lost_total", "counter", "Probe records lost to a full ring.",
            state.counters.probeRecordsLost.map { [("", "\($0)")] } ?? [])
        family(
            "fulcrum_workload_throughput_hertz", "gauge", "Minibatches per second of a workload.",
            state.workloads.compactMap { workload in
                workload.throughputMillihertz.map {
                    ("{workload=\"\(escaped(workload.name))\"}", decimal($0, scale: 3))
                }
            })
        func perWorkload(_ name: String, _ help: String, _ value: (PublishedState.WorkloadView) -> UInt64?) {
            family(
                name, "counter", help,
                state.workloads.compactMap { workload in
                    joules(value(workload)).map { ("{workload=\"\(escaped(workload.name))\"}", $0) }
                })
        }
        perWorkload("fulcrum_workload_gpu_busy_seconds_total", "GPU time of a workload.") { $0.gpuBusyMicroseconds }
        perWorkload("fulcrum_workload_energy_joules_total", "Energy attributed to a workload.") { $0.microjoules }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `value` / 10^`scale` as a decimal, exact and independent of any locale.
    static func decimal(_ value: Int, scale: Int) -> String {
        let digits = String(value.magnitude)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return (value < 0 ? "-" : "") + padded.dropLast(scale) + "." + padded.suffix(scale)
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result
    }
}
