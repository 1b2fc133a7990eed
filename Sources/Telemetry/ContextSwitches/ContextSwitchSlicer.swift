/// Turns entries whose time is known into slices: CONTEXT_START of a process to the SAVE_END that follows.
package struct ContextSwitchSlicer {
    private struct Open {
        var pid: Int32
        var since: UInt64
    }

    package private(set) var inferredEnds: UInt64 = 0
    package private(set) var unmatchedSaves: UInt64 = 0
    package private(set) var lostNanoseconds: UInt64 = 0
    package private(set) var impossiblePids: UInt64 = 0
    /// Whether an entry has told who has the engine.
    package private(set) var isTracing = false

    private var open: Open?
    /// Up to here everything is known.
    private var knownUntil: UInt64 = 0

    /// PID_MAX_LIMIT of a 64-bit kernel, include/linux/threads.h.
    private static let largestPid: UInt64 = 4 << 20

    package init() {}

    /// Takes the next entry. `nanoseconds` never goes back.
    package mutating func take(
        _ entry: ContextSwitchParser.Entry, at nanoseconds: UInt64, tell receiver: some ContextSwitchReceiver
    ) {
        guard let tag = entry.record.tag else { return }
        if !isTracing {
            isTracing = true
            knownUntil = nanoseconds
            receiver.tracingBegan(at: nanoseconds)
        } else if entry.followsLoss {
            lose(until: nanoseconds, receiver)
        }
        defer { knownUntil = nanoseconds }
        switch tag {
        case .contextStart:
            if open != nil { inferredEnds &+= 1 }
            close(at: nanoseconds, .inferred, receiver)
            open = Open(pid: pid(entry.record), since: nanoseconds)
        case .saveEnd:
            guard let open else {
                unmatchedSaves &+= 1
                return
            }
            let isSame = open.pid == pid(entry.record)
            if !isSame {
                inferredEnds &+= 1
                unmatchedSaves &+= 1
            }
            close(at: nanoseconds, isSame ? .saved : .inferred, receiver)
        case .engineReset:
            close(at: nanoseconds, .reset, receiver)
        default: break
        }
    }

    /// Tells the part of the open slice before `nanoseconds`, up to where all entries have been read.
    package mutating func split(at nanoseconds: UInt64, tell receiver: some ContextSwitchReceiver) {
        guard isTracing, nanoseconds > knownUntil else { return }
        if let open {
            close(at: nanoseconds, .continues, receiver)
            self.open = Open(pid: open.pid, since: nanoseconds)
        }
        knownUntil = nanoseconds
    }

    /// Ends the open slice: nobody will tell what comes after `nanoseconds`.
    package mutating func end(at nanoseconds: UInt64, tell receiver: some ContextSwitchReceiver) {
        guard isTracing else { return }
        let end = max(nanoseconds, knownUntil)
        close(at: end, .untraced, receiver)
        receiver.tracingEnded(at: end)
        isTracing = false
        knownUntil = end
    }

    /// What happened after the last known time is not known: it belongs to pid 0.
    private mutating func lose(until nanoseconds: UInt64, _ receiver: some ContextSwitchReceiver) {
        close(at: knownUntil, .lost, receiver)
        guard nanoseconds > knownUntil else { return }
        lostNanoseconds &+= nanoseconds - knownUntil
        let unknown = GPUSlice(pid: 0, startNanoseconds: knownUntil, endNanoseconds: nanoseconds)
        receiver.received(ContextSwitchSlice(unknown, ending: .lost))
    }

    private mutating func close(
        at nanoseconds: UInt64, _ ending: ContextSwitchSlice.Ending, _ receiver: some ContextSwitchReceiver
    ) {
        guard let open else { return }
        let slice = GPUSlice(pid: open.pid, startNanoseconds: open.since, endNanoseconds: nanoseconds)
        receiver.received(ContextSwitchSlice(slice, ending: ending))
        self.open = nil
    }

    private mutating func pid(_ record: ContextSwitchRecord) -> Int32 {
        if record.pid <= Self.largestPid { return Int32(truncatingIfNeeded: record.pid) }
        impossiblePids &+= 1
        return 0
    }
}
