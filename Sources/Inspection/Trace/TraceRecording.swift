import CLinux
import Glibc
import SystemCalls
import SystemPackage

/// Reads the tree's `trace_pipe` for a while and writes it as a trace that Perfetto opens.
public struct TraceRecording: Sendable {
    /// Why a recording ended.
    public enum Ending: Sendable, Equatable {
        /// Its time was over.
        case timeOver
        /// A signal asked for it.
        case interrupted
        /// The daemon ended the stream.
        case endOfStream
    }

    /// What was recorded.
    public let summary: TraceSummary
    /// Why it ended.
    public let ending: Ending

    /// The daemon may write faster than this reads: after the end, no more than this is read.
    private static let drainLimit = 16 << 20

    /// Records for `nanoseconds`, or until one of `signals` comes, and puts the whole file at `path`. A recording in which nothing
    /// happened leaves no file.
    ///
    /// - Throws: when there is no tree, its stream cannot be read or is not one, nothing was recorded, or the file cannot be
    ///   written; there is no file then, and one that was there before stays.
    public static func record(
        tree: String, nanoseconds: UInt64, to path: String, creator: String, signals: borrowing StopSignals
    ) throws(InspectionError) -> TraceRecording {
        let file = try TraceFile(path)
        let pipe = try open(tree)
        return try record(
            from: pipe, named: tree + "/trace_pipe", nanoseconds: nanoseconds, to: file, creator: creator,
            signals: signals)
    }

    static func record(
        from pipe: borrowing OwnedDescriptor, named name: String, nanoseconds: UInt64, to file: consuming TraceFile,
        creator: String, signals: borrowing StopSignals
    ) throws(InspectionError) -> TraceRecording {
        let timer = try alarm(after: nanoseconds)
        var converter = TraceConverter(creator: creator, startNanoseconds: MonotonicClock.nanoseconds())
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var ending: Ending?
        repeat {
            ending = wait(pipe, timer, signals)
            var drained = 0
            reading: while drained < Self.drainLimit {
                switch try read(pipe, into: &buffer, name) {
                case .nothing: break reading
                case .end:
                    ending = ending ?? .endOfStream
                    break reading
                case .bytes(let count):
                    try converter.convert(buffer.span.extracting(0..<count))
                    try file.write(converter.takeOutput())
                    drained += count
                    // While the recording lasts, the clock and the signals are looked at after each piece.
                    if ending == nil { break reading }
                }
            }
        } while ending == nil
        converter.finish()
        try file.write(converter.takeOutput())
        let summary = converter.summary
        guard summary.events > 0 else {
            throw InspectionError(
                "Nothing was recorded from \(name) (\(summary.skippedLines) unknown lines), so no file is written. "
                    + "`fulcrumctl doctor` says what can be measured here.")
        }
        try file.commit()
        return TraceRecording(summary: summary, ending: ending ?? .timeOver)
    }

    private static func open(_ tree: String) throws(InspectionError) -> OwnedDescriptor {
        guard Directory.exists(tree + "/version") else { throw .noTree(at: tree) }
        do throws(SystemCallError) {
            return try OwnedDescriptor(opening: tree + "/trace_pipe", flags: O_RDONLY | O_NONBLOCK)
        } catch {
            let remedy: String =
                switch error.errno {
                case .permissionDenied: "It is root's and the group fulcrum's: use sudo, or join the group."
                case .noSuchFileOrDirectory: "This daemon is older than the command: update it."
                default: ""
                }
            throw InspectionError(SystemCallError(error.operation, error.path, error.errno, remedy: remedy))
        }
    }

    private static func alarm(after nanoseconds: UInt64) throws(InspectionError) -> OwnedDescriptor {
        let number = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC) | Int32(TFD_NONBLOCK))
        guard number >= 0 else {
            throw InspectionError(SystemCallError("create", "timerfd", Errno(rawValue: Glibc.errno)))
        }
        let timer = OwnedDescriptor(adopting: number)
        // Zero would switch the timer off.
        let value = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: max(1, Int(nanoseconds % 1_000_000_000)))
        var specification = itimerspec(it_interval: timespec(), it_value: value)
        guard unsafe timerfd_settime(timer.rawValue, 0, &specification, nil) == 0 else {
            throw InspectionError(SystemCallError("set", "timerfd", Errno(rawValue: Glibc.errno)))
        }
        return timer
    }

    /// Waits until there is something to read; says so when the recording is to end.
    private static func wait(
        _ pipe: borrowing OwnedDescriptor, _ timer: borrowing OwnedDescriptor, _ signals: borrowing StopSignals
    ) -> Ending? {
        var entries = [
            pollfd(fd: pipe.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: timer.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.rawDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        _ = unsafe poll(&entries, 3, -1)
        if entries[2].revents != 0, signals.next() != nil { return .interrupted }
        return entries[1].revents != 0 ? .timeOver : nil
    }

    private enum Piece {
        case bytes(Int), nothing, end
    }

    private static func read(
        _ pipe: borrowing OwnedDescriptor, into buffer: inout [UInt8], _ name: String
    ) throws(InspectionError) -> Piece {
        let count = unsafe buffer.withUnsafeMutableBytes {
            unsafe Glibc.read(pipe.rawValue, $0.baseAddress, $0.count)
        }
        if count > 0 { return .bytes(count) }
        if count == 0 { return .end }
        switch Glibc.errno {
        case EAGAIN, EINTR: return .nothing
        // What a mount answers whose daemon has gone.
        case ENOTCONN, ECONNABORTED, ENODEV, ENOENT, EIO: return .end
        case let errno:
            throw InspectionError(SystemCallError("read", name, Errno(rawValue: errno)))
        }
    }
}
