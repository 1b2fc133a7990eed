import SystemCalls

/// Turns the tree's `trace_pipe` into the trace-event format as it comes, in memory that does not grow with the recording:
/// what is kept is one small row per process and per rail.
///
/// Each process has a row for its GPU slices (`X` events), one for each way in which they were measured, as these differ and overlap,
/// and one for its minibatches (`X` from one end to the next). The
/// governor has rows for modes, decisions and lost lines (`i`) and counters (`C`) of the requested clocks, 0 while nothing is
/// requested; rails are counters in watts. On each row stamps rise: what overlaps the slice before is shortened by it, what is older
/// is left out, both counted. Stamps stay those of CLOCK_MONOTONIC, so that other traces of that clock can be laid beside.
public struct TraceConverter {
    /// What the recording holds so far.
    public var summary: TraceSummary {
        var result = counts
        result.processes = processes.values.map(\.summary).filter { $0.slices > 0 || $0.minibatches > 0 }
            .sorted { ($1.busyNanoseconds, $0.pid) < ($0.busyNanoseconds, $1.pid) }
        return result
    }

    private var counts = TraceSummary()
    private var text = TraceEventText()
    private var torn: [UInt8] = []
    private var isInOverlongLine = false
    private var hasVersion = false
    private var processes: [Int32: ProcessRow] = [:]
    private var rails: [String: (name: [UInt8], last: UInt64)] = [:]
    private var lastMode: UInt64 = 0
    private var lastDecision: UInt64 = 0
    private var latest: UInt64 = 0
    /// Lost lines that no event tells yet, as no stamp is known for them.
    private var untoldLost: UInt64 = 0

    private static let version: UInt64 = 1
    private static let lineLimit = 65_536
    private static let processLimit = 65_536
    private static let railLimit = 64
    /// Beyond all pids, so that no process is taken for the governor, and rows of all processes differ.
    private static let governor = 2 * TraceRecord.pidLimit
    private static let railsProcess = governor + 16
    private static let modeRow = governor
    private static let decisionRow = governor + 1
    private static let lostRow = governor + 2

    private struct ProcessRow {
        var summary: TraceSummary.Process
        /// The name of its slices, as JSON.
        var label: [UInt8]
        /// By source: the end of the latest slice; nil before the first.
        var lastSliceEnds: [UInt64?] = TraceRecord.Source.allCases.map { _ in nil }
        var lastMinibatchEnd: UInt64 = 0
    }

    /// Starts a document; `creator` names the program and its version. A mode that was in force before `startNanoseconds` is shown
    /// from there on, or the timeline would begin when it was set.
    public init(creator: String, startNanoseconds: UInt64 = 0) {
        self.creator = creator
        self.startNanoseconds = startNanoseconds
        text.raw("{\"traceEvents\":[\n")
        nameProcess(Self.governor, TraceEventText.string("Fulcrum governor"), order: "-2")
        nameRow(Self.governor, Self.modeRow, "power modes")
        nameRow(Self.governor, Self.decisionRow, "decisions")
        nameRow(Self.governor, Self.lostRow, "lost lines")
        nameProcess(Self.railsProcess, TraceEventText.string("power rails"), order: "-1")
    }

    private let creator: String
    private let startNanoseconds: UInt64

    /// Hands over the bytes of the document that were made since the last call.
    public mutating func takeOutput() -> [UInt8] {
        defer { text.bytes.removeAll(keepingCapacity: true) }
        return text.bytes
    }

    /// Converts the next bytes of the stream, cut anywhere.
    ///
    /// - Throws: when the stream does not begin as this version's does; nothing of it can be trusted then.
    public mutating func convert(_ bytes: Span<UInt8>) throws(InspectionError) {
        var start = 0
        for index in 0..<bytes.count where bytes[index] == UInt8(ascii: "\n") {
            let piece = bytes.extracting(start..<index)
            start = index + 1
            if isInOverlongLine {
                isInOverlongLine = false
                continue
            }
            if torn.isEmpty {
                try line(piece)
            } else {
                append(piece)
                let whole = torn
                torn.removeAll(keepingCapacity: true)
                if !isInOverlongLine { try line(whole.span) }
                isInOverlongLine = false
            }
        }
        if start < bytes.count, !isInOverlongLine { append(bytes.extracting(start..<bytes.count)) }
    }

    /// Ends the document.
    public mutating func finish() {
        if !torn.isEmpty { counts.skippedLines += 1 }
        tellLost()
        text.raw("\n],\"displayTimeUnit\":\"ms\",\"metadata\":{\"creator\":")
        text.bytes += TraceEventText.string(creator)
        text.raw(",\"version\":")
        text.number(Self.version)
        text.raw(",\"clock\":\"monotonic\"")
        for (key, value) in [
            ("lost_lines" as StaticString, counts.lostLines), ("skipped_lines", counts.skippedLines),
            ("late_records", counts.lateRecords), ("overlapping_slices", counts.overlappingSlices),
        ] {
            text.key(key)
            text.number(value)
        }
        text.raw("}}\n")
    }

    private mutating func append(_ piece: Span<UInt8>) {
        guard torn.count + piece.count <= Self.lineLimit else {
            torn.removeAll(keepingCapacity: true)
            isInOverlongLine = true
            counts.skippedLines += 1
            return
        }
        for index in 0..<piece.count { torn.append(piece[index]) }
    }

    private mutating func line(_ line: Span<UInt8>) throws(InspectionError) {
        let record = TraceRecord(line: line)
        if case .version(let number, let clock)? = record {
            guard number == Self.version, clock == "monotonic" else {
                throw InspectionError(
                    "The daemon records in format \(number) on clock \(DisplayText.printable(clock)), and this program reads "
                        + "format \(Self.version) on clock monotonic: use the fulcrumctl that came with the daemon.")
            }
            hasVersion = true
            return
        }
        guard hasVersion else {
            throw InspectionError(
                "The recording does not begin with its version, so it is not fulcrumd's trace_pipe: check --tree.")
        }
        guard let record else {
            counts.skippedLines += 1
            return
        }
        let eventsBefore = counts.events
        switch record {
        case .version: break
        case .process(let pid, let name): process(pid, name)
        case .slice(let pid, let start, let end, let source): slice(pid, start, end, source)
        case .minibatch(let pid, let end, let count): minibatch(pid, end, count)
        case .rail(let label, let time, let microwatts): rail(label, time, microwatts)
        case .mode(let time, let mode): self.mode(time, mode)
        case .decision(let time, let sentence): decision(time, sentence)
        case .lost(let count):
            counts.lostLines = sum(counts.lostLines, count)
            untoldLost = sum(untoldLost, count)
        }
        if counts.events > eventsBefore { counts.records += 1 }
    }

    // MARK: Rows of processes

    private mutating func process(_ pid: Int32, _ name: String) {
        guard known(pid) else { return }
        let label = TraceEventText.string(name)
        guard processes[pid]?.summary.name != name else { return }
        processes[pid]?.summary.name = name
        processes[pid]?.label = label
        nameProcess(UInt64(pid), label, order: nil)
    }

    /// Makes sure that `pid` has rows; false if there are too many processes, which counts as a skipped line.
    private mutating func known(_ pid: Int32) -> Bool {
        if processes[pid] != nil { return true }
        guard processes.count < Self.processLimit else {
            counts.skippedLines += 1
            return false
        }
        processes[pid] = ProcessRow(summary: .init(pid: pid), label: TraceEventText.string("GPU"))
        nameRow(UInt64(pid), Self.minibatchRow(pid), "minibatches")
        return true
    }

    private static func minibatchRow(_ pid: Int32) -> UInt64 { TraceRecord.pidLimit + UInt64(pid) }

    private static func sliceRow(_ pid: Int32, _ source: TraceRecord.Source) -> UInt64 {
        switch source {
        case .ctxsw: UInt64(pid)
        case .launches: 4 * TraceRecord.pidLimit + UInt64(pid)
        case .boundaries: 5 * TraceRecord.pidLimit + UInt64(pid)
        }
    }

    private mutating func slice(_ pid: Int32, _ start: UInt64, _ end: UInt64, _ source: TraceRecord.Source) {
        guard known(pid), let row = processes[pid] else { return }
        let index = source.index
        let rowNumber = Self.sliceRow(pid, source)
        if row.lastSliceEnds[index] == nil { nameRow(UInt64(pid), rowNumber, "GPU slices (\(source.rawValue))") }
        let last = row.lastSliceEnds[index] ?? 0
        guard end > last || (start == end && start >= last) else {
            counts.lateRecords += 1
            return
        }
        if start < last { counts.overlappingSlices += 1 }
        let from = max(start, last)
        processes[pid]?.lastSliceEnds[index] = end
        processes[pid]?.summary.add(nanoseconds: end - from, source)
        let category: StaticString =
            switch source {
            case .ctxsw: "ctxsw"
            case .launches: "launches"
            case .boundaries: "boundaries"
            }
        event(row.label, category, "X", UInt64(pid), rowNumber, at: from, upTo: end)
        text.microseconds("dur", end - from)
        text.raw("}")
    }

    private mutating func minibatch(_ pid: Int32, _ end: UInt64, _ count: UInt64) {
        guard known(pid), let row = processes[pid] else { return }
        guard end > row.lastMinibatchEnd else {
            counts.lateRecords += 1
            return
        }
        processes[pid]?.lastMinibatchEnd = end
        processes[pid]?.summary.minibatches = sum(row.summary.minibatches, count)
        let name = Self.minibatchName
        if row.lastMinibatchEnd == 0 {
            event(name, "minibatch", "i", UInt64(pid), Self.minibatchRow(pid), at: end, upTo: end)
            text.raw(",\"s\":\"t\"")
        } else {
            event(name, "minibatch", "X", UInt64(pid), Self.minibatchRow(pid), at: row.lastMinibatchEnd, upTo: end)
            text.microseconds("dur", end - row.lastMinibatchEnd)
        }
        text.raw(",\"args\":{\"count\":")
        text.number(count)
        text.raw("}}")
    }

    private static let minibatchName = TraceEventText.string("minibatch")

    // MARK: Rows of the board and the governor

    private mutating func rail(_ label: String, _ time: UInt64, _ microwatts: UInt64) {
        if rails[label] == nil {
            guard rails.count < Self.railLimit else {
                counts.skippedLines += 1
                return
            }
            rails[label] = (TraceEventText.string(label), 0)
        }
        guard let row = rails[label], time > row.last else {
            counts.lateRecords += 1
            return
        }
        rails[label]?.last = time
        event(row.name, "power", "C", Self.railsProcess, Self.railsProcess, at: time, upTo: time)
        text.raw(",\"args\":{\"W\":")
        text.fixed(microwatts, scale: 1_000_000)
        text.raw("}}")
    }

    private mutating func mode(_ stamp: UInt64, _ mode: TraceRecord.Mode?) {
        let time = max(stamp, startNanoseconds)
        guard time >= lastMode else {
            counts.lateRecords += 1
            return
        }
        lastMode = time
        let name = mode.map(\.label) ?? "stock clocks"
        event(TraceEventText.string(name), "mode", "i", Self.governor, Self.modeRow, at: time, upTo: time)
        text.raw(",\"s\":\"p\"}")
        for (name, thousandths) in [
            ("requested CPU MHz", mode?.cpuKHz ?? 0), ("requested GPU MHz", (mode?.gpuHz ?? 0) / 1_000),
            ("requested EMC MHz", (mode?.emcHz ?? 0) / 1_000),
        ] {
            event(TraceEventText.string(name), "mode", "C", Self.governor, Self.governor, at: time, upTo: time)
            text.raw(",\"args\":{\"MHz\":")
            text.fixed(thousandths, scale: 1_000)
            text.raw("}}")
        }
        event(TraceEventText.string("requested cores"), "mode", "C", Self.governor, Self.governor, at: time, upTo: time)
        text.raw(",\"args\":{\"cores\":")
        text.number(mode?.cores ?? 0)
        text.raw("}}")
    }

    private mutating func decision(_ time: UInt64, _ sentence: String) {
        guard time >= lastDecision else {
            counts.lateRecords += 1
            return
        }
        lastDecision = time
        event(TraceEventText.string(sentence), "decision", "i", Self.governor, Self.decisionRow, at: time, upTo: time)
        text.raw(",\"s\":\"p\"}")
    }

    /// The daemon gives no stamp to a loss: it is shown at the latest stamp seen.
    private mutating func tellLost() {
        guard untoldLost > 0, latest > 0 else { return }
        let name = TraceEventText.string("lost \(untoldLost) lines")
        untoldLost = 0
        counts.events += 1
        text.event(named: name, category: "lost", phase: "i", process: Self.governor, row: Self.lostRow)
        text.microseconds("ts", latest)
        text.raw(",\"s\":\"g\"}")
    }

    // MARK: Events

    private mutating func event(
        _ name: [UInt8], _ category: StaticString, _ phase: StaticString, _ process: UInt64, _ row: UInt64,
        at time: UInt64, upTo end: UInt64
    ) {
        latest = max(latest, end)
        tellLost()
        counts.events += 1
        text.event(named: name, category: category, phase: phase, process: process, row: row)
        text.microseconds("ts", time)
    }

    private mutating func nameProcess(_ process: UInt64, _ name: [UInt8], order: StaticString?) {
        text.event(
            named: TraceEventText.string("process_name"), category: "__metadata", phase: "M", process: process,
            row: process)
        text.raw(",\"args\":{\"name\":")
        text.bytes += name
        text.raw("}}")
        guard let order else { return }
        text.event(
            named: TraceEventText.string("process_sort_index"), category: "__metadata", phase: "M", process: process,
            row: process)
        text.raw(",\"args\":{\"sort_index\":")
        text.raw(order)
        text.raw("}}")
    }

    private mutating func nameRow(_ process: UInt64, _ row: UInt64, _ name: String) {
        text.event(
            named: TraceEventText.string("thread_name"), category: "__metadata", phase: "M", process: process, row: row)
        text.raw(",\"args\":{\"name\":")
        text.bytes += TraceEventText.string(name)
        text.raw("}}")
    }
}

private func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
}
