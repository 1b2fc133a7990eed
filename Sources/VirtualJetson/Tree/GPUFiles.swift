import SystemPackage
import VirtualFiles

extension BoardTree {
    private var gpuBase: String { "sys/devices/platform/bus@0/\(board.gpuDevice)" }

    /// The GPU's platform device with nvgpu's attributes, and its devfreq device.
    func addGPU() throws(FileTreeError) {
        let device = board.gpuDevice
        let address = device.prefix { $0 != "." }
        let node = "\(board.gpuNode)@\(address)"
        try addText("sys/firmware/devicetree/base/bus@0/\(node)/name", "\(board.gpuNode)\0")
        try addText("sys/firmware/devicetree/base/bus@0/\(node)/compatible", "nvidia,ga10b\0")
        try tree.addLink("\(gpuBase)/of_node", to: "../../../../firmware/devicetree/base/bus@0/\(node)")
        try tree.addLink("\(gpuBase)/devfreq_dev", to: "devfreq/\(device)")
        try tree.addLink("\(gpuBase)/devfreq/\(device)/device", to: "../../../\(device)")
        try tree.addLink("sys/class/devfreq/\(device)", to: "../../devices/platform/bus@0/\(device)/devfreq/\(device)")
        try tree.addLink("sys/devices/platform/\(device)", to: "bus@0/\(device)")
        try tree.addLink("sys/devices/platform/gpu.0", to: "bus@0/\(device)")
        try addDevfreq("\(gpuBase)/devfreq/\(device)")
        try addPowerGating(gpuBase)
    }

    /// devfreq of kernel 5.15: limits are PM QoS requests in kHz, no order of writes is required, and the files read the
    /// effective limits (devfreq.c, min_freq_show, max_freq_store).
    private func addDevfreq(_ base: String) throws(FileTreeError) {
        try addText("\(base)/name", board.gpuDevice)
        try addText("\(base)/available_frequencies", board.gpuHz.map(String.init).joined(separator: " "))
        try addText("\(base)/available_governors", Knobs.gpuGovernors.joined(separator: " "))
        try addKnob("\(base)/min_freq", read: { String($0.gpu.effectiveMinimum) }) {
            (text: String, knobs: inout Knobs) throws(Rejection) in
            let hertz = try KernelNumber.leadingUnsigned(text)
            knobs.gpu.setMinimum(min(hertz / 1000, Int(Int32.max)) * 1000, by: .user)
        }
        try addKnob("\(base)/max_freq", read: { String($0.gpu.effectiveMaximum) }) {
            (text: String, knobs: inout Knobs) throws(Rejection) in
            let hertz = try KernelNumber.leadingUnsigned(text)
            let kiloHertz = hertz / 1000 + (hertz % 1000 == 0 ? 0 : 1)
            // 0 takes the limit away.
            knobs.gpu.setMaximum(hertz == 0 ? nil : min(kiloHertz, Int(Int32.max)) * 1000, by: .user)
        }
        try addChoice("\(base)/governor", among: Knobs.gpuGovernors, read: { $0.gpuGovernor }) { $1.gpuGovernor = $0 }
        try addKnob("\(base)/polling_interval", read: { String($0.gpuPollingMilliseconds) }) {
            (text: String, knobs: inout Knobs) throws(Rejection) in
            knobs.gpuPollingMilliseconds = min(try KernelNumber.leadingUnsigned(text), Int(Int32.max))
        }
        try addKnob(
            "\(base)/userspace/set_freq", read: { $0.gpuUserspaceHz.map(String.init) ?? "undefined" }
        ) { (text: String, knobs: inout Knobs) throws(Rejection) in
            knobs.gpuUserspaceHz = try KernelNumber.leadingUnsigned(text)
        }
        let state = state
        for name in ["cur_freq", "target_freq"] {
            try addValue("\(base)/\(name)") { knobs in
                String(state.readings.gpuRests ? knobs.gpuHz.resting : knobs.gpuHz.working)
            }
        }
    }

    /// nvgpu's own attributes (os/linux/sysfs.c).
    private func addPowerGating(_ base: String) throws(FileTreeError) {
        // The driver reads 0 while the GPU is off; nothing else moves the counter then either.
        try addReading("\(base)/load") { $0.gpuIsGated ? 0 : $0.gpuLoadPermille }
        try addReading("\(base)/is_railgated") { $0.gpuIsGated ? 1 : 0 }
        try addReading("\(base)/gpu_powered_on") { $0.gpuIsGated ? 0 : 1 }
        try addReading("\(base)/golden_img_status") { $0.totals.contextsOpened > 0 ? 1 : 0 }
        try addText("\(base)/railgate_delay", "500")
        try addText("\(base)/tsg_timeslice_min_us", "1000")
        try addText("\(base)/tsg_timeslice_max_us", "50000")
        try addChoice(
            "\(base)/railgate_enable", among: ["0", "1"], read: { $0.gpuRailgateEnabled ? "1" : "0" }
        ) { $1.gpuRailgateEnabled = $0 == "1" }
        try addChoice("\(base)/power/control", among: ["auto", "on"], read: { $0.gpuPowerControl }) {
            $1.gpuPowerControl = $0
        }
        let state = state
        try tree.add(
            "\(base)/power/runtime_status", .readOnly { state.readings.gpuIsGated ? "suspended" : "active" })
        try addKnob("\(base)/tpc_pg_mask", read: { String($0.tpcMask) }) {
            (text: String, knobs: inout Knobs) throws(Rejection) in
            let mask = try KernelNumber.whole(text)
            guard mask != knobs.tpcMask else { return }
            guard state.readings.totals.contextsOpened == 0 else {
                throw Rejection(
                    "the GPU has been used since boot (golden context): the mask needs a reboot", errno: .resourceBusy)
            }
            guard mask <= 0xff else { throw Rejection("expected a mask of 8 bits") }
            knobs.tpcMask = mask
        }
    }
}
