import CLinux
import Glibc
import SystemCalls
import SystemPackage

/// A terminal taken over for a program that fills it: keys come one by one without echo, and drawing is on the alternate screen, so
/// that what was there before comes back. Left as it was when this goes.
final class TerminalScreen {
    private let input: Int32
    private let output: Int32
    private var before = termios()
    private var isEntered = false

    /// Takes the terminal over. `input` and `output` are terminals.
    init(input: Int32, output: Int32) throws(InspectionError) {
        self.input = input
        self.output = output
        guard unsafe tcgetattr(input, &before) == 0 else {
            throw InspectionError(
                SystemCallError("read the settings of", "the terminal", Errno(rawValue: Glibc.errno)))
        }
        enter()
    }

    deinit {
        leave()
    }

    /// Takes the terminal over again, after `leave`.
    func enter() {
        var raw = before
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
        _ = unsafe tcsetattr(input, TCSANOW, &raw)
        isEntered = true
        _ = put("\u{1b}[?1049h\u{1b}[?25l")
    }

    /// Gives the terminal back.
    func leave() {
        guard isEntered else { return }
        isEntered = false
        _ = put("\u{1b}[?25h\u{1b}[?1049l")
        _ = unsafe tcsetattr(input, TCSANOW, &before)
    }

    /// Columns and lines; 80 and 24 where the terminal does not tell.
    var size: (columns: Int, lines: Int) {
        var size = winsize()
        guard unsafe ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Shows `lines` in place of all that is there; the one at `emphasised` stands out. False when the terminal is gone.
    func draw(_ lines: [String], emphasised: Int?) -> Bool {
        let room = size.lines
        var text = "\u{1b}[H"
        for (index, line) in lines.prefix(room).enumerated() {
            if index > 0 { text += "\r\n" }
            text += (index == emphasised ? "\u{1b}[7m\(line)\u{1b}[0m" : line) + "\u{1b}[K"
        }
        return put(text + "\u{1b}[J")
    }

    private func put(_ text: String) -> Bool {
        DescriptorOutput.write(text, to: output)
    }
}

/// Writing all of a text to a terminal or a pipe.
enum DescriptorOutput {
    /// False when nobody reads there any more.
    static func write(_ text: String, to descriptor: Int32) -> Bool {
        var bytes = [UInt8](text.utf8)[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, Glibc.errno == EINTR { continue }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }
}
