import Glibc
import SystemCalls

@testable import Board

/// An AGX Orin 64GB on r36 as a plain directory tree, with a kernel double that gives the files their behaviour.
final class FakeBoard {
    static let cpuKHz = (0...27).map { 115_200 + 76_800 * $0 } + [2_201_600]
    static let gpuHz = (3...12).map { 102_000_000 * $0 } + [1_300_500_000]
    static let emcHz = [204_000_000, 665_600_000, 2_133_000_000, 3_199_000_000]
    static let gpu = "/sys/class/devfreq/17000000.gpu"

    let root: String
    let kernel: FakeKernel

    struct Stock {
        var cores = 12
        var cpuMin = 729_600
        var cpuMax = 2_201_600
        var gpuMax = 1_300_500_000
        var emc = 3_199_000_000
        var compatible = ["nvidia,p3737-0000+p3701-0005", "nvidia,p3701-0005", "nvidia,tegra234"]
        var hasGPU = true
        var hasEMC = true
        /// The policy directory of an offline cluster goes away.
        var policiesVanish = false
    }

    init(_ stock: Stock = Stock()) throws {
        root = "/tmp/fulcrum-board-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let tree = Tree(root: root)
        try tree.put("/proc/device-tree/model", "NVIDIA Jetson AGX Orin Developer Kit\0")
        try tree.put("/proc/device-tree/compatible", stock.compatible.map { $0 + "\0" }.joined())
        try tree.put(
            "/etc/nv_tegra_release", "# R36 (release), REVISION: 4.0, GCID: 37537400, BOARD: generic, EABI: aarch64\n")
        for cpu in 0..<12 {
            try tree.put("/sys/devices/system/cpu/cpu\(cpu)/online", cpu < stock.cores ? "1\n" : "0\n")
        }
        kernel = FakeKernel(tree: tree, stock: stock)
        for policy in [0, 4, 8] { try kernel.makePolicy(policy) }
        if stock.hasGPU { try addGPU(stock) }
        if stock.hasEMC { try tree.put("/sys/kernel/nvpmodel_clk_cap/emc", "\(stock.emc)\n") }
        try kernel.settle()
    }

    /// What nvgpu adds when it is loaded, behind the same links as in sysfs.
    func addGPU(_ stock: Stock = Stock()) throws {
        let tree = Tree(root: root)
        let device = "/sys/devices/platform/bus@0/17000000.gpu"
        let devfreq = "\(device)/devfreq/17000000.gpu"
        try tree.put("\(device)/of_node/name", "gpu\0")
        try tree.put("\(device)/power/control", "auto\n")
        try tree.put("\(device)/tpc_pg_mask", "0\n")
        let available = Self.gpuHz.map(String.init).joined(separator: " ")
        try tree.put("\(devfreq)/available_frequencies", available + "\n")
        try tree.put("\(devfreq)/min_freq", "306000000\n")
        try tree.put("\(devfreq)/max_freq", "\(stock.gpuMax)\n")
        try tree.put("\(devfreq)/cur_freq", "306000000\n")
        try tree.link("\(devfreq)/device", to: "../../../17000000.gpu")
        try tree.put("/sys/class/devfreq/15340000.vic/device/of_node/name", "vic\0")
        try tree.link(Self.gpu, to: "../../devices/platform/bus@0/17000000.gpu/devfreq/17000000.gpu")
    }

    deinit { Tree(root: root).remove() }

    func board() throws -> Board { try Board.discover(root: root, files: kernel) }

    var journalPath: String { "\(root)/run/fulcrumd/state/journal" }
    func journal() throws -> Journal { try Journal.load(journalPath) }

    func put(_ path: String, _ text: String) throws { try Tree(root: root).put(path, text) }
    func remove(_ path: String) { Tree(root: root + path).remove() }
}

/// Files below a root.
struct Tree: Sendable {
    let root: String

    func put(_ path: String, _ text: String) throws(SystemCallError) {
        let full = root + path
        if let slash = full.lastIndex(of: "/") { try Directory.create(String(full[..<slash])) }
        let file = try OwnedDescriptor(opening: full, flags: O_WRONLY | O_CREAT | O_TRUNC)
        if let errno = file.write(Array(text.utf8)) { throw SystemCallError("write", full, errno) }
    }

    func link(_ path: String, to target: String) throws {
        let full = root + path
        if let slash = full.lastIndex(of: "/") { try Directory.create(String(full[..<slash])) }
        if symlink(target, full) != 0 { throw SystemCallError("link", full, .init(rawValue: errno)) }
    }

    func remove() {
        if unlink(root) == 0 { return }
        for name in (try? Directory.names(root)) ?? [] { Tree(root: "\(root)/\(name)").remove() }
        rmdir(root)
    }
}
