/// CPUs that share one clock: a cpufreq policy.
struct CPUCluster: Hashable, Sendable {
    /// Ascending. The lowest names the knob: a policy directory is named after whichever core came up first.
    let cpus: [Int]
    let minimum: KnobAttribute
    let maximum: KnobAttribute
    let currentPath: String
    /// kHz, ascending.
    let availableKHz: [Int]

    var name: String { maximum.knob }
}

/// The CPU side of the board: which cores can be switched, and which share a clock.
struct CPUKnobs: Sendable {
    /// Cores cpu0 to cpu(count - 1).
    let coreCount: Int
    /// The switch of each core that has one. Never cpu0: interrupts, BPMP and the watchdog live there.
    let switches: [Int: KnobAttribute]
    private(set) var clusters: [CPUCluster] = []
    private(set) var missing: [MissingKnob] = []

    private let directory: String

    init(root: String, files: any KnobFiles) throws(BoardError) {
        directory = "\(root)/sys/devices/system/cpu"
        let names: Set<String>
        do {
            names = Set(try files.names(in: directory))
        } catch {
            throw BoardError(.unreadable, "\(error) Without it no core can be found.")
        }
        var count = 0
        while count < 4_096, names.contains("cpu\(count)") { count += 1 }
        guard count > 0 else {
            throw BoardError(.unreadable, "\(directory) has no cpu0, so no core can be found there.")
        }
        coreCount = count
        var switches = [Int: KnobAttribute]()
        for cpu in 1..<Swift.max(count, 1) {
            let path = "\(directory)/cpu\(cpu)/online"
            guard files.exists(path) else { continue }
            switches[cpu] = KnobAttribute(knob: "cpu\(cpu).online", role: .online, path: path)
        }
        self.switches = switches
        scan(files)
    }

    /// The fewest cores that a mode can leave on: those without a switch stay.
    var fewestCores: Int {
        ((1..<coreCount).last { switches[$0] == nil } ?? 0) + 1
    }

    /// Path of cpu0's switch, which is only read.
    var bootSwitchPath: String { "\(directory)/cpu0/online" }

    /// Finds the clusters again: the policy of a cluster that was offline may only just have appeared.
    mutating func scan(_ files: any KnobFiles) {
        clusters = []
        missing = (1..<coreCount).filter { switches[$0] == nil }.map { cpu in
            MissingKnob(
                name: "cpu\(cpu).online",
                reason:
                    "\(directory)/cpu\(cpu)/online does not exist, so this core cannot be switched off; it stays on.")
        }
        let policies = "\(directory)/cpufreq"
        for name in (try? files.names(in: policies)) ?? [] where name.hasPrefix("policy") {
            do {
                let cluster = try cluster(at: "\(policies)/\(name)", files)
                if let other = clusters.first(where: { !Set($0.cpus).isDisjoint(with: cluster.cpus) }) {
                    throw BoardError(
                        .unreadable, "\(policies)/\(name)/related_cpus names cores that \(other.name) has already.")
                }
                clusters.append(cluster)
            } catch {
                let reason = "\(error) It is looked for again when a core of it comes on."
                missing.append(MissingKnob(name: "cpu.\(name)", reason: reason))
            }
        }
        clusters.sort { $0.cpus[0] < $1.cpus[0] }
        let bare = (0..<coreCount).filter { cpu in !clusters.contains { $0.cpus.contains(cpu) } }
        if let first = bare.first, !missing.contains(where: { $0.name.hasPrefix("cpu.policy") }) {
            missing.append(
                MissingKnob(
                    name: "cpu.policy\(first)",
                    reason: """
                        No readable policy under \(policies) names cpu\(bare.map(String.init).joined(separator: ", cpu")) in \
                        related_cpus. Cores that are offline may hide it: it is looked for again when they come on.
                        """))
        }
    }

    private func cluster(at path: String, _ files: any KnobFiles) throws(BoardError) -> CPUCluster {
        let cpus = try files.cpuNumbers("\(path)/related_cpus").filter { $0 < coreCount }
        guard let lowest = cpus.first else {
            throw BoardError(.unreadable, "\(path)/related_cpus names no core of this board.")
        }
        let available = try files.operatingPoints("\(path)/scaling_available_frequencies")
        let maximum = "\(path)/scaling_max_freq"
        guard files.exists(maximum) else { throw BoardError(.unreadable, "\(maximum) does not exist.") }
        let name = "cpu.policy\(lowest)"
        return CPUCluster(
            cpus: cpus, minimum: KnobAttribute(knob: name, role: .min, path: "\(path)/scaling_min_freq"),
            maximum: KnobAttribute(knob: name, role: .max, path: maximum), currentPath: "\(path)/scaling_cur_freq",
            availableKHz: available)
    }

    /// Which cores are on. A core without a switch is.
    func onlineCores(_ files: any KnobFiles) throws(BoardError) -> Set<Int> {
        var online = Set<Int>()
        for cpu in 0..<coreCount {
            guard let attribute = switches[cpu] else {
                // cpu0 has a switch on some kernels; one that reads 0 is not ours to turn, but it is not counted.
                if cpu == 0, files.exists(bootSwitchPath), try files.integer(bootSwitchPath) == 0 { continue }
                online.insert(cpu)
                continue
            }
            if try files.integer(attribute.path) != 0 { online.insert(cpu) }
        }
        return online
    }
}
