import SystemCalls

/// Writes that are put back in reverse order when one of them fails.
struct KnobTransaction {
    private struct Undo {
        let attribute: KnobAttribute
        let text: String
        /// What the file read before a write that was refused; nil for one that was accepted.
        let refusedAt: String?
    }

    private let files: any KnobFiles
    private var undo: [Undo] = []
    /// What was written to each path, the last value of each.
    private(set) var requests: [String: String] = [:]
    private(set) var writes = 0

    init(_ files: any KnobFiles) {
        self.files = files
    }

    /// Writes `text`; `previous` is what a roll back writes. Throws `writeFailed`, naming knob, path, value and errno.
    mutating func write(_ text: String, to attribute: KnobAttribute, previous: String) throws(BoardError) {
        let reading = (try? files.read(attribute.path)) ?? previous
        do {
            try files.write(text, to: attribute.path)
        } catch {
            // A driver may have taken the value before it failed (r35's memory cap stores first, then asks BPMP), and it
            // may show only later: so a refused write is put back as well.
            undo.append(Undo(attribute: attribute, text: previous, refusedAt: reading))
            throw BoardError(.writeFailed, "Setting knob \(attribute.knob) to \(text) failed. \(error)")
        }
        undo.append(Undo(attribute: attribute, text: previous, refusedAt: nil))
        requests[attribute.path] = text
        writes += 1
    }

    /// Puts everything back, latest first. Returns the failures as sentences.
    mutating func rollBack() -> [String] {
        var failures = [String]()
        while let last = undo.popLast() {
            do {
                try files.write(last.text, to: last.attribute.path)
            } catch {
                // A knob that refuses every write, or is gone, needs no putting back if it shows no change.
                let now = try? files.read(last.attribute.path)
                if let before = last.refusedAt, now == nil || now == before { continue }
                failures.append(
                    "Putting knob \(last.attribute.knob) back to \(last.text) failed as well. \(error)")
            }
        }
        return failures
    }
}
