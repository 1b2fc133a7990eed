/// Turns what read() of the context-switch device gave into entries, and tells what is missing between them.
///
/// The bytes carry no version: whether they are entries at all is judged by `verdict`. Nothing that they hold can do harm:
/// every number is taken as it is and interpreted later.
package struct ContextSwitchParser {
    /// An entry and whether earlier ones are missing right before it.
    package struct Entry {
        package var record: ContextSwitchRecord
        package var followsLoss: Bool
    }

    /// Whether the stream can be a context-switch trace.
    package enum Verdict: Equatable {
        case undecided
        case plausible
        /// A sentence.
        case implausible(String)
    }

    package private(set) var counts = ContextSwitchCounts()
    package private(set) var verdict = Verdict.undecided
    /// Whether the running numbers of this device tell of losses.
    package private(set) var sequenceIsMeaningful = true

    /// The first bytes of an entry whose rest has not come yet.
    private var carried = [UInt8]()
    private var expectedSequence: UInt16?
    private var judged = Judgement()

    /// What the running judgement has seen since it was last made.
    private struct Judgement {
        var records = 0
        var unknownTags = 0
        var gaps = 0
        var lost: UInt64 = 0
    }

    /// Entries between two judgements.
    package static let judgedRecords = 256

    package init() {
        carried.reserveCapacity(ContextSwitchRecord.byteCount)
    }

    /// The driver's running number starts anew, or entries were not traced for a while: the next one follows no loss.
    package mutating func restart() {
        carried.removeAll(keepingCapacity: true)
        expectedSequence = nil
    }

    /// Appends the entries in `bytes` to `entries`. Linear in the bytes; allocates nothing where `entries` has room.
    package mutating func parse(_ bytes: borrowing Span<UInt8>, into entries: inout [Entry]) {
        let size = ContextSwitchRecord.byteCount
        var start = 0
        if !carried.isEmpty {
            while carried.count < size, start < bytes.count {
                carried.append(bytes[start])
                start += 1
            }
            guard carried.count == size else { return }
            accept(ContextSwitchRecord(carried.span, at: 0), into: &entries)
            carried.removeAll(keepingCapacity: true)
        }
        while bytes.count - start >= size {
            accept(ContextSwitchRecord(bytes, at: start), into: &entries)
            start += size
        }
        guard start < bytes.count else { return }
        counts.tornReads &+= 1
        while start < bytes.count {
            carried.append(bytes[start])
            start += 1
        }
    }

    private mutating func accept(_ record: ContextSwitchRecord, into entries: inout [Entry]) {
        counts.records &+= 1
        judged.records += 1
        switch record.tag {
        case .contextStart: counts.contextStarts &+= 1
        case .saveEnd: counts.contextSaves &+= 1
        case .engineReset: counts.engineResets &+= 1
        case nil:
            counts.unknownTags &+= 1
            judged.unknownTags += 1
        default: break
        }
        let followsLoss = isAfterLoss(record.sequence)
        entries.append(Entry(record: record, followsLoss: followsLoss))
        if judged.records == Self.judgedRecords { judge() }
    }

    private mutating func isAfterLoss(_ sequence: UInt16) -> Bool {
        defer { expectedSequence = sequence &+ 1 }
        guard sequenceIsMeaningful, let expectedSequence, sequence != expectedSequence else { return false }
        // 16 bits: a multiple of 65,536 more may be missing.
        let missing = UInt64(sequence &- expectedSequence)
        judged.gaps += 1
        judged.lost &+= missing
        counts.losses &+= 1
        counts.lostRecords &+= missing
        return true
    }

    private mutating func judge() {
        // Losses come in bursts, as a full ring is emptied by long reads: where many entries seem to follow a loss, the number
        // counts something else, the entries of each context perhaps, and says nothing.
        if judged.gaps > Self.judgedRecords / 4 {
            sequenceIsMeaningful = false
            counts.losses &-= UInt64(judged.gaps)
            counts.lostRecords &-= min(judged.lost, counts.lostRecords)
        }
        if judged.unknownTags > Self.judgedRecords / 4 {
            verdict = .implausible(
                "\(judged.unknownTags) of \(Self.judgedRecords) entries of the context-switch device carry tags that are not "
                    + "known: this driver's entries have another layout than the 24 bytes that are read here.")
        } else if verdict == .undecided {
            verdict = .plausible
        }
        judged = Judgement()
    }
}
