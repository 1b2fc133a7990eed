import Demonstration
import Glibc
import SystemCalls
import Testing

/// Who took the GPU and what it cost, as the daemon's tree says.
@Suite(.serialized, .enabled(if: Machine.canGovern, Machine.remedy)) struct MeteringTests {
    private func stat(_ text: String?) -> [String: Int] {
        var values: [String: Int] = [:]
        for line in (text ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let value = Int(words[1]) { values[String(words[0])] = value }
        }
        return values
    }

    private func tasks(_ stage: Stage) -> [String] {
        (try? Directory.names(stage.tree.root + "/task")) ?? []
    }

    @Test(arguments: ["boundaries", "launches"])
    func energyOfProcessesAndTheRestAddUpToTheRails(level: String) throws {
        let stage = try Stage(binaries: Machine.binaries, pace: .init(time: 20, rails: 10), name: "metering")
        defer { stage.strike() }
        try stage.startBoard()
        try stage.startDaemon(
            configuration: "[budget]\npower_w = 60\n[probes]\nlevel = \"\(level)\"")
        try stage.startWorkload()
        let tree = stage.tree
        // Others on this machine may use a CUDA library too.
        let pid = "\(try #require(stage.workload).pid)"
        #expect(
            try tree.wait(seconds: 30, every: 100) {
                stat(tree.text("task/\(pid)/energy.stat"))["gpu_uj", default: 0] > 1_000_000
            })
        // The trace may have begun after the GPU's last switch; then the probes tell.
        #expect(["ctxsw", "cuda \(level)"].contains(tree.text("task/\(pid)/source")))
        let gpu = stat(tree.text("task/\(pid)/gpu.stat"))
        #expect(gpu["busy_us", default: 0] > 0)
        // How much depends on what else uses a CUDA library here.
        #expect(
            try tree.wait(seconds: 10, every: 100) {
                stat(tree.text("task/\(pid)/gpu.stat"))["busy_permille", default: 0] > 0
            })
        #expect((gpu["launches"] != nil) == (level == "launches"))
        let energy = stat(tree.text("task/\(pid)/energy.stat"))
        #expect(
            energy["total_uj"] == energy["gpu_uj", default: 0] + energy["cpu_uj", default: 0]
                + energy["shared_uj", default: 0])
        stage.stopWorkload()
        #expect(try tree.wait(seconds: 10, every: 100) { !tasks(stage).contains(pid) })
        #expect(
            try tree.wait(seconds: 10, every: 100) {
                stat(tree.text("power/energy.stat"))["exited_uj", default: 0] > 1_000_000
            })
        for path in ["power"] + (try Directory.names(tree.root + "/rail")).map({ "rail/\($0)" }) {
            let parts = stat(tree.text(path + "/energy.stat"))
            guard let total = parts["energy_uj"] else { continue }
            #expect(parts["processes_uj", default: 0] + parts["unattributed_uj", default: 0] == total)
        }
    }

    @Test func aReaderOfTracePipeSeesSlicesMinibatchesRailsAndModes() throws {
        let stage = try Stage(binaries: Machine.binaries, pace: .init(time: 20, rails: 10), name: "trace")
        defer { stage.strike() }
        try stage.startBoard()
        try stage.startDaemon(configuration: "[budget]\npower_w = 30")
        let pipe = try OwnedDescriptor(opening: stage.tree.root + "/trace_pipe", flags: O_RDONLY | O_NONBLOCK)
        try stage.startWorkload()
        var seen: [Substring: Int] = [:]
        var slices: [(UInt64, UInt64)] = []
        var buffer = [UInt8](repeating: 0, count: 131_072)
        let words: [Substring] = ["version", "process", "slice", "minibatch", "rail", "mode", "decision"]
        for _ in 0..<1000 where seen["mode", default: 0] < 2 || words.contains(where: { seen[$0] == nil }) {
            var waiting = pollfd(fd: pipe.rawValue, events: Int16(POLLIN), revents: 0)
            #expect(poll(&waiting, 1, 1000) >= 0)
            let count = buffer.withUnsafeMutableBytes { read(pipe.rawValue, $0.baseAddress, $0.count) }
            guard count > 0 else { continue }
            for line in String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n") {
                let words = line.split(separator: " ")
                seen[words[0], default: 0] += 1
                if words[0] == "slice", let start = UInt64(words[2]), let end = UInt64(words[3]), words[4] == "ctxsw" {
                    slices.append((start, end))
                }
            }
        }
        for word in words { #expect(seen[word, default: 0] > 0, "no \(word) line") }
        #expect(seen["lost"] == nil)
        #expect(slices.allSatisfy { $0.0 <= $0.1 })
        #expect(zip(slices, slices.dropFirst()).allSatisfy { $0.1 <= $1.0 }, "the engine serves one process at a time")
    }

    @Test func aTraceHasAsManySlicesAsTheGPUSwitched() throws {
        let stage = try Stage(binaries: Machine.binaries, pace: .init(time: 20, rails: 10), name: "tracefile")
        defer { stage.strike() }
        try stage.startBoard()
        // No probes: the context switches alone, as on a kernel without uprobes.
        try stage.startDaemon(configuration: "[budget]\npower_w = 60\n[probes]\nlevel = \"off\"")
        let file = stage.folder + "/trace.json"
        let recording = try ChildProcess([
            Machine.binaries + "/fulcrumctl", "trace", "--seconds", "60", "--tree", stage.tree.root, "--out", file,
        ])
        // Its reader is there once the daemon says that somebody reads: nothing runs before.
        #expect(try stage.tree.wait(seconds: 10, every: 20) { stage.tree.value("events", "trace_readers") == 1 })
        try stage.startWorkload("resnet18", minibatches: 101)
        let first = try #require(stage.workload)
        try stage.startWorkload("mobilenetv3", minibatches: 211)
        let second = try #require(stage.workload)
        let pid = "\(second.pid)"
        #expect(
            try stage.tree.wait(seconds: 30, every: 50) { stage.tree.text("task/\(pid)/source") == "ctxsw" })
        #expect(first.wait() == 0)
        #expect(second.wait() == 0)
        let board = GovernorTree(root: stage.board.root)
        // The last to have the GPU keeps it until it gates.
        #expect(
            try stage.tree.wait(seconds: 10, every: 100) {
                board.text("sys/devices/platform/gpu.0/is_railgated") == "1"
            })
        #expect(try stage.tree.wait(seconds: 10, every: 100) { !tasks(stage).contains(pid) })
        recording.signal(SIGINT)
        #expect(recording.wait() == 0)
        let text = try SmallFile.text(file, limit: 64 << 20)
        let slices = text.split(separator: "\n").count {
            $0.contains("\"cat\":\"ctxsw\"") && $0.contains("\"ph\":\"X\"")
        }
        let switched = try #require(board.value("virtual/engine.stat", "context_switches"))
        #expect(switched > 50)
        #expect(Double(slices) == switched)
    }

    @Test func minibatchesOfAProgramThatRunsAheadAreCountedByItsLaunches() throws {
        let stage = try Stage(binaries: Machine.binaries, pace: .init(time: 20, rails: 10), name: "ahead")
        defer { stage.strike() }
        try stage.startBoard()
        try stage.startDaemon(configuration: "[budget]\npower_w = 60\n[probes]\nlevel = \"launches\"")
        try stage.startWorkload(shape: ["--wait-every", "50", "--kernels", "8"])
        let pid = try #require(stage.workload).pid
        var counted = 0
        #expect(
            try stage.tree.wait(seconds: 60, every: 50) {
                counted = Int(stage.tree.value("task/\(pid)/gpu.stat", "minibatches") ?? 0)
                return counted >= 950
            })
        // The program prints 50 at a time, and goes on between the two looks.
        let printed = try SmallFile.text(stage.workloadLog, limit: 16 << 20).split(separator: "\n")
            .count { $0.hasPrefix("minibatch ") }
        #expect(counted <= printed + 50)
        #expect(counted >= printed - 250)
    }
}
