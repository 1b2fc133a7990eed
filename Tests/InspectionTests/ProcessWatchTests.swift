import Glibc
import Testing

@testable import Inspection

@Suite("Processes of the tree")
struct ProcessWatchTests {
    private static let second: UInt64 = 1_000_000_000

    private func stat(_ tree: ScratchTree, busy: Int, minibatches: Int) throws {
        try tree.write("busy_us \(busy)\nbusy_permille 250\nminibatches \(minibatches)", "task/7/gpu.stat")
    }

    private func watch(_ tree: ScratchTree, shortest: UInt64 = 1) -> ProcessWatch {
        ProcessWatch(tree: TreeFiles(root: tree.path), procfs: tree.path, shortestNanoseconds: shortest)
    }

    @Test("Rates are over the readings of the last five seconds")
    func window() throws {
        let tree = try ScratchTree()
        var watch = watch(tree)
        try stat(tree, busy: 1_000, minibatches: 10)
        let first = try #require(watch.read { Self.second }.processes.first)
        #expect(first.gpuMillisecondsPerSecond == 250)
        #expect(first.minibatchesPerSecond == nil)
        // The daemon publishes every other second only: 100 ms and 3 minibatches in each.
        for time in 2...20 as ClosedRange<UInt64> {
            let published = Int(time / 2 * 2)
            try stat(tree, busy: 1_000 + published * 100_000, minibatches: 10 + published * 3)
            let process = try #require(watch.read { time * Self.second }.processes.first)
            guard time > 6 else { continue }
            #expect([80, 120].contains(process.gpuMillisecondsPerSecond))
            #expect([2.4, 3.6].contains(process.minibatchesPerSecond))
        }
        // It stops: after five seconds the rates are zero, which is measured.
        for time in 21...26 as ClosedRange<UInt64> { _ = watch.read { time * Self.second } }
        #expect(watch.read { 27 * Self.second }.processes.first?.gpuMillisecondsPerSecond == 0)
    }

    @Test("A counter that falls starts anew, and so does one that was not measured")
    func resets() throws {
        let tree = try ScratchTree()
        var watch = watch(tree)
        try stat(tree, busy: 5_000_000, minibatches: 10)
        _ = watch.read { Self.second }
        try stat(tree, busy: 1_000, minibatches: 11)
        let other = try #require(watch.read { 2 * Self.second }.processes.first)
        #expect(other.gpuMillisecondsPerSecond == 250)
        #expect(other.minibatchesPerSecond == nil)
        try tree.write("busy_us unmeasured\nminibatches 12", "task/7/gpu.stat")
        let unmeasured = try #require(watch.read { 3 * Self.second }.processes.first)
        #expect(unmeasured.gpuMillisecondsPerSecond == nil)
        #expect(unmeasured.gpuPermille == nil)
        #expect(unmeasured.minibatchesPerSecond == 1)
        try tree.remove("task/7")
        #expect(watch.read { 4 * Self.second }.processes.isEmpty)
        try stat(tree, busy: 9_000_000, minibatches: 90)
        #expect(watch.read { 5 * Self.second }.processes.first?.minibatchesPerSecond == nil)
    }

    @Test("Readings in quick succession keep the rates")
    func quickReadings() throws {
        let tree = try ScratchTree()
        var watch = watch(tree, shortest: Self.second / 2)
        try stat(tree, busy: 0, minibatches: 0)
        _ = watch.read { Self.second }
        try stat(tree, busy: 100_000, minibatches: 4)
        #expect(watch.read { 2 * Self.second }.processes.first?.minibatchesPerSecond == 4)
        try stat(tree, busy: 200_000, minibatches: 5)
        #expect(watch.read { 2 * Self.second + 1 }.processes.first?.minibatchesPerSecond == 4)
        #expect(watch.read { 2 * Self.second - 1 }.processes.first?.minibatchesPerSecond == 4)
    }

    @Test(
        "Hostile trees: names that are no pids, numbers beyond Int, torn lines, a process that ends between two files")
    func hostile() throws {
        let tree = try ScratchTree()
        for name in ["0", "-4", "self", "99999999999", "7"] {
            try tree.write(
                "busy_us\nminibatches 99999999999999999999\nbusy_us 1 2\nmemory_bytes -1\n\u{0}",
                "task/\(name)/gpu.stat")
        }
        try tree.write("", "task/8/energy.stat")
        var watch = watch(tree)
        let list = watch.read { 1 }
        #expect(list.processes == [ProcessReading(pid: 7, memoryBytes: -1)])
        #expect(list.denied == 0)
        #expect(QuantityText.bytes(list.processes.first?.memoryBytes) == "-")
    }

    @Test(
        "Processes that may not be read are counted, not hidden",
        .enabled(if: geteuid() == 0, "needs root, to become somebody else for a moment"))
    func denied() throws {
        let tree = try ScratchTree()
        try stat(tree, busy: 1, minibatches: 1)
        try tree.write("busy_us 1", "task/8/gpu.stat")
        try #require(chmod(tree.path + "/task/8/gpu.stat", 0o400) == 0)
        // setfsuid(2) is of this thread alone; Glibc's module leaves out its header.
        let symbol = try #require(dlsym(nil, "setfsuid"))
        let setFileUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> Int32).self)
        _ = setFileUser(65_534)
        defer { _ = setFileUser(0) }
        var watch = watch(tree)
        let list = watch.read { 1 }
        #expect(list.processes.map(\.pid) == [7])
        #expect(list.denied == 1)
    }

    @Test("Names come from the tree and from /proc")
    func names() throws {
        let tree = try ScratchTree()
        try stat(tree, busy: 1, minibatches: 1)
        try tree.write("train", "7/comm")
        try tree.write("6\n7\n8", "workload/resnet/pids")
        try tree.write("ctxsw", "task/7/source")
        var watch = watch(tree)
        let list = watch.read { 1 }
        let process = try #require(watch.described(list.processes).first)
        #expect(process.command == "train")
        #expect(process.workload == "resnet")
        #expect(process.source == "ctxsw")
        #expect(process.user == String(cString: getpwuid(geteuid()).pointee.pw_name))
        let unknown = watch.described([ProcessReading(pid: 99)]).first
        #expect(unknown == ProcessReading(pid: 99))
    }
}
