import Glibc
public import SystemCalls
import SystemPackage

/// A process that no later one can be taken for: a pid is used again, a pid with its start time is not.
public struct ProcessIdentity: Hashable, Sendable, Comparable {
    /// Thread group id in the initial pid namespace.
    public let pid: Int32
    /// Clock ticks from boot to the start (field 22 of /proc/PID/stat, proc(5)); 0 when the process went away before it
    /// could be asked.
    public let startTimeTicks: UInt64

    /// Names a process.
    public init(pid: Int32, startTimeTicks: UInt64) {
        self.pid = pid
        self.startTimeTicks = startTimeTicks
    }

    /// Asks /proc for the process that has `pid` now. A zombie still answers.
    ///
    /// - Throws: what the read said (ENOENT or ESRCH: no such process), or EIO for a line that is not a stat line.
    public init(running pid: Int32) throws(SystemCallError) {
        let path = "/proc/\(pid)/stat"
        let line = try SmallFile.bytes(path, limit: 4_096)
        // The command name is the process's own choice and may hold blanks and brackets: count from the last bracket.
        guard let bracket = line.lastIndex(of: UInt8(ascii: ")")) else {
            throw SystemCallError("parse", path, Errno(rawValue: EIO), remedy: "It has no command name.")
        }
        let fields = line[(bracket + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let ticks = UInt64(String(decoding: fields[19], as: UTF8.self)) else {
            throw SystemCallError("parse", path, Errno(rawValue: EIO), remedy: "Its field 22 is not a number.")
        }
        self.init(pid: pid, startTimeTicks: ticks)
    }

    /// Orders by pid, then by start time.
    public static func < (left: ProcessIdentity, right: ProcessIdentity) -> Bool {
        (left.pid, left.startTimeTicks) < (right.pid, right.startTimeTicks)
    }
}
