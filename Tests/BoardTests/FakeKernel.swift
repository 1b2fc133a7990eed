import Synchronization
import SystemCalls
import SystemPackage

@testable import Board

/// Answers writes as the kernel does: caps are the lowest of all requests, values clamp and round, an offline cluster
/// refuses with EINVAL. Records every write in order, and fails or dies at a chosen one.
final class FakeKernel: KnobFiles {
    struct State {
        /// What was asked for last, by path below the root.
        var requests: [String: Int] = [:]
        var online: Set<Int>
        var control = "auto"
        /// Accepted writes, as "file=value".
        var writes: [String] = []
        var attempts = 0
        /// The write that is refused with EIO, counted from 0.
        var failing: Int?
        /// Whether the refused write changes the value all the same.
        var failingTakesEffect = false
        /// A file below the root that refuses every write.
        var broken: String?
        /// The write from which on nothing has an effect: the process is dead.
        var deadFrom: Int?
        /// What no governor may ever do, as it happened.
        var violations: [String] = []
        /// Held down by thermal: highest CPU clock, GPU clock.
        var cpuLimit = Int.max
        var gpuLimit = Int.max
        var emcLimit = Int.max
        /// Pauses until a new CPU cap is read back.
        var lag = 0
        var pauses = 0
        /// Called before each write is carried out.
        var observer: (@Sendable () -> Void)?
    }

    private let tree: Tree
    private let stock: FakeBoard.Stock
    let state: Mutex<State>

    init(tree: Tree, stock: FakeBoard.Stock) {
        self.tree = tree
        self.stock = stock
        var requests = ["\(FakeBoard.gpu)/min_freq": 306_000_000, "\(FakeBoard.gpu)/max_freq": stock.gpuMax]
        requests[Self.emc] = stock.emc
        for policy in [0, 4, 8] {
            requests["\(Self.cpufreq)/policy\(policy)/scaling_min_freq"] = stock.cpuMin
            requests["\(Self.cpufreq)/policy\(policy)/scaling_max_freq"] = stock.cpuMax
        }
        state = Mutex(State(requests: requests, online: Set(0..<stock.cores)))
    }

    private static let cpu = "/sys/devices/system/cpu"
    private static let cpufreq = "/sys/devices/system/cpu/cpufreq"
    private static let emc = "/sys/kernel/nvpmodel_clk_cap/emc"
    private static let control = "\(FakeBoard.gpu)/device/power/control"

    var writes: [String] { state.withLock { $0.writes } }
    var violations: [String] { state.withLock { $0.violations } }
    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    /// All that a write can change, whoever reads it back how.
    struct Snapshot: Equatable {
        let requests: [String: Int]
        let online: Set<Int>
        let control: String
    }
    var snapshot: Snapshot {
        state.withLock { Snapshot(requests: $0.requests, online: $0.online, control: $0.control) }
    }

    func read(_ path: String) throws(SystemCallError) -> String { try SmallFile.text(path) }
    func names(in directory: String) throws(SystemCallError) -> [String] { try Directory.names(directory) }
    func exists(_ path: String) -> Bool { Directory.exists(path) }

    func pause() {
        state.withLock { state in
            state.pauses += 1
            if state.lag > 0 { state.lag -= 1 }
        }
        try? settle()
    }

    func write(_ text: String, to path: String) throws(SystemCallError) {
        let below = String(path.dropFirst(tree.root.count))
        let label = below.split(separator: "/").suffix(2).joined(separator: "/") + "=" + text
        state.withLock { $0.observer }?()
        let refused = try state.withLock { (state) throws(SystemCallError) in
            let attempt = state.attempts
            state.attempts += 1
            if let dead = state.deadFrom, attempt >= dead { throw SystemCallError("write", path, .ioError) }
            let refused = state.failing == attempt || state.broken == below
            if !refused || state.failingTakesEffect { try carryOut(text, below, path, &state) }
            if !refused { state.writes.append(label) }
            return refused
        }
        try settle()
        if refused { throw SystemCallError("write \"\(text)\" to", path, .ioError) }
    }

    private func carryOut(
        _ text: String, _ below: String, _ path: String, _ state: inout State
    ) throws(SystemCallError) {
        if !Directory.exists(path) { throw SystemCallError("open", path, .noSuchFileOrDirectory) }
        if below == Self.control {
            state.control = text
            try tree.put(below, text + "\n")
        } else if below.hasPrefix("\(Self.cpu)/cpu"), below.hasSuffix("/online"),
            let cpu = Int(below.dropFirst("\(Self.cpu)/cpu".count).dropLast("/online".count))
        {
            if cpu == 0 { state.violations.append("cpu0 was written") }
            if text == "1" { state.online.insert(cpu) } else { state.online.remove(cpu) }
            try tree.put(below, text + "\n")
        } else if let value = Int(text), state.requests[below] != nil {
            try request(value, below, path, &state)
        } else {
            state.violations.append("\(text) to \(below)")
        }
    }

    private func request(_ value: Int, _ below: String, _ path: String, _ state: inout State) throws(SystemCallError) {
        if let policy = Self.policy(below), state.online.isDisjoint(with: policy..<policy + 4) {
            state.violations.append("\(below) while the cluster is offline")
            throw SystemCallError("write \"\(value)\" to", path, .invalidArgument)
        }
        if below.hasPrefix(FakeBoard.gpu), state.control != "on" {
            state.violations.append("\(below) while the GPU may be gated")
        }
        if below != Self.emc, value > (below.hasPrefix(FakeBoard.gpu) ? 1_300_500_000 : 2_201_600) {
            state.violations.append("\(value) to \(below) is above the hardware's limit")
        }
        state.requests[below] = value
        // As devfreq of 4.9 does; every later kernel takes any order, so the strict one is the test.
        let low = below.replacing("max_freq", with: "min_freq")
        let high = below.replacing("min_freq", with: "max_freq")
        if below != Self.emc, let minimum = state.requests[low], let maximum = state.requests[high], minimum > maximum {
            state.violations.append("\(below): min \(minimum) above max \(maximum)")
        }
    }

    private static func policy(_ below: String) -> Int? {
        guard below.hasPrefix("\(cpufreq)/policy") else { return nil }
        return Int(below.dropFirst("\(cpufreq)/policy".count).prefix(while: \.isNumber))
    }

    func makePolicy(_ policy: Int) throws(SystemCallError) {
        let path = "\(Self.cpufreq)/policy\(policy)"
        let cpus = (policy..<policy + 4).map(String.init).joined(separator: " ")
        try tree.put("\(path)/related_cpus", cpus + "\n")
        let available = FakeBoard.cpuKHz.map(String.init).joined(separator: " ")
        try tree.put("\(path)/scaling_available_frequencies", available + " \n")
        try tree.put("\(path)/scaling_cur_freq", "1190400\n")
    }

    /// Makes the files show what is in force.
    func settle() throws(SystemCallError) {
        try state.withLock { (state) throws(SystemCallError) in
            for policy in [0, 4, 8] {
                let path = "\(Self.cpufreq)/policy\(policy)"
                if state.online.isDisjoint(with: policy..<policy + 4), stock.policiesVanish {
                    Tree(root: tree.root + path).remove()
                    continue
                }
                if !Directory.exists("\(tree.root)\(path)/related_cpus") { try makePolicy(policy) }
                if state.lag > 0, Directory.exists("\(tree.root)\(path)/scaling_max_freq") { continue }
                try show(path, "scaling_", limit: state.cpuLimit, state)
            }
            if Directory.exists("\(tree.root)\(FakeBoard.gpu)/max_freq") {
                try show(FakeBoard.gpu, "", limit: state.gpuLimit, state)
            }
            if Directory.exists("\(tree.root)\(Self.emc)"), let asked = state.requests[Self.emc] {
                let wanted = Swift.min(asked <= 0 ? Int.max : asked, state.emcLimit)
                try tree.put(Self.emc, "\(FakeBoard.emcHz.last { $0 <= wanted } ?? FakeBoard.emcHz[0])\n")
            }
        }
    }

    private func show(_ path: String, _ prefix: String, limit: Int, _ state: State) throws(SystemCallError) {
        let high = Swift.min(state.requests["\(path)/\(prefix)max_freq"] ?? 0, limit)
        let low = Swift.min(state.requests["\(path)/\(prefix)min_freq"] ?? 0, high)
        try tree.put("\(path)/\(prefix)max_freq", "\(high)\n")
        try tree.put("\(path)/\(prefix)min_freq", "\(low)\n")
    }
}
