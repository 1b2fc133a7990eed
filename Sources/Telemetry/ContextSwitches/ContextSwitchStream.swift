/// The bytes of the context-switch device turned into slices on CLOCK_MONOTONIC: parser, clock and slicer in a row, and the
/// sorting out of times that cannot be.
///
/// A single entry from before its forerunner, or from the future, is damaged and is dropped. Several in a row that agree with
/// each other mean that the GPU's timer began anew (it may when the GPU was power-gated).
package struct ContextSwitchStream {
    /// What a pid of the first entries is asked: whether such a process lives.
    package typealias Liveness = (Int32) -> Bool

    private var parser = ContextSwitchParser()
    private var clock = GPUClock()
    private var slicer = ContextSwitchSlicer()
    private var parsed = [ContextSwitchParser.Entry]()
    /// Entries of the present epoch that have not been told yet.
    private var accepted = [ContextSwitchParser.Entry]()
    /// Entries out of order that may be the start of a new epoch.
    private var doubtful = [ContextSwitchParser.Entry]()
    private var lastTimestamp: UInt64?
    private var oldest = UInt64.max
    private var newest: UInt64 = 0
    private var implausibleTimestamps: UInt64 = 0
    private var timerRestarts: UInt64 = 0
    private var isAfterLoss = false
    /// When the flush of the round before began, if all it found was read.
    private var flushedAt: UInt64?
    private var pids = PidTrial()

    /// Entries out of order that make a new epoch.
    private static let restartRecords = 4
    /// The microcode writes a switch's entries with their own times, which may be in another order than the entries.
    private static let disorderNanoseconds: Int64 = 1_000_000
    /// An offset that is learnt from few entries may be late by about the driver's own poll period of 17 ms.
    private static let futureNanoseconds: Int64 = 200_000_000
    /// Entries of the first read lie closer together.
    private static let firstReadNanoseconds: Int64 = 60_000_000_000

    package init(capacity: Int = 4_096) {
        parsed.reserveCapacity(capacity)
        accepted.reserveCapacity(capacity + Self.restartRecords)
        doubtful.reserveCapacity(Self.restartRecords)
    }

    package var counts: ContextSwitchCounts {
        var counts = parser.counts
        counts.lostNanoseconds = slicer.lostNanoseconds
        counts.inferredEnds = slicer.inferredEnds
        counts.unmatchedSaves = slicer.unmatchedSaves
        counts.impossiblePids = slicer.impossiblePids
        counts.implausibleTimestamps = implausibleTimestamps
        counts.timerRestarts = timerRestarts
        return counts
    }

    package var clockUncertaintyNanoseconds: UInt64? { clock.uncertaintyNanoseconds }
    package var sequenceIsMeaningful: Bool { parser.sequenceIsMeaningful }

    /// Why these bytes are no context-switch trace; nil while they may be one.
    package var refusal: String? {
        if case .implausible(let sentence) = parser.verdict { return sentence }
        return pids.refusal
    }

    /// Takes the bytes of one read, whole or torn, that returned at `readAt` (CLOCK_MONOTONIC nanoseconds). Linear in the
    /// bytes; allocates nothing where they hold at most `capacity` entries.
    package mutating func take(
        _ bytes: borrowing Span<UInt8>, readAt: UInt64, tell receiver: some ContextSwitchReceiver, lives: Liveness
    ) {
        parsed.removeAll(keepingCapacity: true)
        parser.parse(bytes, into: &parsed)
        for index in parsed.indices {
            var entry = parsed[index]
            pids.note(entry.record, lives: lives)
            if isAfterLoss { entry.followsLoss = true }
            isAfterLoss = false
            sort(entry, readAt, receiver)
        }
        tellAccepted(readAt, receiver)
    }

    /// All entries that were made before `flushBegan` (CLOCK_MONOTONIC nanoseconds; nil where no flush succeeded) have been
    /// taken; those before `certainUntil` also where the GPU was slow to write them.
    package mutating func endRound(
        flushBegan: UInt64?, certainUntil: UInt64, tell receiver: some ContextSwitchReceiver
    ) {
        flushedAt = flushBegan
        clock.raiseFloor(to: certainUntil)
        guard slicer.isTracing else { return }
        slicer.split(at: certainUntil, tell: receiver)
        receiver.delivered(until: certainUntil)
    }

    /// Not all entries could be taken in this round.
    package mutating func endUnfinishedRound() {
        flushedAt = nil
    }

    /// Tracing ended at `nanoseconds` (CLOCK_MONOTONIC); it may begin again.
    package mutating func end(at nanoseconds: UInt64, tell receiver: some ContextSwitchReceiver) {
        slicer.end(at: nanoseconds, tell: receiver)
        clock.raiseFloor(to: nanoseconds)
        clock.restart()
        parser.restart()
        flushedAt = nil
        lastTimestamp = nil
        doubtful.removeAll(keepingCapacity: true)
    }

    private mutating func sort(
        _ entry: ContextSwitchParser.Entry, _ readAt: UInt64, _ receiver: some ContextSwitchReceiver
    ) {
        let timestamp = entry.record.timestamp
        guard let last = lastTimestamp else {
            accept(entry)
            return
        }
        let jump = Int64(bitPattern: timestamp &- last)
        let isBack = jump < -Self.disorderNanoseconds
        let isAhead =
            clock.isSet
            ? clock.lead(timestamp, over: readAt) > Self.futureNanoseconds : jump > Self.firstReadNanoseconds
        guard isBack || isAhead else {
            drop()
            accept(entry)
            return
        }
        if let previous = doubtful.last?.record.timestamp,
            !(0...1_000_000_000).contains(Int64(bitPattern: timestamp &- previous))
        {
            drop()
        }
        doubtful.append(entry)
        guard doubtful.count == Self.restartRecords else { return }
        tellAccepted(readAt, receiver)
        timerRestarts &+= 1
        clock.restart()
        flushedAt = nil
        lastTimestamp = nil
        // Between the last entry of the old epoch and the first of the new one, anything may have happened.
        doubtful[0].followsLoss = true
        for entry in doubtful { accept(entry) }
        doubtful.removeAll(keepingCapacity: true)
    }

    /// Drops the entries in doubt: what they told is missing.
    private mutating func drop() {
        guard !doubtful.isEmpty else { return }
        implausibleTimestamps &+= UInt64(doubtful.count)
        doubtful.removeAll(keepingCapacity: true)
        isAfterLoss = true
    }

    private mutating func accept(_ entry: ContextSwitchParser.Entry) {
        var entry = entry
        if isAfterLoss { entry.followsLoss = true }
        isAfterLoss = false
        let timestamp = entry.record.timestamp
        if let last = lastTimestamp {
            if Int64(bitPattern: timestamp &- last) > 0 { lastTimestamp = timestamp }
        } else {
            lastTimestamp = timestamp
        }
        oldest = min(oldest, timestamp)
        newest = max(newest, timestamp)
        accepted.append(entry)
    }

    private mutating func tellAccepted(_ readAt: UInt64, _ receiver: some ContextSwitchReceiver) {
        guard !accepted.isEmpty else { return }
        clock.observe(readAt: readAt, oldest: oldest, newest: newest, flushedAt: flushedAt)
        for entry in accepted {
            slicer.take(entry, at: clock.map(entry.record.timestamp, readAt: readAt), tell: receiver)
        }
        accepted.removeAll(keepingCapacity: true)
        oldest = .max
        newest = 0
    }
}

/// Whether the pids of the first entries are those of processes: entries of another layout would hold other numbers there.
private struct PidTrial {
    private var asked = [UInt64]()
    private var living = 0
    private var records = 0
    private(set) var refusal: String?

    private static let askedPids = 16
    private static let trialRecords = 256

    init() { asked.reserveCapacity(Self.askedPids) }

    mutating func note(_ record: ContextSwitchRecord, lives: ContextSwitchStream.Liveness) {
        guard records < Self.trialRecords else { return }
        records += 1
        if record.pid != 0, asked.count < Self.askedPids, !asked.contains(record.pid) {
            asked.append(record.pid)
            if let pid = Int32(exactly: record.pid), pid > 0, lives(pid) { living += 1 }
        }
        guard records == Self.trialRecords, !asked.isEmpty, living == 0 else { return }
        refusal =
            "None of the \(asked.count) process ids in the first \(Self.trialRecords) entries of the context-switch device is "
            + "that of a process: this driver's entries have another layout than the one that is read here, or this program "
            + "runs in a pid namespace of its own. Run it in the initial one."
    }
}
