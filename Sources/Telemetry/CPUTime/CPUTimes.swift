import Glibc
import SystemCalls

/// The CPU time of chosen processes and of the whole system, from /proc, in whole clock ticks (10 ms).
///
/// One read for each process and call, never a walk over /proc. The stat file of a process stays open: its descriptor belongs
/// to that process, and says ESRCH once it is gone, whoever has the pid then. For one thread.
public final class CPUTimes {
    private final class OpenStat {
        let file: OwnedDescriptor
        var call: UInt64 = 0
        init(_ path: String) throws(SystemCallError) {
            file = try OwnedDescriptor(opening: path, flags: O_RDONLY)
        }
    }

    private let path: String
    private let mostOpen: Int
    private var open = [ProcessIdentity: OpenStat]()
    private var system: OwnedDescriptor?
    private var calls: UInt64 = 0

    /// The kernel writes at most some 700 bytes: 52 numbers and a name of up to 64 bytes.
    private static let longestLine = 1_024

    /// - Parameters:
    ///   - path: where procfs is.
    ///   - mostOpen: processes whose file stays open; those beyond are opened for each read.
    public init(path: String = "/proc", mostOpen: Int = 512) {
        self.path = path
        self.mostOpen = mostOpen
    }

    /// Reads the CPU time of each of `processes` into the same place of `times`, nanoseconds: nil where the process is gone,
    /// or its pid belongs to another one now. Files of processes that are not in the list any more are closed. O(processes);
    /// allocates only for new ones.
    public func read(_ processes: [ProcessIdentity], into times: inout [UInt64?]) {
        calls &+= 1
        if times.count != processes.count { times = [UInt64?](repeating: nil, count: processes.count) }
        var seen = 0
        for (index, process) in processes.enumerated() {
            times[index] = read(process, &seen)
        }
        if open.count > seen { open = open.filter { $0.value.call == calls } }
    }

    private func read(_ process: ProcessIdentity, _ seen: inout Int) -> UInt64? {
        var file = open[process]
        if file == nil {
            file = try? OpenStat("\(path)/\(process.pid)/stat")
            if let file, open.count < mostOpen { open[process] = file }
        }
        guard let file else { return nil }
        guard let line = Self.line(file.file), line.startTimeTicks == process.startTimeTicks else {
            open[process] = nil
            return nil
        }
        if file.call != calls, open[process] === file { seen += 1 }
        file.call = calls
        return ProcStatText.nanoseconds(ticks: line.cpuTicks)
    }

    private static func line(_ file: borrowing OwnedDescriptor) -> ProcStatText.ProcessLine? {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: longestLine) { buffer in
            let count = unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
            guard count > 0 else { return nil }
            return unsafe ProcStatText.process(buffer.span.extracting(first: count))
        }
    }

    /// Busy and idle time of all cores together, nanoseconds; nil where /proc/stat cannot be read.
    public func readSystem() -> (busyNanoseconds: UInt64, idleNanoseconds: UInt64)? {
        if system == nil { system = try? OwnedDescriptor(opening: path + "/stat", flags: O_RDONLY) }
        guard system != nil else { return nil }
        let line: ProcStatText.SystemLine? = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) {
            buffer in
            let count = unsafe system?.read(into: UnsafeMutableRawBufferPointer(buffer)) ?? 0
            guard count > 0 else { return nil }
            return unsafe ProcStatText.system(buffer.span.extracting(first: count))
        }
        guard let line else { return nil }
        return (
            ProcStatText.nanoseconds(ticks: line.busyTicks), ProcStatText.nanoseconds(ticks: line.idleTicks)
        )
    }
}
