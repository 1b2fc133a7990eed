/// The GPU's clock: a devfreq device, and the runtime power switch of the device that it scales.
struct GPUKnob: Sendable {
    static let name = "gpu"

    let minimum: KnobAttribute
    let maximum: KnobAttribute
    let currentPath: String
    /// `auto` or `on`. While it is `on` the GPU is not gated, so that a written cap reaches it. Nil where absent.
    let powerControl: KnobAttribute?
    /// Directory of the device that the devfreq device scales; nvgpu's own attributes are in it.
    let devicePath: String
    /// Hz, ascending.
    let availableHz: [Int]

    /// Finds the GPU by its device tree node, as its devfreq name changes with the release. Throws the reason why there
    /// is none (`unreadable`).
    init(root: String, files: any KnobFiles) throws(BoardError) {
        let devices = "\(root)/sys/class/devfreq"
        let names = (try? files.names(in: devices)) ?? []
        let found = names.first { name in
            (try? files.read("\(devices)/\(name)/device/of_node/name")).map(Self.isGPU) ?? false
        }
        guard let found else {
            throw BoardError(
                .unreadable,
                """
                No device under \(devices) has the device tree name of a GPU (found: \
                \(names.isEmpty ? "none" : names.joined(separator: ", "))). The nvgpu driver is not loaded yet, or failed: \
                see dmesg. The GPU is left alone until it appears.
                """)
        }
        let path = "\(devices)/\(found)"
        availableHz = try files.operatingPoints("\(path)/available_frequencies")
        minimum = KnobAttribute(knob: Self.name, role: .min, path: "\(path)/min_freq")
        maximum = KnobAttribute(knob: Self.name, role: .max, path: "\(path)/max_freq")
        currentPath = "\(path)/cur_freq"
        guard files.exists(maximum.path) else { throw BoardError(.unreadable, "\(maximum.path) does not exist.") }
        devicePath = "\(path)/device"
        let control = "\(devicePath)/power/control"
        powerControl =
            files.exists(control) ? KnobAttribute(knob: Self.name, role: .control, path: control) : nil
    }

    /// The names that nvgpu's device tree nodes have had: chips gv11b (Xavier), gp10b (TX2), ga10b (Orin), gb10b (Thor).
    static func isGPU(_ node: String) -> Bool {
        if ["gv11b", "gp10b", "ga10b", "gb10b"].contains(node) { return true }
        let bytes = Array(node.utf8)
        let word = Array("gpu".utf8)
        guard bytes.count >= word.count else { return false }
        return (0...(bytes.count - word.count)).contains { Array(bytes[$0..<($0 + word.count)]) == word }
    }
}
