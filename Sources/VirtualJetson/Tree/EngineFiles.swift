import VirtualFiles

extension BoardTree {
    /// What a real board does not have: accounts of the engine and a hand on the over-current counters. All below
    /// `virtual/`, so that nobody takes it for silicon.
    func addEngine() throws(FileTreeError) {
        let state = state
        try addText(
            "virtual/about",
            """
            A virtual board: time and power come from a model, not from silicon. Processes, files, signals and probes are \
            real. The TPC mask stays 0 in every preset.
            """)
        try tree.add("virtual/engine.stat", .readOnly { Self.engineStat(state.readings.totals) })
        try tree.add(
            "virtual/contexts",
            .readOnly { state.readings.contexts.map { "\($0.index) \(Self.line($0))" }.joined(separator: "\n") })
        try tree.add(
            "virtual/finished", .readOnly { state.readings.finished.map(Self.line).joined(separator: "\n") })
        let chips = board.chips
        try tree.add("virtual/energy.stat", .readOnly { Self.energyStat(state.readings, chips) })
        for index in 0..<3 {
            try addKnob("virtual/oc\(index + 1)_events", read: { String($0.overCurrentEvents[index]) }) {
                (text: String, knobs: inout Knobs) throws(Rejection) in
                knobs.overCurrentEvents[index] = try KernelNumber.whole(text)
            }
        }
    }

    private static func engineStat(_ totals: EngineTotals) -> String {
        """
        contexts_opened \(totals.contextsOpened)
        contexts_reaped \(totals.contextsReaped)
        contexts_faulted \(totals.contextsFaulted)
        launches_completed \(totals.launchesCompleted)
        loads_completed \(totals.loadsCompleted)
        gpu_busy_ns \(totals.gpuBusyNanoseconds)
        context_switches \(totals.contextSwitches)
        ctxsw_records \(totals.traceRecords)
        ctxsw_lost \(totals.traceRecordsLost)
        ctxsw_entries \(totals.traceEntries)
        ctxsw_dropped \(totals.traceEntriesDropped)
        """
    }

    private static func line(_ account: ContextAccount) -> String {
        "pid \(account.pid) surface \(account.surface.isEmpty ? "-" : account.surface) launches "
            + "\(account.launchesCompleted) loads \(account.loadsCompleted) busy_ns \(account.busyNanoseconds) "
            + "resident_ns \(account.residentNanoseconds)"
    }

    private static func energyStat(_ readings: EngineReadings, _ chips: [BoardDescription.PowerMonitorChip]) -> String {
        var lines: [String] = []
        for (chip, joules) in zip(chips, readings.energyJoules) {
            for (rail, joules) in zip(chip.channels, joules) {
                if let rail { lines.append("\(rail.label) \(UInt64(max(joules, 0) * 1e6))") }
            }
        }
        return lines.joined(separator: "\n")
    }
}
