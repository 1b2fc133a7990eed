import SystemPackage
import VirtualFiles

extension BoardTree {
    /// The INA3221s as drivers/hwmon/ina3221.c of kernel 5.15 shows them.
    func addPowerMonitors() throws(FileTreeError) {
        for (index, chip) in board.chips.enumerated() {
            let adapter = "sys/devices/platform/bus@0/\(board.i2cAdapter)"
            let bus = chip.device.prefix { $0 != "-" }
            let device = "\(adapter)/i2c-\(bus)/\(chip.device)"
            let hwmon = "\(device)/hwmon/hwmon\(chip.hwmon)"
            let up = "../../devices/platform/bus@0/\(board.i2cAdapter)/i2c-\(bus)/\(chip.device)"
            try tree.addLink("sys/bus/i2c/devices/\(chip.device)", to: "../" + up)
            try tree.addLink("sys/class/hwmon/hwmon\(chip.hwmon)", to: "\(up)/hwmon/hwmon\(chip.hwmon)")
            try addText("\(device)/name", "ina3221")
            try addText("\(hwmon)/name", "ina3221")
            try tree.addLink("\(hwmon)/device", to: "../../../\(chip.device)")
            for (channel, rail) in chip.channels.enumerated() {
                try addChannel(hwmon, chip: index, channel: channel, rail: rail)
            }
            try addSum(hwmon, chip: index)
            try addSampling(hwmon, chip: index)
        }
    }

    private func addChannel(_ hwmon: String, chip: Int, channel: Int, rail: SupplyRail?) throws(FileTreeError) {
        let number = channel + 1
        let state = state
        try addText("\(hwmon)/in\(number)_enable", rail == nil ? "0" : "1")
        guard let rail else {
            // A disabled channel has no label, and its inputs answer ENODATA.
            for name in ["in\(number)_input", "in\(number + 3)_input", "curr\(number)_input"] {
                try tree.add("\(hwmon)/\(name)", .readOnly { () throws(Errno) -> String in throw .noData })
            }
            return
        }
        let shunt = rail.shuntMicroohms
        let registers: @Sendable () -> PowerMonitor.Registers = { state.readings.registers[chip][channel] }
        try addText("\(hwmon)/in\(number)_label", rail.label)
        try tree.add("\(hwmon)/in\(number)_input", .readOnly { String(registers().busMillivolts) })
        try tree.add("\(hwmon)/in\(number + 3)_input", .readOnly { String(registers().shuntMicrovolts) })
        let current: @Sendable () -> Int = { registers().milliamperes(shuntMicroohms: shunt) }
        try tree.add("\(hwmon)/curr\(number)_input", .readOnly { String(current()) })
        try addText("\(hwmon)/shunt\(number)_resistor", String(shunt), mode: 0o644)
        for limit in ["crit", "max"] {
            let key = LimitKey(chip: chip, channel: channel, name: limit)
            try addLimit("\(hwmon)/curr\(number)_\(limit)", key, shunt, current)
        }
    }

    /// A limit register and its alarm. The register holds 13 bits of 40 uV; reset leaves it at its top.
    private func addLimit(
        _ path: String, _ key: LimitKey, _ shunt: Int, _ current: @escaping @Sendable () -> Int
    ) throws(FileTreeError) {
        let top = 163_800 * 1000 / shunt
        try addKnob(path, read: { String($0.currentLimits[key] ?? top) }) {
            (text: String, knobs: inout Knobs) throws(Rejection) in
            let milliamperes = min(try KernelNumber.whole(text), top)
            knobs.currentLimits[key] = milliamperes * shunt / 1000 / 40 * 40 * 1000 / shunt
        }
        try addValue("\(path)_alarm") { knobs in current() > knobs.currentLimits[key] ?? top ? "1" : "0" }
    }

    private func addSum(_ hwmon: String, chip: Int) throws(FileTreeError) {
        let rails = board.chips[chip].channels
        let shunts = Set(rails.compactMap { $0?.shuntMicroohms })
        try addText("\(hwmon)/in7_label", "sum of shunt voltages")
        try addReading("\(hwmon)/in7_input") { readings in
            readings.registers[chip].reduce(0) { $0 + $1.shuntMicrovolts }
        }
        // The driver sums currents only where all shunts are alike.
        guard shunts.count == 1, let shunt = shunts.first else { return }
        let state = state
        let current: @Sendable () -> Int = {
            state.readings.registers[chip].reduce(0) { $0 + $1.milliamperes(shuntMicroohms: shunt) }
        }
        try tree.add("\(hwmon)/curr4_input", .readOnly { String(current()) })
        try addLimit("\(hwmon)/curr4_crit", LimitKey(chip: chip, channel: rails.count, name: "crit"), shunt, current)
    }

    private func addSampling(_ hwmon: String, chip: Int) throws(FileTreeError) {
        let state = state
        try tree.add(
            "\(hwmon)/samples",
            .readWrite(
                read: { String(state.readings.samples[chip]) },
                write: { (text: String, _: Caller) throws(Rejection) -> Void in
                    let wanted = try KernelNumber.whole(text)
                    // As find_closest() does.
                    let closest = PowerMonitor.sampleCounts.min { abs($0 - wanted) < abs($1 - wanted) }
                    if let closest { state.engine.setSamples(closest, monitor: chip) }
                }))
        // Leaves the samples out, as this kernel does (ina3221_reg_to_interval_us).
        try addText("\(hwmon)/update_interval", "1", mode: 0o444)
    }
}
