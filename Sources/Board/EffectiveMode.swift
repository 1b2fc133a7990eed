import Policy

extension KnobSet {
    func grid() throws(BoardError) -> ModeGrid {
        var common = cpu.clusters.first.map { Set($0.availableKHz) } ?? []
        for cluster in cpu.clusters { common.formIntersection(cluster.availableKHz) }
        let cpuKHz = common.isEmpty ? [Board.unknownFrequency] : common.sorted()
        let gpuHz = gpu?.availableHz ?? [Board.unknownFrequency]
        var emcHz = emc?.availableHz ?? [uncappedEMCHz]
        let undisturbed = emcHz.filter { $0 >= table.displayFloorEMCHz }
        if !undisturbed.isEmpty, Limiters.displayConnected(root: root, files: files) { emcHz = undisturbed }
        let cores = Array(cpu.fewestCores...cpu.coreCount)
        guard let grid = ModeGrid(cores: cores, cpuKHz: cpuKHz, gpuHz: gpuHz, emcHz: emcHz) else {
            throw BoardError(
                .unreadable, "The board \(table.name) has no memory operating points in the table, so it has no modes.")
        }
        return grid
    }

    /// Without a cap the memory runs up to its top operating point.
    var uncappedEMCHz: Int {
        EMCKnob.operatingPoints(root: root, table: table, files: files).last ?? Board.unknownFrequency
    }

    func effectiveMode() throws(BoardError) -> PowerMode {
        let online = try cpu.onlineCores(files)
        var caps = [Int]()
        for cluster in cpu.clusters where !online.isDisjoint(with: cluster.cpus) {
            caps.append(Knob.cap(try files.integer(cluster.maximum.path), within: cluster.availableKHz))
        }
        var gpuHz = Board.unknownFrequency
        if let gpu { gpuHz = Knob.cap(try files.integer(gpu.maximum.path), within: gpu.availableHz) }
        var emcHz = uncappedEMCHz
        if let emc { emcHz = Knob.cap(try files.integer(emc.maximum.path), within: emc.availableHz) }
        return PowerMode(
            cores: Swift.max(online.count, 1), cpuKHz: caps.min() ?? Board.unknownFrequency, gpuHz: gpuHz, emcHz: emcHz)
    }

    /// Clocks whose cap reads below what we asked for while a cooling device acts on them.
    func limitations() -> [Adjustment] {
        guard !settings.isEmpty else { return [] }
        var found = [Adjustment]()
        for attribute in readableAttributes(online: (try? cpu.onlineCores(files)) ?? []) where attribute.role == .max {
            guard let text = settings[attribute.path]?.requested, let requested = Int(text),
                let now = try? files.integer(attribute.path)
            else { continue }
            let points = operatingPoints(of: attribute)
            let (ours, effective) = (Knob.cap(requested, within: points), Knob.cap(now, within: points))
            guard effective < ours, let limiter = limiter(of: attribute) else { continue }
            found.append(
                Adjustment(knob: attribute.knob, requested: ours, effective: effective, cause: .limited(limiter)))
        }
        return found
    }

    /// "No cap" has several spellings.
    private func sameValue(_ left: String, _ right: String, of attribute: KnobAttribute) -> Bool {
        guard attribute.role == .max, let left = Int(left), let right = Int(right) else { return left == right }
        let points = operatingPoints(of: attribute)
        return Knob.cap(left, within: points) == Knob.cap(right, within: points)
    }

    func foreignWrites() -> [ForeignWrite] {
        guard !settings.isEmpty else { return [] }
        let online = (try? cpu.onlineCores(files)) ?? []
        var changes = [ForeignWrite]()
        for attribute in readableAttributes(online: online) where attribute.role != .control {
            guard let setting = settings[attribute.path] else { continue }
            let now = try? files.read(attribute.path)
            if now == setting.effective { continue }
            // Our own request, in force again after the limiter that had held it down let go.
            if let now, let requested = setting.requested, sameValue(now, requested, of: attribute) { continue }
            changes.append(
                ForeignWrite(
                    knob: attribute.knob, path: attribute.path, ours: setting.effective, now: now,
                    limiter: limiter(of: attribute)))
        }
        return changes
    }
}
