import SystemCalls

/// What /proc says of a process, as far as rules can match on it.
public struct ProcessDescription: Sendable, Equatable {
    /// The executable's path; empty if it cannot be read (the process is gone, or it is a kernel thread).
    public var executable = ""
    /// Arguments joined by one space.
    public var commandLine = ""
    /// The path in the cgroup hierarchy (v2, or the one named systemd).
    public var cgroup = ""
    /// Real user id.
    public var uid = -1

    /// The executable's last path component.
    public var executableName: String {
        executable.split(separator: "/").last.map(String.init) ?? ""
    }

    /// A description with nothing in it.
    public init() {}

    /// Reads /proc/PID; what cannot be read stays empty.
    public init(pid: Int32) {
        let directory = "/proc/\(pid)"
        executable = (try? SmallFile.linkTarget(directory + "/exe")) ?? ""
        // What the kernel appends once the file was replaced, as an upgrade does.
        if executable.hasSuffix(" (deleted)") { executable.removeLast(" (deleted)".count) }
        if let bytes = try? SmallFile.prefix(directory + "/cmdline", limit: 8192) {
            commandLine = String(decoding: Array(bytes.split(separator: 0).joined(separator: [0x20])), as: UTF8.self)
        }
        if let text = try? SmallFile.text(directory + "/cgroup") {
            cgroup = Self.cgroupPath(text)
        }
        if let status = try? SmallFile.text(directory + "/status"),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Uid:") }),
            let field = line.split(whereSeparator: { $0 == "\t" || $0 == " " }).dropFirst().first
        {
            uid = Int(field) ?? -1
        }
    }

    /// What the process calls itself: the first 15 bytes of its program's name, unless it chose another.
    static func commandName(_ pid: Int32) -> String {
        (try? SmallFile.text("/proc/\(pid)/comm", limit: 64)) ?? "?"
    }

    static func cgroupPath(_ text: String) -> String {
        let lines = text.split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        }.filter { $0.count == 3 }
        let line = lines.first { $0[0] == "0" } ?? lines.first { $0[1] == "name=systemd" }
        return line.map { String($0[2]) } ?? ""
    }
}

/// Names of workloads in the published tree: file names that need no quoting.
enum WorkloadName {
    static func isValid(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && name.utf8.allSatisfy(isAllowed) && name.first != "."
    }

    /// Makes a valid name of any text, so that a hostile executable name cannot leave its directory.
    static func sanitised(_ text: String) -> String {
        var bytes = text.utf8.prefix(48).map { isAllowed($0) ? $0 : UInt8(ascii: "_") }
        if bytes.first == UInt8(ascii: ".") { bytes[0] = UInt8(ascii: "_") }
        return bytes.isEmpty ? "unnamed" : String(decoding: bytes, as: UTF8.self)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
