import Glibc
import SystemCalls

/// `fulcrumctl top` while it runs: reads the tree, draws, and sleeps in poll(2) until a key, a signal, a change in the tree's
/// `events`, or the end of the interval.
public struct TopSession {
    private let tree: TreeFiles
    private let intervalNanoseconds: UInt64
    private var order: ProcessOrder
    private var watch: ProcessWatch
    private var events: EventsFile?

    /// After a change in `events` the screen is drawn anew at once, but not more often than this.
    private static let shortestDrawNanoseconds: UInt64 = 200_000_000

    /// Signals that a session takes: those that end it, a new size of the terminal, and the stop key.
    public static let signals = StopSignals.ending + [SIGWINCH, SIGTSTP]

    /// Watches the tree at `tree`, drawing every `intervalNanoseconds`.
    public init(tree: String, intervalNanoseconds: UInt64, order: ProcessOrder) {
        self.tree = TreeFiles(root: tree)
        self.intervalNanoseconds = intervalNanoseconds
        self.order = order
        watch = ProcessWatch(
            tree: self.tree, shortestNanoseconds: min(intervalNanoseconds, 500_000_000) / 10 * 9)
    }

    /// One reading for scripts.
    public struct Reading: Sendable, Encodable {
        /// The board.
        public let board: BoardReading
        /// All processes that may be read, in the chosen order.
        public let processes: [ProcessReading]
        /// How many may not be read.
        public let denied: Int
    }

    /// Reads once. Rates are since the reading before, and nil in the first.
    ///
    /// - Throws: when nobody serves a tree.
    public mutating func read() throws(InspectionError) -> Reading {
        guard tree.isServed else { throw .noTree(at: tree.root) }
        let list = watch.read()
        return Reading(
            board: BoardReading(of: tree), processes: watch.described(order.sorted(list.processes)),
            denied: list.denied)
    }

    /// Writes blocks of plain text, or what `encode` makes of a reading, until a signal, or once: then after one interval, so that
    /// there are rates.
    public mutating func print(
        to output: Int32, columns: Int, isOnce: Bool, signals: borrowing StopSignals,
        encode: ((Reading) throws -> String)?
    ) throws {
        if isOnce {
            _ = try read()
            if pause(signals) { return }
        }
        while true {
            let reading = try read()
            let text =
                try encode?(reading)
                ?? TopFrame(
                    reading.board, reading.processes, total: reading.processes.count, denied: reading.denied,
                    columns: columns
                ).lines.joined(separator: "\n") + "\n"
            guard DescriptorOutput.write(text + "\n", to: output), !isOnce else { return }
            if pause(signals) { return }
        }
    }

    /// Sleeps for an interval; true if a signal wants the end.
    private func pause(_ signals: borrowing StopSignals) -> Bool {
        let end = MonotonicClock.nanoseconds() &+ intervalNanoseconds
        while true {
            var entry = pollfd(fd: signals.rawDescriptor, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&entry, 1, Self.milliseconds(until: end))
            while let signal = signals.next() {
                if StopSignals.ending.contains(signal) { return true }
                // Nothing to give back: stop as the shell expects.
                if signal == SIGTSTP { kill(getpid(), SIGSTOP) }
            }
            if MonotonicClock.nanoseconds() >= end { return false }
        }
    }

    private static func milliseconds(until end: UInt64) -> Int32 {
        let now = MonotonicClock.nanoseconds()
        return now >= end ? 0 : Int32(clamping: (end - now) / 1_000_000 + 1)
    }

    // MARK: On a terminal

    private enum Wish {
        case draw, end
    }

    /// Fills the terminal until q, a signal, or the terminal's end. The terminal is then as it was before. While nobody serves a
    /// tree it says so and waits for one.
    public mutating func show(
        input: Int32, output: Int32, signals: borrowing StopSignals
    ) throws(InspectionError) {
        let screen = try TerminalScreen(input: input, output: output)
        defer { screen.leave() }
        while true {
            let drawn = MonotonicClock.nanoseconds()
            let (lines, emphasised) = frame(screen.size)
            guard screen.draw(lines, emphasised: emphasised) else { return }
            if wait(drawn, input, signals, screen) == .end { return }
        }
    }

    private mutating func frame(_ size: (columns: Int, lines: Int)) -> ([String], emphasised: Int?) {
        guard tree.isServed else {
            events = nil
            return (
                [
                    DisplayText.cut("\(InspectionError.noTree(at: tree.root))", size.columns),
                    "Waiting for it; q quits.",
                ], nil
            )
        }
        // Before the rest: what changes after this wakes the wait.
        if events?.acknowledge() != true { events = EventsFile(tree: tree.root) }
        let board = BoardReading(of: tree)
        let list = watch.read()
        let keys = "  q quits; sorted by \(order.rawValue): g GPU, p power, j energy, m memory"
        let room = TopFrame.room(board, columns: size.columns, lines: size.lines)
        let shown = watch.described(order.sorted(list.processes).prefix(room))
        let frame = TopFrame(
            board, shown, total: list.processes.count, denied: list.denied, columns: size.columns)
        let lines = frame.lines
        return (
            lines.dropLast() + [DisplayText.cut((lines.last ?? "") + keys, size.columns)], frame.heading.count
        )
    }

    private mutating func wait(
        _ drawn: UInt64, _ input: Int32, _ signals: borrowing StopSignals, _ screen: TerminalScreen
    ) -> Wish {
        var end = drawn &+ intervalNanoseconds
        var isAwaitingEvents = true
        while true {
            var entries = [
                pollfd(fd: signals.rawDescriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: input, events: Int16(POLLIN), revents: 0),
                // A negative descriptor is passed over by poll.
                pollfd(fd: isAwaitingEvents ? events?.descriptor ?? -1 : -1, events: Int16(POLLPRI), revents: 0),
            ]
            let count = unsafe poll(&entries, 3, Self.milliseconds(until: end))
            if count == 0 || MonotonicClock.nanoseconds() >= end { return .draw }
            while let signal = signals.next() {
                if StopSignals.ending.contains(signal) { return .end }
                if signal == SIGTSTP {
                    screen.leave()
                    kill(getpid(), SIGSTOP)
                    screen.enter()
                }
                return .draw
            }
            if entries[1].revents != 0 {
                switch key(input) {
                case nil: return .end
                case UInt8(ascii: "q"), UInt8(ascii: "Q"), Self.endOfTransmission: return .end
                case let key?:
                    guard let order = ProcessOrder(key: key) else { continue }
                    self.order = order
                    return .draw
                }
            }
            if entries[2].revents != 0 {
                isAwaitingEvents = false
                end = min(end, drawn &+ Self.shortestDrawNanoseconds)
            }
        }
    }

    /// Ctrl-D, which a terminal without line editing hands over as it is.
    private static let endOfTransmission: UInt8 = 4

    /// The key that was pressed; nil when the terminal is gone.
    private func key(_ input: Int32) -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = unsafe Glibc.read(input, &byte, 1)
            if count < 0, Glibc.errno == EINTR { continue }
            return count == 1 ? byte : nil
        }
    }
}

/// The tree's `events`, kept open: poll(2) tells when one of its counters changed since it was read.
private final class EventsFile {
    private let file: OwnedDescriptor

    init?(tree: String) {
        guard let file = try? OwnedDescriptor(opening: tree + "/events", flags: O_RDONLY | O_NONBLOCK) else {
            return nil
        }
        self.file = file
        _ = acknowledge()
    }

    var descriptor: Int32 { file.rawValue }

    /// Reads it, so that only later changes wake; false when it cannot be read any more.
    func acknowledge() -> Bool {
        unsafe withUnsafeTemporaryAllocation(byteCount: 1_024, alignment: 1) { unsafe file.read(into: $0) > 0 }
    }
}
