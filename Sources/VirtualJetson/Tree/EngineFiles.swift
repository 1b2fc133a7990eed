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
        try tree.add("virtual/contexts", .readOnly { Self.contexts(state.readings.contexts) })
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
        """
    }

    private static func contexts(_ contexts: [ContextAccount]) -> String {
        contexts.map {
            "\($0.index) pid \($0.pid) surface \($0.surface.isEmpty ? "-" : $0.surface) launches "
                + "\($0.launchesCompleted) loads \($0.loadsCompleted) busy_ns \($0.busyNanoseconds)"
        }.joined(separator: "\n")
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
