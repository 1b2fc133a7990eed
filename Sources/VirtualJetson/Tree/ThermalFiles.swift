import SystemPackage
import VirtualFiles

extension BoardTree {
    /// Thermal zones, and cooling devices whose `cur_state` caps clocks as the thermal framework would.
    func addThermal() throws(FileTreeError) {
        for (index, zone) in board.thermalZones.enumerated() {
            let path = "sys/devices/virtual/thermal/thermal_zone\(index)"
            try tree.addLink(
                "sys/class/thermal/thermal_zone\(index)", to: "../../devices/virtual/thermal/thermal_zone\(index)")
            try addText("\(path)/type", zone.type)
            try addText("\(path)/mode", "enabled")
            try addText("\(path)/trip_point_0_type", "passive")
            try addText("\(path)/trip_point_0_temp", "99000")
            try addText("\(path)/trip_point_1_type", "critical")
            try addText("\(path)/trip_point_1_temp", "104500")
            let domain = zone.domain
            try addReading("\(path)/temp") { readings in
                switch domain {
                case .gpu: readings.gpuMillicelsius
                case .cpu: readings.cpuMillicelsius
                case .soc: readings.socMillicelsius
                case .hottest:
                    max(readings.gpuMillicelsius, readings.cpuMillicelsius, readings.socMillicelsius)
                }
            }
        }
        let policies = state.read { $0.policies.count }
        for index in 0..<policies {
            try addCoolingDevice(index, type: "cpufreq-cpu\(index * board.coresPerCluster)", table: board.cpuKHz) {
                $1.policies[index].limits.setMaximum($0, by: .thermal)
            }
        }
        try addCoolingDevice(policies, type: "devfreq-\(board.gpuDevice)", table: board.gpuHz) {
            $1.gpu.setMaximum($0, by: .thermal)
        }
    }

    /// State n forbids the n highest operating points.
    private func addCoolingDevice(
        _ index: Int, type: String, table: [Int], cap: @escaping @Sendable (Int?, inout Knobs) -> Void
    ) throws(FileTreeError) {
        let path = "sys/devices/virtual/thermal/cooling_device\(index)"
        try tree.addLink(
            "sys/class/thermal/cooling_device\(index)", to: "../../devices/virtual/thermal/cooling_device\(index)")
        try addText("\(path)/type", type)
        try addText("\(path)/max_state", String(table.count - 1))
        try addKnob("\(path)/cur_state", read: { String($0.coolingStates[index] ?? 0) }) {
            (text: String, knobs: inout Knobs) throws(Rejection) in
            let level = try KernelNumber.whole(text)
            guard level < table.count else { throw Rejection("expected a state from 0 to \(table.count - 1)") }
            knobs.coolingStates[index] = level
            cap(level == 0 ? nil : table[table.count - 1 - level], &knobs)
        }
    }

    /// The over-current counters (tegra234-oc-event.c). The model raises none by itself: `virtual/ocN_events` does.
    func addOverCurrent() throws(FileTreeError) {
        let path = "sys/devices/platform/soctherm-oc-event/hwmon/hwmon1"
        try tree.addLink("sys/class/hwmon/hwmon1", to: "../../devices/platform/soctherm-oc-event/hwmon/hwmon1")
        try addText("\(path)/name", "soctherm_oc")
        for index in 0..<3 {
            try addValue("\(path)/oc\(index + 1)_event_cnt") { String($0.overCurrentEvents[index]) }
            try addText("\(path)/oc\(index + 1)_throt_en", "1")
        }
    }
}
