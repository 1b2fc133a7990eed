import SystemCalls

/// The virtual board's own files, read without the governor, so that the closing table does not rest on its word.
package struct VirtualBoardFiles {
    package let root: String

    /// Watts on the input shunts of the AGX Orin's sensor at 0x40: the module's power. Nil while a channel cannot be read.
    package func watts() -> Double? {
        let device = root + "/sys/bus/i2c/devices/1-0040/hwmon"
        guard let name = try? Directory.names(device).first else { return nil }
        var microwatts = 0
        for channel in 1...3 {
            guard let millivolts = number("\(device)/\(name)/in\(channel)_input"),
                let milliamps = number("\(device)/\(name)/curr\(channel)_input")
            else { return nil }
            microwatts += millivolts * milliamps
        }
        return Double(microwatts) / 1e6
    }

    /// Every cap of the board, as "path value" lines: what must be the same before and after the governor.
    package func knobs() -> [String] {
        knobPaths.map { "\($0) \((try? SmallFile.text(root + $0)) ?? "unreadable")" }
    }

    /// Values that lift every cap, in an order in which the kernel takes them: nvpmodel's MAXN, less the TPC mask.
    func maximum() -> [(path: String, text: String)] {
        var values = [(path: String, text: String)]()
        for cpu in 1..<12 { values.append((root + "/sys/devices/system/cpu/cpu\(cpu)/online", "1")) }
        for policy in [0, 4, 8] {
            values.append((root + "/sys/devices/system/cpu/cpufreq/policy\(policy)/scaling_max_freq", "2201600"))
        }
        values.append((root + gpu + "/max_freq", "1300500000"))
        values.append((root + emc, "3199000000"))
        return values
    }

    /// The mode by the caps, in MHz, for people.
    func mode() -> String {
        let cores = (0..<12).filter { cpu in
            cpu == 0 || number(root + "/sys/devices/system/cpu/cpu\(cpu)/online") == 1
        }.count
        let cpu = number(root + "/sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq") ?? 0
        let gpuHz = number(root + gpu + "/max_freq") ?? 0
        let emcHz = number(root + emc) ?? 0
        return "\(cores) \(cpu / 1000) \(gpuHz / 1_000_000) \(emcHz / 1_000_000)"
    }

    private var gpu: String { "/sys/class/devfreq/17000000.gpu" }
    private var emc: String { "/sys/kernel/nvpmodel_clk_cap/emc" }

    private var knobPaths: [String] {
        (1..<12).map { "/sys/devices/system/cpu/cpu\($0)/online" }
            + [0, 4, 8].flatMap { policy in
                ["min", "max"].map { "/sys/devices/system/cpu/cpufreq/policy\(policy)/scaling_\($0)_freq" }
            }
            + [gpu + "/min_freq", gpu + "/max_freq", emc]
    }

    private func number(_ path: String) -> Int? {
        (try? SmallFile.text(path, limit: 64)).flatMap { Int($0) }
    }
}
