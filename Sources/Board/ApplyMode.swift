import Policy

extension KnobSet {
    /// What a mode means for the knobs of this board.
    private struct Target {
        let cores: Int
        let cpuKHz: Int
        let gpuHz: Int
        let emcHz: Int
        var adjustments: [Adjustment] = []
    }

    mutating func apply(_ mode: PowerMode, journal: Journal) throws(BoardError) -> AppliedMode {
        var target = try target(of: mode)
        let online = try cpu.onlineCores(files)
        try journalBaseline(journal, online: online)
        var transaction = KnobTransaction(files)
        let effective: PowerMode
        do throws(BoardError) {
            try switchOn(upTo: target.cores, online: online, journal: journal, &transaction)
            for cluster in clusters(below: target.cores) {
                let cap = try operatingPoint(cluster.name, target.cpuKHz, cluster.availableKHz, &target.adjustments)
                try bound(cluster.minimum, cluster.maximum, to: cap, journal: journal, &transaction)
            }
            try boundGPU(target.gpuHz, journal: journal, &transaction)
            if let emc {
                let cap = try files.integer(emc.maximum.path)
                try set(emc.maximum, from: cap, to: target.emcHz, journal: journal, &transaction)
            }
            for number in stride(from: cpu.coreCount - 1, through: target.cores, by: -1) where online.contains(number) {
                if let attribute = cpu.switches[number] { try transaction.write("0", to: attribute, previous: "1") }
            }
            effective = try verify(&target, requests: transaction.requests)
        } catch {
            let failures = transaction.rollBack()
            let outcome =
                failures.isEmpty
                ? "The \(transaction.writes) writes before it were put back." : failures.joined(separator: " ")
            throw BoardError(error.kind, "\(error) \(outcome)")
        }
        return AppliedMode(
            requested: mode, effective: effective, adjustments: target.adjustments, writes: transaction.writes)
    }

    /// Checks all that can be checked before the first write.
    private func target(of mode: PowerMode) throws(BoardError) -> Target {
        guard mode.cores >= 1 else {
            throw BoardError(
                .invalidMode, "Mode \(mode) has \(mode.cores) cores; cpu0 always stays on, so give 1 or more.")
        }
        var adjustments = [Adjustment]()
        let cores = Swift.min(Swift.max(mode.cores, cpu.fewestCores), cpu.coreCount)
        if cores > mode.cores {
            let reason = cpu.missing.first { $0.name.hasSuffix(".online") }?.reason ?? ""
            adjustments.append(
                Adjustment(knob: "cores", requested: mode.cores, effective: cores, cause: .missing(reason)))
        } else if cores < mode.cores {
            adjustments.append(Adjustment(knob: "cores", requested: mode.cores, effective: cores, cause: .roundedDown))
        }
        var unused = [Adjustment]()
        for cluster in clusters(below: cores) {
            _ = try operatingPoint(cluster.name, mode.cpuKHz, cluster.availableKHz, &unused)
        }
        var gpuHz = mode.gpuHz
        if let gpu { gpuHz = try operatingPoint(GPUKnob.name, mode.gpuHz, gpu.availableHz, &adjustments) }
        var emcHz = mode.emcHz
        if let emc {
            emcHz = try operatingPoint(EMCKnob.name, mode.emcHz, emc.availableHz, &adjustments)
            let floor = emc.availableHz.first { $0 >= table.displayFloorEMCHz }
            if let floor, emcHz < floor, Limiters.displayConnected(root: root, files: files) {
                adjustments.append(Adjustment(knob: EMCKnob.name, requested: emcHz, effective: floor, cause: .display))
                emcHz = floor
            }
        }
        return Target(cores: cores, cpuKHz: mode.cpuKHz, gpuHz: gpuHz, emcHz: emcHz, adjustments: adjustments)
    }

    /// The highest operating point that is not above `requested`.
    private func operatingPoint(
        _ knob: String, _ requested: Int, _ available: [Int], _ adjustments: inout [Adjustment]
    ) throws(BoardError) -> Int {
        guard let point = available.last(where: { $0 <= requested }) else {
            throw BoardError(
                .invalidMode,
                "Knob \(knob) cannot be capped at \(requested): its lowest operating point is \(available.first ?? 0).")
        }
        if point != requested {
            adjustments.append(Adjustment(knob: knob, requested: requested, effective: point, cause: .roundedDown))
        }
        return point
    }

    /// The clusters that have a core below `cores`.
    private func clusters(below cores: Int) -> [CPUCluster] {
        cpu.clusters.filter { $0.cpus[0] < cores }
    }

    private mutating func switchOn(
        upTo cores: Int, online: Set<Int>, journal: Journal, _ transaction: inout KnobTransaction
    ) throws(BoardError) {
        var online = online
        let count = online.count
        for number in 1..<Swift.max(cores, 1) where !online.contains(number) {
            guard let attribute = cpu.switches[number] else { continue }
            try transaction.write("1", to: attribute, previous: "0")
            online.insert(number)
        }
        if online.count == count { return }
        if (0..<cores).contains(where: { number in !cpu.clusters.contains { $0.cpus.contains(number) } }) {
            cpu.scan(files)
        }
        // A cluster that was offline shows its clock only now: journal it before its first write.
        try journalBaseline(journal, online: online)
    }

    /// Caps a clock at `cap`; its lower bound is the journalled one as far as the cap allows.
    private func bound(
        _ minimum: KnobAttribute, _ maximum: KnobAttribute, to cap: Int, journal: Journal,
        _ transaction: inout KnobTransaction
    ) throws(BoardError) {
        let low = try files.integer(minimum.path)
        let high = try files.integer(maximum.path)
        let floor = Swift.min(journal.number(of: minimum) ?? low, cap)
        for write in KnobSet.boundWrites(minimum, to: floor, maximum, from: high, to: cap) {
            let present = write.attribute.role == .min ? low : high
            try set(write.attribute, from: present, to: write.value, journal: journal, &transaction)
        }
    }

    /// The GPU is held awake while its bounds are written, as nvpmodel does: a gated GPU may not take them.
    private func boundGPU(
        _ cap: Int, journal: Journal, _ transaction: inout KnobTransaction
    ) throws(BoardError) {
        guard let gpu else { return }
        let low = try files.integer(gpu.minimum.path)
        let high = try files.integer(gpu.maximum.path)
        let floor = Swift.min(journal.number(of: gpu.minimum) ?? low, cap)
        if isInForce(gpu.minimum, reading: low, target: floor), isInForce(gpu.maximum, reading: high, target: cap) {
            return
        }
        let control = try gpu.powerControl.map { (attribute) throws(BoardError) in try files.text(attribute.path) }
        if let attribute = gpu.powerControl, let control, control != "on" {
            try transaction.write("on", to: attribute, previous: control)
        }
        try bound(gpu.minimum, gpu.maximum, to: cap, journal: journal, &transaction)
        if let attribute = gpu.powerControl, let control, control != "on" {
            try transaction.write(control, to: attribute, previous: "on")
        }
    }

    private func set(
        _ attribute: KnobAttribute, from reading: Int, to target: Int, journal: Journal,
        _ transaction: inout KnobTransaction
    ) throws(BoardError) {
        if isInForce(attribute, reading: reading, target: target) { return }
        try transaction.write(
            String(target), to: attribute, previous: rollBackText(attribute, reading: reading, journal))
    }

    /// Whether `target` needs no write. A clock reads back the lowest of all requests: while somebody else throttles it
    /// to the very value we want, our own request may still be a higher one.
    private func isInForce(_ attribute: KnobAttribute, reading: Int, target: Int) -> Bool {
        let value = attribute.role == .max ? Knob.cap(reading, within: operatingPoints(of: attribute)) : reading
        guard value == target else { return false }
        if let requested = settings[attribute.path]?.requested { return requested == String(target) }
        return limiter(of: attribute) == nil
    }

    /// What puts an attribute back. A reading that only shows a throttle is not what the board was set to.
    private func rollBackText(_ attribute: KnobAttribute, reading: Int, _ journal: Journal) -> String {
        if let setting = settings[attribute.path] {
            return setting.effective == String(reading) ? setting.requested ?? String(reading) : String(reading)
        }
        if let entry = journal.entry(of: attribute), entry.assumed { return entry.value }
        return String(reading)
    }

    /// Reads every knob back, notes what differs from the target, and remembers what was read.
    private mutating func verify(
        _ target: inout Target, requests: [String: String]
    ) throws(BoardError) -> PowerMode {
        // cpufreq takes a new cap in a work item (cpufreq_notifier_max schedules policy->update): allow it 20 ms in all.
        var pauses = 20
        let online = try cpu.onlineCores(files)
        for number in 0..<cpu.coreCount where online.contains(number) != (number < target.cores) {
            let on = online.contains(number)
            if on, cpu.switches[number] == nil { continue }
            target.adjustments.append(
                Adjustment(
                    knob: "cpu\(number).online", requested: on ? 0 : 1, effective: on ? 1 : 0, cause: .unexplained))
        }
        var mode = PowerMode(
            cores: Swift.max(online.count, 1), cpuKHz: Board.unknownFrequency, gpuHz: Board.unknownFrequency,
            emcHz: uncappedEMCHz)
        var caps = [Int]()
        var read = [String: String]()
        for cluster in clusters(below: target.cores) where !online.isDisjoint(with: cluster.cpus) {
            let cap = cluster.availableKHz.last { $0 <= target.cpuKHz } ?? target.cpuKHz
            caps.append(try readBack(cluster.maximum, expecting: cap, &pauses, &target.adjustments, &read))
            read[cluster.minimum.path] = String(try files.integer(cluster.minimum.path))
        }
        if let lowest = caps.min() { mode.cpuKHz = lowest }
        if let gpu {
            mode.gpuHz = try readBack(gpu.maximum, expecting: target.gpuHz, &pauses, &target.adjustments, &read)
            read[gpu.minimum.path] = String(try files.integer(gpu.minimum.path))
        }
        if let emc {
            mode.emcHz = try readBack(emc.maximum, expecting: target.emcHz, &pauses, &target.adjustments, &read)
        }
        noteMissing(&target, mode)
        for (number, attribute) in cpu.switches { read[attribute.path] = online.contains(number) ? "1" : "0" }
        for (path, effective) in read {
            settings[path] = Setting(requested: requests[path] ?? settings[path]?.requested, effective: effective)
        }
        return mode
    }

    private func readBack(
        _ attribute: KnobAttribute, expecting value: Int, _ pauses: inout Int, _ adjustments: inout [Adjustment],
        _ read: inout [String: String]
    ) throws(BoardError) -> Int {
        let points = operatingPoints(of: attribute)
        var reading = try files.integer(attribute.path)
        while Knob.cap(reading, within: points) != value, pauses > 0 {
            files.pause()
            pauses -= 1
            reading = try files.integer(attribute.path)
        }
        read[attribute.path] = String(reading)
        let effective = Knob.cap(reading, within: points)
        if effective != value {
            let limiter = effective < value ? limiter(of: attribute) : nil
            adjustments.append(
                Adjustment(
                    knob: attribute.knob, requested: value, effective: effective,
                    cause: limiter.map { .limited($0) } ?? .unexplained))
        }
        return effective
    }

    /// A missing knob is only worth a word if the mode asks for something else than what is in force without it.
    private func noteMissing(_ target: inout Target, _ mode: PowerMode) {
        for missing in missing {
            let (requested, effective) =
                switch missing.name {
                case GPUKnob.name: (target.gpuHz, mode.gpuHz)
                case EMCKnob.name: (target.emcHz, mode.emcHz)
                default: (target.cpuKHz, mode.cpuKHz)
                }
            if missing.name.hasSuffix(".online") || requested == effective { continue }
            target.adjustments.append(
                Adjustment(
                    knob: missing.name, requested: requested, effective: effective, cause: .missing(missing.reason)))
        }
    }
}
