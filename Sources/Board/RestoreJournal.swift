extension KnobSet {
    mutating func restore(_ journal: Journal, keeping kept: Set<String>) throws(BoardError) -> RestoreReport {
        var report = RestoreReport()
        if journal.isEmpty { return report }
        try check(journal, journal.entries)
        let entries = journal.entries.filter { !kept.contains($0.knob) }
        for knob in kept.sorted() { report.notes.append("\(knob) stays as it is, since somebody else has set it.") }
        settings = [:]
        let before = try cpu.onlineCores(files)
        let online = switchOn(entries, online: before, &report)
        cpu.scan(files)

        // One group per knob, in the journal's order, so that a clock's two bounds are put back together.
        var knobs = [String]()
        for entry in entries where entry.role != .online && !knobs.contains(entry.knob) { knobs.append(entry.knob) }
        for knob in knobs {
            restoreClock(knob, entries.filter { $0.knob == knob && $0.role != .online }, online: online, &report)
        }
        switchOff(entries, &report)
        if report.isComplete { try journal.remove() }
        return report
    }

    /// Refuses a journal that is not of this board: its paths must be the very files that discovery found.
    private func check(_ journal: Journal, _ entries: [JournalEntry]) throws(BoardError) {
        guard journal.board == table.name else {
            throw BoardError(
                .journalRefused,
                "\(journal.path) was written on \(journal.board), and this is \(table.name): nothing was restored from it."
            )
        }
        for entry in entries {
            if let attribute = attribute(of: entry), attribute.path != root + entry.path {
                throw journal.refuse(
                    "\(entry.path) is not the file of \(entry.knob) \(entry.role.rawValue) here, \(attribute.path) is")
            }
        }
    }

    private func attribute(of entry: JournalEntry) -> KnobAttribute? {
        if entry.role == .online { return cpu.switches.values.first { $0.knob == entry.knob } }
        var attributes = cpu.clusters.flatMap { [$0.minimum, $0.maximum] }
        if let gpu { attributes += [gpu.minimum, gpu.maximum] + (gpu.powerControl.map { [$0] } ?? []) }
        if let emc { attributes.append(emc.maximum) }
        return attributes.first { $0.knob == entry.knob && $0.role == entry.role }
    }

    /// Switches on the cores that were on, and one core of every cluster whose clock was changed: an offline cluster keeps
    /// its caps and refuses new ones, so ours would show up again when somebody switches it on.
    private func switchOn(_ entries: [JournalEntry], online: Set<Int>, _ report: inout RestoreReport) -> Set<Int> {
        var online = online
        let wanted = Set(entries.filter { $0.role == .online && $0.value == "1" }.map(\.knob))
        for (number, attribute) in cpu.switches.sorted(by: { $0.key < $1.key }) where wanted.contains(attribute.knob) {
            switchOn(number, &online, &report)
        }
        for entry in entries where entry.role == .max && entry.knob.hasPrefix("cpu.policy") {
            guard let lowest = Int(entry.knob.dropFirst("cpu.policy".count)) else { continue }
            let cpus = cpu.clusters.first { $0.name == entry.knob }?.cpus ?? [lowest]
            if online.isDisjoint(with: cpus) { switchOn(cpus[0], &online, &report) }
        }
        return online
    }

    private func switchOn(_ number: Int, _ online: inout Set<Int>, _ report: inout RestoreReport) {
        guard let attribute = cpu.switches[number], !online.contains(number) else { return }
        do {
            try files.write("1", to: attribute.path)
            online.insert(number)
        } catch {
            report.failures.append("\(attribute.knob) could not be switched on. \(error)")
        }
    }

    private func restoreClock(
        _ knob: String, _ entries: [JournalEntry], online: Set<Int>, _ report: inout RestoreReport
    ) {
        var present = [KnobAttribute.Role: (attribute: KnobAttribute, entry: JournalEntry)]()
        for entry in entries {
            guard let attribute = attribute(of: entry), files.exists(attribute.path) else {
                report.vanished.append(
                    """
                    \(knob) \(entry.role.rawValue) (\(root)\(entry.path)) is no longer there, so it could not be set back \
                    to \(entry.value); the setting went with its driver.
                    """)
                continue
            }
            guard attribute.path == root + entry.path else {
                report.failures.append(
                    "\(entry.path) is not the file of \(knob) here, \(attribute.path) is; not written.")
                continue
            }
            present[entry.role] = (attribute, entry)
        }
        let awake = present[.control] != nil && (present[.min] != nil || present[.max] != nil)
        if awake, let control = present[.control] { write("on", control, &report) }
        for role in boundOrder(present) {
            if let bound = present[role] { write(text(bound), bound, &report) }
        }
        if let control = present[.control] { write(control.entry.value, control, &report) }
        var pauses = 20
        for role in [KnobAttribute.Role.max, .min, .control] {
            if let item = present[role] { verify(item, &pauses, &report) }
        }
    }

    private func boundOrder(
        _ present: [KnobAttribute.Role: (attribute: KnobAttribute, entry: JournalEntry)]
    ) -> [KnobAttribute.Role] {
        guard let maximum = present[.max], let now = try? files.integer(maximum.attribute.path) else {
            return [.max, .min]
        }
        let points = operatingPoints(of: maximum.attribute)
        let target = Int(maximum.entry.value).map { Knob.cap($0, within: points) } ?? 0
        return target >= Knob.cap(now, within: points) ? [.max, .min] : [.min, .max]
    }

    /// What is written for an entry: its text, but never above the top operating point of a clock that has a list of its
    /// own. The memory cap's "no cap" is a number far above, and goes back as it was.
    private func text(_ item: (attribute: KnobAttribute, entry: JournalEntry)) -> String {
        guard item.attribute.knob != EMCKnob.name, let value = Int(item.entry.value),
            let top = operatingPoints(of: item.attribute).last, value > top
        else { return item.entry.value }
        return String(top)
    }

    /// Writes one value; a failure that matters shows when the value is verified, but only here the system says why.
    private func write(
        _ text: String, _ item: (attribute: KnobAttribute, entry: JournalEntry), _ report: inout RestoreReport
    ) {
        do {
            try files.write(text, to: item.attribute.path)
        } catch {
            report.failures.append("\(item.entry.knob) \(item.entry.role.rawValue) was not restored. \(error)")
        }
    }

    private func verify(
        _ item: (attribute: KnobAttribute, entry: JournalEntry), _ pauses: inout Int, _ report: inout RestoreReport
    ) {
        let label = "\(item.entry.knob) \(item.entry.role.rawValue)"
        let points = item.entry.role == .max ? operatingPoints(of: item.attribute) : []
        func same(_ text: String) -> Bool {
            guard text != item.entry.value else { return true }
            guard item.entry.role == .max, let now = Int(text), let then = Int(item.entry.value) else { return false }
            return Knob.cap(now, within: points) == Knob.cap(then, within: points)
        }
        do {
            var now = try files.read(item.attribute.path)
            while !same(now), pauses > 0 {
                files.pause()
                pauses -= 1
                now = try files.read(item.attribute.path)
            }
            if same(now) {
                report.restored.append(label)
            } else if let limiter = limiter(of: item.attribute) {
                report.restored.append(label)
                report.notes.append("\(label) was set back to \(item.entry.value) and reads \(now): \(limiter).")
            } else {
                report.failures.append(
                    "\(label) was set back to \(item.entry.value) and reads \(now) (\(item.attribute.path)).")
            }
        } catch {
            report.failures.append("\(label) cannot be verified. \(error)")
        }
    }

    private func switchOff(_ entries: [JournalEntry], _ report: inout RestoreReport) {
        let switches = cpu.switches.sorted { $0.key > $1.key }
        for (_, attribute) in switches {
            guard let entry = entries.first(where: { $0.knob == attribute.knob && $0.role == .online }) else {
                continue
            }
            do {
                if entry.value == "0", try files.read(attribute.path) != "0" {
                    try files.write("0", to: attribute.path)
                }
                let now = try files.read(attribute.path)
                if now == entry.value {
                    report.restored.append("\(entry.knob) online")
                } else {
                    report.failures.append("\(entry.knob) was \(entry.value) and reads \(now) (\(attribute.path)).")
                }
            } catch {
                report.failures.append("\(entry.knob) was not restored to \(entry.value). \(error)")
            }
        }
        for entry in entries where entry.role == .online && !switches.contains(where: { $0.value.knob == entry.knob }) {
            report.vanished.append("\(entry.knob) (\(root)\(entry.path)) is no longer there; it was \(entry.value).")
        }
    }
}
