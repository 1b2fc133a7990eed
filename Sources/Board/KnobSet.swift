/// Everything that can be turned on one board, and what we last turned it to.
struct KnobSet: Sendable {
    /// What we wrote, and what the file read once that had settled.
    struct Setting: Sendable {
        /// Nil while we have only read it.
        let requested: String?
        let effective: String
    }

    let root: String
    let table: BoardTable
    let files: any KnobFiles
    var cpu: CPUKnobs
    let gpu: GPUKnob?
    let emc: EMCKnob?
    /// Why there is no GPU or memory knob.
    private let absent: [MissingKnob]
    /// By path; empty before the first apply and after a restore.
    var settings: [String: Setting] = [:]

    init(root: String, table: BoardTable, files: any KnobFiles) throws(BoardError) {
        self.root = root
        self.table = table
        self.files = files
        cpu = try CPUKnobs(root: root, files: files)
        var absent = [MissingKnob]()
        do {
            gpu = try GPUKnob(root: root, files: files)
        } catch {
            gpu = nil
            absent.append(MissingKnob(name: GPUKnob.name, reason: error.description))
        }
        do {
            emc = try EMCKnob(root: root, table: table, files: files)
        } catch {
            emc = nil
            absent.append(MissingKnob(name: EMCKnob.name, reason: error.description))
        }
        self.absent = absent
    }

    var missing: [MissingKnob] { cpu.missing + absent }

    var knobs: [Knob] {
        var knobs = [Knob]()
        if files.exists(cpu.bootSwitchPath) { knobs.append(core(0, cpu.bootSwitchPath, available: [1])) }
        for (number, attribute) in cpu.switches.sorted(by: { $0.key < $1.key }) {
            knobs.append(core(number, attribute.path, available: [0, 1]))
        }
        for cluster in cpu.clusters {
            knobs.append(
                Knob(
                    name: cluster.name, path: cluster.maximum.path, available: cluster.availableKHz,
                    readBackIsEffective: true, minimumPath: cluster.minimum.path, currentPath: cluster.currentPath,
                    files: files))
        }
        if let gpu {
            knobs.append(
                Knob(
                    name: GPUKnob.name, path: gpu.maximum.path, available: gpu.availableHz, readBackIsEffective: true,
                    minimumPath: gpu.minimum.path, currentPath: gpu.currentPath, files: files))
        }
        if let emc {
            knobs.append(
                Knob(
                    name: EMCKnob.name, path: emc.maximum.path, available: emc.availableHz,
                    readBackIsEffective: emc.readBackIsEffective, minimumPath: nil, currentPath: emc.currentPath,
                    files: files))
        }
        return knobs
    }

    private func core(_ number: Int, _ path: String, available: [Int]) -> Knob {
        Knob(
            name: "cpu\(number).online", path: path, available: available, readBackIsEffective: true, minimumPath: nil,
            currentPath: nil, files: files)
    }

    /// The files that we may write and that can be read now: a cluster without a running core has no readable clock.
    func readableAttributes(online: Set<Int>) -> [KnobAttribute] {
        var attributes = cpu.switches.sorted { $0.key < $1.key }.map(\.value)
        for cluster in cpu.clusters where !online.isDisjoint(with: cluster.cpus) {
            attributes += [cluster.minimum, cluster.maximum]
        }
        if let gpu { attributes += [gpu.minimum, gpu.maximum] + (gpu.powerControl.map { [$0] } ?? []) }
        if let emc { attributes.append(emc.maximum) }
        return attributes
    }

    /// The operating points behind an attribute; empty for switches.
    func operatingPoints(of attribute: KnobAttribute) -> [Int] {
        guard attribute.role == .min || attribute.role == .max else { return [] }
        switch attribute.knob {
        case GPUKnob.name: return gpu?.availableHz ?? []
        case EMCKnob.name: return emc?.availableHz ?? []
        default: return cpu.clusters.first { $0.name == attribute.knob }?.availableKHz ?? []
        }
    }

    /// Who holds this attribute's clock down now.
    func limiter(of attribute: KnobAttribute) -> String? {
        guard attribute.role == .min || attribute.role == .max, attribute.knob != EMCKnob.name else { return nil }
        return Limiters.active(attribute.knob == GPUKnob.name ? .gpu : .cpu, root: root, files: files)
    }

    /// Journals what is readable and not journalled yet, before anything of it is written.
    func journalBaseline(_ journal: Journal, online: Set<Int>) throws(BoardError) {
        let known = Set(journal.entries.map { "\($0.knob) \($0.role.rawValue)" })
        var entries = [JournalEntry]()
        for attribute in readableAttributes(online: online)
        where !known.contains("\(attribute.knob) \(attribute.role.rawValue)") {
            let text = try files.text(attribute.path)
            guard JournalText.isValue(text, of: attribute.role) else {
                throw BoardError(
                    .unreadable,
                    "\(attribute.path) holds \"\(text.prefix(40))\", which could not be restored; no knob was changed.")
            }
            // A throttled cap is not what the board was set to: journalled as it is, a restore would keep the throttle.
            let top = operatingPoints(of: attribute).last
            if attribute.role == .max, let top, let value = Int(text), value < top, limiter(of: attribute) != nil {
                entries.append(entry(attribute, String(top), assumed: true))
            } else {
                entries.append(entry(attribute, text, assumed: false))
            }
        }
        if !entries.isEmpty || journal.board != table.name { try journal.extend(with: entries, board: table.name) }
    }

    private func entry(_ attribute: KnobAttribute, _ value: String, assumed: Bool) -> JournalEntry {
        JournalEntry(
            knob: attribute.knob, role: attribute.role, value: value,
            path: String(attribute.path.dropFirst(root.count)), assumed: assumed)
    }

    /// The order in which a clock's bounds change, so that min never passes max on the way: 4.9's devfreq refuses that.
    static func boundWrites(
        _ minimum: KnobAttribute, to low: Int, _ maximum: KnobAttribute, from cap: Int, to high: Int
    ) -> [(attribute: KnobAttribute, value: Int)] {
        high >= cap ? [(maximum, high), (minimum, low)] : [(minimum, low), (maximum, high)]
    }
}
