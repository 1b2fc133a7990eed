import Glibc

/// What the person at the demo sees: a block that is drawn over itself on a terminal, plain lines elsewhere.
struct Screen {
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private var drawnLines = 0
    private var lastPlainLine = ""

    /// Prints a line that stays.
    mutating func say(_ line: String) {
        clear()
        put(line + "\n")
    }

    /// Shows what is going on now; on a terminal in place of what this showed before, elsewhere only its first line, and only
    /// when that has changed.
    mutating func show(_ lines: [String]) {
        guard isTerminal else {
            guard let first = lines.first, first != lastPlainLine else { return }
            lastPlainLine = first
            put("  " + first + "\n")
            return
        }
        clear()
        let width = Self.columns
        for line in lines { put("  " + String(line.prefix(width - 3)) + "\n") }
        drawnLines = lines.count
    }

    private mutating func clear() {
        if drawnLines > 0 { put("\u{1b}[\(drawnLines)A\u{1b}[J") }
        drawnLines = 0
    }

    private static var columns: Int {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 100 }
        return Int(size.ws_col)
    }

    private func put(_ text: String) {
        var bytes = [UInt8](text.utf8)[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
