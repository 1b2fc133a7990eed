/// What a recording holds, and what it does not.
public struct TraceSummary: Sendable, Equatable {
    /// One process of a recording.
    public struct Process: Sendable, Equatable {
        /// Thread group id in the initial pid namespace.
        public let pid: Int32
        /// Its command name; empty if the recording does not tell it.
        public internal(set) var name = ""
        /// How its slices were measured: the best way of those that gave any; nil without slices.
        public private(set) var source: String?
        /// Slices of that source.
        public private(set) var slices: UInt64 = 0
        /// Sum of their lengths, nanoseconds; what overlaps counts once.
        public private(set) var busyNanoseconds: UInt64 = 0
        /// Minibatches that ended.
        public internal(set) var minibatches: UInt64 = 0
        private var best: TraceRecord.Source?

        init(pid: Int32) {
            self.pid = pid
        }

        /// Counts a slice, if no better source has given any.
        mutating func add(nanoseconds: UInt64, _ slice: TraceRecord.Source) {
            let known = best?.index ?? Int.max
            guard slice.index <= known else { return }
            if slice.index < known {
                best = slice
                source = slice.rawValue
                slices = 0
                busyNanoseconds = 0
            }
            slices += 1
            busyNanoseconds = busyNanoseconds.addingReportingOverflow(nanoseconds).partialValue
        }
    }

    /// Processes that have a slice or a minibatch, by falling busy time, then by pid.
    public internal(set) var processes: [Process] = []
    /// Records that made at least one event.
    public internal(set) var records: UInt64 = 0
    /// Events in the file, those that name rows aside.
    public internal(set) var events: UInt64 = 0
    /// Lines that the daemon had to drop because they were not read in time.
    public internal(set) var lostLines: UInt64 = 0
    /// Lines that were torn, unknown or absurd.
    public internal(set) var skippedLines: UInt64 = 0
    /// Records passed over because they were older than what their row showed already.
    public internal(set) var lateRecords: UInt64 = 0
    /// Slices that were shortened because their start overlapped the one before.
    public internal(set) var overlappingSlices: UInt64 = 0

    /// Lines for people: a table of processes, then what is missing.
    public var text: String {
        var lines = [String]()
        if !processes.isEmpty { lines.append("    PID  COMMAND            SLICES     BUSY MS  MINIBATCHES  SOURCE") }
        for process in processes {
            let name = process.name.isEmpty ? "-" : DisplayText.printable(process.name)
            lines.append(
                DisplayText.right("\(process.pid)", 7) + "  " + DisplayText.left(name, 15)
                    + DisplayText.right("\(process.slices)", 10)
                    + DisplayText.right(QuantityText.decimal(process.busyNanoseconds / 1_000, scale: 3), 12)
                    + DisplayText.right("\(process.minibatches)", 13)
                    + "  \(process.source ?? QuantityText.unmeasured)")
        }
        lines.append("\(events) events of \(records) records; \(lostLines) lines lost by the daemon's buffer")
        if skippedLines > 0 { lines.append("\(skippedLines) lines were torn or unknown and are left out") }
        if lateRecords > 0 { lines.append("\(lateRecords) records came too late for their row and are left out") }
        if overlappingSlices > 0 {
            lines.append("\(overlappingSlices) slices overlapped the one before and are shortened")
        }
        return lines.joined(separator: "\n")
    }
}
