import CLinux
import Foundation
import Glibc
import Synchronization
import SystemCalls
import Testing

@testable import Inspection

/// Sessions on a pseudo-terminal whose other end the test holds.
@Suite("top on a terminal", .serialized, .timeLimit(.minutes(1)))
struct TopSessionTests {
    private final class Terminal {
        let near: Int32
        let far: Int32

        init(columns: UInt16, lines: UInt16) throws {
            near = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
            // TIOCSPTLCK and TIOCGPTN of asm-generic/ioctls.h, which are macros that Swift does not see.
            var lock: Int32 = 0
            var number: UInt32 = 0
            try #require(ioctl(near, 0x4004_5431, &lock) == 0 && ioctl(near, 0x8004_5430, &number) == 0)
            far = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
            try #require(far >= 0)
            var size = winsize(ws_row: lines, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
            try #require(ioctl(far, UInt(TIOCSWINSZ), &size) == 0)
        }

        deinit {
            close(near)
            close(far)
        }

        func type(_ keys: String) { _ = Array(keys.utf8).withUnsafeBytes { write(near, $0.baseAddress, $0.count) } }

        var modes: [tcflag_t] {
            var settings = termios()
            tcgetattr(far, &settings)
            return [settings.c_lflag, settings.c_iflag, settings.c_oflag]
        }

        /// All that was drawn, once `end` came or nothing more does.
        func drawn(until end: String) -> String {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            var ready = pollfd(fd: near, events: Int16(POLLIN), revents: 0)
            while !text.contains(end), poll(&ready, 1, 10_000) > 0, ready.revents & Int16(POLLIN) != 0 {
                let count = read(near, &bytes, bytes.count)
                guard count > 0 else { break }
                text += String(decoding: bytes[..<count], as: UTF8.self)
            }
            return text
        }

        private var text = ""
    }

    private static let entered = "\u{1b}[?1049h\u{1b}[?25l"
    private static let left = "\u{1b}[?25h\u{1b}[?1049l"

    private static func session(_ tree: String) -> TopSession {
        TopSession(tree: tree, intervalNanoseconds: 60_000_000_000, order: .gpu)
    }

    /// Runs a session in which `keys` are pressed after the first screen; returns all that was drawn.
    private func run(_ tree: ScratchTree, _ terminal: Terminal, keys: String) throws -> String {
        let path = tree.path
        let far = terminal.far
        let failure = Mutex<InspectionError?>(nil)
        let thread = try SystemThread(name: "top") {
            var session = Self.session(path)
            do throws(InspectionError) {
                try session.show(input: far, output: far, signals: StopSignals([]))
            } catch {
                failure.withLock { $0 = error }
            }
        }
        // The end of a screen.
        _ = terminal.drawn(until: "\u{1b}[J")
        terminal.type(keys)
        let drawn = terminal.drawn(until: Self.left)
        thread.join()
        #expect(failure.withLock { $0 } == nil)
        return drawn
    }

    @Test("q ends it, sort keys sort, and the terminal is as it was")
    func keys() throws {
        let tree = try ScratchTree()
        try TopFrameTests.fill(tree)
        let terminal = try Terminal(columns: 100, lines: 30)
        let before = terminal.modes
        // One key, one screen: nothing waits for the minute of the interval.
        let drawn = try run(tree, terminal, keys: "pjm?xq")
        #expect(terminal.modes == before)
        #expect(drawn.hasPrefix(Self.entered + "\u{1b}[H"))
        #expect(drawn.hasSuffix(Self.left))
        for order in ["gpu", "power", "energy", "memory"] { #expect(drawn.contains("sorted by \(order)")) }
        #expect(drawn.components(separatedBy: "\u{1b}[H").count == 5)
        #expect(drawn.contains("\u{1b}[7m    PID USER"))
    }

    @Test("A signal and Ctrl-D end it, and the terminal is as it was")
    func signalsAndEnd() throws {
        let tree = try ScratchTree()
        try TopFrameTests.fill(tree)
        let terminal = try Terminal(columns: 80, lines: 24)
        let before = terminal.modes
        #expect(try run(tree, terminal, keys: "\u{4}").hasSuffix(Self.left))
        #expect(terminal.modes == before)
        // To this thread alone: others of the test process do not block it.
        let signals = try StopSignals([SIGTERM])
        try #require(pthread_kill(pthread_self(), SIGTERM) == 0)
        let another = try Terminal(columns: 80, lines: 24)
        var session = Self.session(tree.path)
        try session.show(input: another.far, output: another.far, signals: signals)
        #expect(another.modes == before)
        #expect(another.drawn(until: Self.left).hasSuffix(Self.left))
    }

    @Test("On a small terminal the processes that do not fit are counted, and nothing wraps or scrolls")
    func smallTerminal() throws {
        let tree = try ScratchTree()
        try TopFrameTests.fill(tree)
        for pid in 5_000..<5_040 {
            try TopFrameTests.task(tree, pid, "ctxsw", gpu: (1, "1", 1, "1"), energy: ("1", "1"))
        }
        let terminal = try Terminal(columns: 80, lines: 24)
        let screen = try run(tree, terminal, keys: "q")
        #expect(screen.contains("43 processes, 33 below"))
        #expect(screen.components(separatedBy: "\r\n").count == 24)
    }

    @Test("Without a tree it waits for one and says so; lines for scripts fail with a sentence")
    func noTree() throws {
        let tree = try ScratchTree()
        let terminal = try Terminal(columns: 80, lines: 24)
        #expect(try run(tree, terminal, keys: "q").contains("Waiting for it"))
        var session = Self.session(tree.path)
        let error = #expect(throws: InspectionError.self) { try session.read() }
        #expect(error?.description.contains("fulcrumd does not run here") == true)
    }

    @Test("Where the output is no terminal there are plain blocks, and a reader that goes ends it")
    func plainBlocks() throws {
        let tree = try ScratchTree()
        try TopFrameTests.fill(tree)
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        var session = TopSession(tree: tree.path, intervalNanoseconds: 1_000_000, order: .power)
        try session.print(to: ends[1], columns: 80, isOnce: true, signals: StopSignals([]), encode: nil)
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(ends[0], &bytes, bytes.count)
        let text = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        #expect(text.hasPrefix("fulcrum  settled"))
        #expect(text.contains("mini/s SOURCE\n   4711 "))
        #expect(!text.contains("\u{1b}"))
        close(ends[0])
        try session.print(to: ends[1], columns: 80, isOnce: false, signals: StopSignals([])) { _ in "{}" }
        close(ends[1])
    }
}
