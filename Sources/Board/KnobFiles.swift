import Glibc
import SystemCalls

/// The files that knobs are made of. Everything that Board reads or writes on a board passes here, so that a test can
/// watch the order of writes, refuse one, or answer as the kernel does.
protocol KnobFiles: Sendable {
    /// The content without white space and NUL at both ends.
    func read(_ path: String) throws(SystemCallError) -> String
    /// One write call on an existing file.
    func write(_ text: String, to path: String) throws(SystemCallError)
    /// The names in a directory, sorted bytewise.
    func names(in directory: String) throws(SystemCallError) -> [String]
    func exists(_ path: String) -> Bool
    /// Gives the kernel a moment to make a written value effective.
    func pause()
}

/// The real files.
struct SysfsFiles: KnobFiles {
    /// A sysfs attribute is at most one page, 64 KiB on the largest arm64 configuration; these are far smaller.
    private static let limit = 16_384

    func read(_ path: String) throws(SystemCallError) -> String {
        try SmallFile.text(path, limit: Self.limit)
    }

    func write(_ text: String, to path: String) throws(SystemCallError) {
        try SmallFile.write(text, to: path)
    }

    func names(in directory: String) throws(SystemCallError) -> [String] {
        try Directory.names(directory)
    }

    func exists(_ path: String) -> Bool {
        Directory.exists(path)
    }

    func pause() {
        var millisecond = timespec(tv_sec: 0, tv_nsec: 1_000_000)
        _ = unsafe nanosleep(&millisecond, nil)
    }
}

extension KnobFiles {
    /// The whole number that `path` holds.
    func integer(_ path: String) throws(BoardError) -> Int {
        let text = try text(path)
        guard let value = Int(text) else {
            throw BoardError(
                .unreadable, "\(path) holds \"\(text.prefix(40))\" where a whole number was expected; it is not used.")
        }
        return value
    }

    /// The text of `path`, with the system's refusal as a board error.
    func text(_ path: String) throws(BoardError) -> String {
        do {
            return try read(path)
        } catch {
            throw BoardError(.unreadable, error.description)
        }
    }

    /// The operating points that `path` lists, ascending, without repeats. At least one; at most 1,024.
    func operatingPoints(_ path: String) throws(BoardError) -> [Int] {
        let text = try text(path)
        let fields = text.split(whereSeparator: \.isWhitespace)
        let values = fields.compactMap { Int($0) }.filter { $0 > 0 }
        guard !values.isEmpty, values.count == fields.count, values.count <= 1_024 else {
            throw BoardError(
                .unreadable,
                "\(path) holds \"\(text.prefix(60))\" where a list of frequencies was expected; it is not used.")
        }
        return Set(values).sorted()
    }

    /// The CPU numbers that a file like related_cpus lists, ascending.
    func cpuNumbers(_ path: String) throws(BoardError) -> [Int] {
        let text = try text(path)
        let fields = text.split(whereSeparator: { $0.isWhitespace || $0 == "," })
        let values = fields.compactMap { Int($0) }.filter { (0..<4_096).contains($0) }
        guard !values.isEmpty, values.count == fields.count else {
            throw BoardError(
                .unreadable, "\(path) holds \"\(text.prefix(60))\" where CPU numbers were expected; it is not used.")
        }
        return Set(values).sorted()
    }
}
