import Policy
import Synchronization
import SystemPackage
import Telemetry
import VirtualFiles

/// What happens, as it happens, for those who have `trace_pipe` open. Nobody has: one atomic read per event.
///
/// Any thread may tell. A reader that is too slow loses lines and is told how many; it never holds up the teller.
final class TraceFeed: Sendable {
    static let readerLimit = 4
    static let bufferBytes = 1 << 20

    private struct State {
        var readers: [TraceReader] = []
        /// What a reader must know that opens later.
        var names: [Int32: String] = [:]
        var mode: TraceLine?
    }

    private let state = Mutex(State())
    private let readerCount = Atomic(0)
    private let wake = Mutex<@Sendable () -> Void>({})

    /// Whether anybody reads.
    var isOpen: Bool { readers > 0 }
    var readers: Int { readerCount.load(ordering: .relaxed) }

    /// Sets what wakes those who poll the file.
    func onNews(_ wake: @escaping @Sendable () -> Void) { self.wake.withLock { $0 = wake } }

    /// Opens for one reader, whose first lines say what there is already.
    func open() throws(Errno) -> TraceReader {
        try state.withLock { (state) throws(Errno) in
            guard state.readers.count < Self.readerLimit else { throw .resourceBusy }
            let reader = TraceReader(feed: self)
            _ = reader.append(.header)
            for (pid, name) in state.names.sorted(by: { $0.key < $1.key }) {
                _ = reader.append(.process(pid, name: name))
            }
            if let mode = state.mode { _ = reader.append(mode) }
            state.readers.append(reader)
            readerCount.store(state.readers.count, ordering: .relaxed)
            return reader
        }
    }

    fileprivate func close(_ reader: TraceReader) {
        state.withLock { state in
            state.readers.removeAll { $0 === reader }
            readerCount.store(state.readers.count, ordering: .relaxed)
        }
    }

    // MARK: What happens

    /// The line is made only if somebody reads.
    func tell(_ line: @autoclosure () -> TraceLine) {
        guard isOpen else { return }
        deliver(line())
    }

    func modeChanged(to mode: PowerMode?, at nanoseconds: UInt64) {
        let line = TraceLine.mode(mode, at: nanoseconds)
        state.withLock { $0.mode = line }
        tell(line)
    }

    /// `name` is what the process calls itself.
    func arrived(_ pid: Int32, name: String) {
        state.withLock { $0.names[pid] = name }
        tell(.process(pid, name: name))
    }

    func left(_ pid: Int32) {
        _ = state.withLock { $0.names.removeValue(forKey: pid) }
    }

    private func deliver(_ line: TraceLine) {
        var hasNews = false
        state.withLock { state in
            for reader in state.readers where reader.append(line) { hasNews = true }
        }
        if hasNews { wake.withLock { $0 }() }
    }
}

/// One open of `trace_pipe`.
final class TraceReader: VirtualStream {
    private struct Buffer {
        var bytes: [UInt8] = []
        var read = 0
        var lost: UInt64 = 0
    }

    private let feed: TraceFeed
    private let buffer = Mutex(Buffer())

    fileprivate init(feed: TraceFeed) { self.feed = feed }

    /// Whether a reader that waited has something now.
    fileprivate func append(_ line: TraceLine) -> Bool {
        buffer.withLock { buffer in
            let waiting = buffer.bytes.count - buffer.read
            // Room is kept for the line that tells of the loss.
            guard waiting + line.bytes.count <= TraceFeed.bufferBytes - TraceLine.limit else {
                buffer.lost &+= 1
                return false
            }
            if buffer.lost > 0 {
                buffer.bytes.append(contentsOf: TraceLine.lost(buffer.lost).bytes)
                buffer.lost = 0
            }
            buffer.bytes.append(contentsOf: line.bytes)
            return waiting == 0
        }
    }

    var isReadable: Bool { buffer.withLock { $0.read < $0.bytes.count || $0.lost > 0 } }

    /// Whole lines. EINVAL where `limit` is less than the first line.
    func read(limit: Int) throws(Errno) -> [UInt8] {
        try buffer.withLock { (buffer) throws(Errno) in
            if buffer.lost > 0, buffer.read == buffer.bytes.count {
                buffer.bytes.append(contentsOf: TraceLine.lost(buffer.lost).bytes)
                buffer.lost = 0
            }
            guard buffer.read < buffer.bytes.count else { throw .resourceTemporarilyUnavailable }
            let whole = buffer.bytes[buffer.read...].prefix(max(limit, 0))
            guard let end = whole.lastIndex(of: 0x0a) else { throw .invalidArgument }
            let lines = Array(whole[...end])
            buffer.read = end + 1
            if buffer.read == buffer.bytes.count {
                buffer.bytes.removeAll(keepingCapacity: true)
                buffer.read = 0
            } else if buffer.read >= TraceFeed.bufferBytes / 2 {
                buffer.bytes.removeFirst(buffer.read)
                buffer.read = 0
            }
            return lines
        }
    }

    func close() { feed.close(self) }
}
