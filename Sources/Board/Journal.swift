import Glibc
import Synchronization
import SystemCalls
import SystemPackage

/// The values that the knobs had before we first wrote them, on disk before the first write. It outlives the daemon: who
/// finds one restores from it before anything else, as what the knobs hold then is ours.
///
/// Entries are only ever added, for knobs that could not be read before (a cluster that was offline), never changed. So a
/// value that we set can not become the baseline.
public final class Journal: Sendable {
    private struct Content {
        var board = ""
        var entries = [JournalEntry]()
    }

    /// The file.
    public let path: String
    private let content: Mutex<Content>

    private init(path: String, content: Content) {
        self.path = path
        self.content = Mutex(content)
    }

    /// Reads the journal at `path`; where there is none the result is empty, and the file is made by the first `apply`.
    ///
    /// Throws `journalRefused`, with file and line, for a file that is torn, altered or cannot be read. Such a file is
    /// first renamed to `path.corrupt-N`, so that it can be looked at and a second call starts empty; the knobs keep the
    /// values they have, as nothing in the file can be trusted.
    public static func load(_ path: String) throws(BoardError) -> Journal {
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.bytes(path, limit: JournalText.limit)
        } catch  where error.errno == .noSuchFileOrDirectory {
            return Journal(path: path, content: Content())
        } catch  where error.errno == .fileTooLarge {
            throw refusal(path, line: nil, "it is longer than any journal")
        } catch {
            throw BoardError(.journalRefused, "\(error) The board cannot be restored without it; nothing was touched.")
        }
        do {
            let (board, entries) = try JournalText.decode(bytes)
            return Journal(path: path, content: Content(board: board, entries: entries))
        } catch {
            throw refusal(path, line: error.line, error.reason)
        }
    }

    /// Whether there is nothing to restore.
    public var isEmpty: Bool { content.withLock { $0.entries.isEmpty } }

    var entries: [JournalEntry] { content.withLock { $0.entries } }

    /// The name of the board that the entries belong to; empty in an empty journal.
    var board: String { content.withLock { $0.board } }

    /// Adds entries for knobs that have none, and is durable on return. Entries for others are left out.
    func extend(with added: [JournalEntry], board: String) throws(BoardError) {
        try content.withLock { (content) throws(BoardError) in
            guard content.entries.isEmpty || content.board == board else {
                throw BoardError(
                    .journalRefused,
                    "\(path) was written on \(content.board), and this is \(board): restore or remove it first.")
            }
            let known = Set(content.entries.map { "\($0.knob) \($0.role.rawValue)" })
            let new = added.filter { !known.contains("\($0.knob) \($0.role.rawValue)") }
            if new.isEmpty { return }
            let entries = content.entries + new
            do {
                let parent = FilePath(path).removingLastComponent().string
                if !parent.isEmpty, !Directory.exists(parent) { try Directory.create(parent, mode: 0o700) }
                try SmallFile.replaceAtomically(path, with: JournalText.encode(board: board, entries))
            } catch {
                throw BoardError(
                    .journalNotStored,
                    "\(error) The knobs' values must be journalled before they are changed, so they were left alone.")
            }
            content = Content(board: board, entries: entries)
        }
    }

    /// Forgets everything, on disk first.
    func remove() throws(BoardError) {
        try content.withLock { (content) throws(BoardError) in
            if unsafe unlink(path) != 0, Glibc.errno != ENOENT {
                let error = SystemCallError("remove", path, Errno(rawValue: Glibc.errno))
                throw BoardError(
                    .journalNotStored, "\(error) The board is restored; the journal will restore the same again.")
            }
            // A machine that loses power before this is durable loses its knobs' values as well.
            try? SmallFile.syncDirectory(of: path)
            content = Content()
        }
    }

    /// Puts the file aside and says why.
    func refuse(_ reason: String) -> BoardError {
        content.withLock { content in
            content = Content()
            return Journal.refusal(path, line: nil, reason)
        }
    }

    private static func refusal(_ path: String, line: Int?, _ reason: String) -> BoardError {
        let place = line.map { "\(path), line \($0)" } ?? path
        let aside = (1...99).map { "\(path).corrupt-\($0)" }.first { !Directory.exists($0) } ?? "\(path).corrupt-99"
        let kept =
            unsafe rename(path, aside) == 0
            ? "It is kept as \(aside)."
            : "It could not be renamed to \(aside) either (errno \(Glibc.errno)); move it away by hand."
        return BoardError(
            .journalRefused,
            """
            \(place): \(reason). Nothing in this journal is trusted, so the knobs keep the values they have. \(kept) To \
            get the board's own values back, run nvpmodel with the wanted mode, or reboot.
            """)
    }
}

extension Journal {
    func entry(of attribute: KnobAttribute) -> JournalEntry? {
        entries.first { $0.knob == attribute.knob && $0.role == attribute.role }
    }

    /// The journalled number of a clock's bound.
    func number(of attribute: KnobAttribute) -> Int? {
        entry(of: attribute).flatMap { Int($0.value) }
    }
}
