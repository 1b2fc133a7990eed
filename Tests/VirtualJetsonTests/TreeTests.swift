import Glibc
import SystemCalls
import SystemPackage
import Testing
import VirtualJetson

private let cpu = "sys/devices/system/cpu"
private let gpu = "sys/class/devfreq/17000000.gpu"
private let nvgpu = "sys/devices/platform/gpu.0"
private let emc = "sys/kernel/nvpmodel_clk_cap/emc"
private let monitor = "sys/bus/i2c/devices/1-0040/hwmon/hwmon3"

@Suite("Mounted tree", .enabled(if: MountedBoard.canMount, "\(MountedBoard.reason)"))
struct TreeTests {
    @Test("The board says who it is")
    func identity() throws {
        let board = try MountedBoard()
        #expect(try board.read("proc/device-tree/model") == "NVIDIA Jetson AGX Orin Developer Kit")
        let compatible = try SmallFile.bytes(board.board.root + "/sys/firmware/devicetree/base/compatible")
        #expect(compatible == Array("nvidia,p3737-0000+p3701-0005\0nvidia,tegra234\0".utf8))
        #expect(try board.read("etc/nv_tegra_release").hasPrefix("# R36 (release), REVISION: 4."))
        #expect(try board.read("\(gpu)/device/of_node/name") == "gpu")
        #expect(try board.read("\(nvgpu)/devfreq_dev/available_frequencies").split(separator: " ").count == 11)
    }

    @Test("30 W: eight cores, and the caps of that mode")
    func defaultPreset() throws {
        let board = try MountedBoard()
        #expect(try board.read("\(cpu)/online") == "0-7")
        #expect(try board.read("\(cpu)/cpu8/online") == "0")
        #expect(try board.read("\(cpu)/cpufreq/policy0/scaling_min_freq") == "729600")
        #expect(try board.read("\(cpu)/cpufreq/policy4/scaling_max_freq") == "1728000")
        #expect(try board.read("\(cpu)/cpu5/cpufreq/related_cpus") == "4 5 6 7")
        #expect(try board.read("\(gpu)/max_freq") == "612000000")
        #expect(try board.read(emc) == "3199000000")
    }

    @Test("cpufreq: values clamp silently, bad text is EINVAL")
    func cpufreq() throws {
        let board = try MountedBoard(preset: "maxn")
        let policy = "\(cpu)/cpufreq/policy4"
        try board.write("99999999", "\(policy)/scaling_max_freq")
        #expect(try board.read("\(policy)/scaling_max_freq") == "2201600")
        try board.write("1", "\(policy)/scaling_max_freq")
        #expect(try board.read("\(policy)/scaling_max_freq") == "115200")
        try board.write("1500000", "\(policy)/scaling_max_freq")
        // Limits read back unrounded; the clock is an operating point.
        #expect(try board.read("\(policy)/scaling_max_freq") == "1500000")
        #expect(try board.read("\(policy)/scaling_cur_freq") == "1497600")
        try board.write("2000000", "\(policy)/scaling_min_freq")
        #expect(try board.read("\(policy)/scaling_min_freq") == "1500000")
        for text in ["fast", "-1", " ", "9999999999"] {
            #expect(try board.errno(writing: text, "\(policy)/scaling_max_freq") == .invalidArgument, "\(text)")
        }
        #expect(try board.errno(writing: "turbo", "\(policy)/scaling_governor") == .invalidArgument)
    }

    @Test("Hotplug: cpu0 stays; a policy without online CPUs refuses writes and comes back as it was")
    func hotplug() throws {
        let board = try MountedBoard()
        #expect(try board.errno(writing: "0", "\(cpu)/cpu0/online") == .resourceBusy)
        #expect(try board.errno(writing: "2", "\(cpu)/cpu9/online") == .invalidArgument)
        let limit = "\(cpu)/cpufreq/policy8/scaling_max_freq"
        #expect(try board.read("\(cpu)/cpufreq/policy8/affected_cpus") == "")
        #expect(try board.errno(writing: "729600", limit) == .invalidArgument)
        #expect(try board.read(limit) == "2201600")
        try board.write("1", "\(cpu)/cpu9/online")
        #expect(try board.read("\(cpu)/online") == "0-7,9")
        #expect(try board.read("\(cpu)/cpufreq/policy8/affected_cpus") == "9")
        try board.write("729600", limit)
        #expect(try board.read(limit) == "729600")
    }

    @Test("devfreq: 0 takes a limit away, the files read the effective value, thermal caps show in them")
    func devfreq() throws {
        let board = try MountedBoard(preset: "maxn")
        try board.write("500000000", "\(gpu)/max_freq")
        #expect(try board.read("\(gpu)/max_freq") == "500000000")
        try board.write("0", "\(gpu)/max_freq")
        #expect(try board.read("\(gpu)/max_freq") == "1300500000")
        try board.write("0", "\(gpu)/min_freq")
        #expect(try board.read("\(gpu)/min_freq") == "306000000")
        #expect(try board.errno(writing: "much", "\(gpu)/max_freq") == .invalidArgument)
        // The GPU's cooling device, four points down.
        let cooling = "sys/class/thermal/cooling_device3"
        #expect(try board.read("\(cooling)/type") == "devfreq-17000000.gpu")
        try board.write("4", "\(cooling)/cur_state")
        try board.write("1122000000", "\(gpu)/max_freq")
        #expect(try board.read("\(gpu)/max_freq") == "918000000")
        try board.write("0", "\(cooling)/cur_state")
        #expect(try board.read("\(gpu)/max_freq") == "1122000000")
        #expect(try board.errno(writing: "11", "\(cooling)/cur_state") == .invalidArgument)
    }

    @Test("The memory cap rounds down to a step and reads back rounded")
    func memory() throws {
        let board = try MountedBoard()
        for (written, read) in [
            ("2500000000", "2133000000"), ("2133000000", "2133000000"), ("1", "204000000"),
            ("9223372036854775807", "3199000000"),
        ] {
            try board.write(written, emc)
            #expect(try board.read(emc) == read)
        }
        #expect(try board.errno(writing: "-1", emc) == .invalidArgument)
        #expect(try board.errno(writing: "slow", emc) == .invalidArgument)
    }

    @Test("The TPC mask is free until the first context, then EBUSY; the same mask is never an error")
    func tpcMask() throws {
        let board = try MountedBoard()
        try board.write("240", "\(nvgpu)/tpc_pg_mask")
        #expect(try board.read("\(nvgpu)/golden_img_status") == "0")
        let client = try GPUClient(board.board.gpuPath)
        #expect(board.waits { $0.totals.contextsOpened == 1 })
        client.close()
        #expect(try board.read("\(nvgpu)/golden_img_status") == "1")
        try board.write("240", "\(nvgpu)/tpc_pg_mask")
        #expect(try board.errno(writing: "0", "\(nvgpu)/tpc_pg_mask") == .resourceBusy)
    }

    @Test("An idle board draws more at higher clocks, and its rails follow")
    func rails() throws {
        let board = try MountedBoard(preset: "maxn", railScale: 100)
        #expect(try board.read("\(monitor)/name") == "ina3221")
        #expect(try board.read("\(monitor)/in2_label") == "VDD_CPU_CV")
        #expect(try board.read("\(monitor)/samples") == "512")
        let before = Int(try board.read("\(monitor)/curr2_input")) ?? 0
        for core in 4..<12 { try board.write("0", "\(cpu)/cpu\(core)/online") }
        try board.write("115200", "\(cpu)/cpufreq/policy0/scaling_max_freq")
        let changed = board.board.readings?.time ?? 0
        // The window of the change and one whole window after it, each 4.3 ms.
        #expect(board.waits { $0.time > changed + 20_000_000 })
        let after = Int(try board.read("\(monitor)/curr2_input")) ?? 0
        #expect(after < before && after % 20 == 0)
    }

    @Test("A disabled channel has no label and its inputs answer ENODATA")
    func disabledChannel() throws {
        let board = try MountedBoard()
        let second = "sys/bus/i2c/devices/1-0041/hwmon/hwmon4"
        #expect(try board.read("\(second)/in2_label") == "VDDQ_VDD2_1V8AO")
        #expect(!Directory.exists("\(board.board.root)/\(second)/in1_label"))
        let error = #expect(throws: SystemCallError.self) { try board.read("\(second)/curr1_input") }
        #expect(error?.errno == .noData)
    }

    @Test("A second board cannot take the first one's directories, and does it no harm")
    func secondBoard() throws {
        let mounted = try MountedBoard()
        let first = mounted.board
        for (root, state) in [
            (first.root, first.root + "-2.state"), (first.root + "-2", String(first.gpuPath.dropLast("/gpu".count))),
        ] {
            let library = MountedBoard.products + "/virtual-workload"
            let second = try VirtualBoard(.init(root: root, stateDirectory: state, libcudaSource: library))
            #expect(throws: VirtualBoardError.self) { try second.start() }
        }
        let files = try Directory.names(String(first.root.dropLast("/root".count)))
        #expect(files == ["root", "state"])
        #expect(Directory.exists(first.libcudaPath))
        let client = try GPUClient(first.gpuPath)
        #expect(client.setSurface("resnet18-train") == 0)
    }

    @Test("Stopping leaves nothing mounted and no file")
    func leavesNothing() throws {
        let board = try MountedBoard()
        let root = board.board.root
        board.stop()
        #expect(!Directory.exists(root))
        #expect(try !SmallFile.text("/proc/self/mounts", limit: 1 << 20).contains(root))
    }
}
