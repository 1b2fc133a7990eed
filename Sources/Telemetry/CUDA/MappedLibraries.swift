import Glibc
import SystemCalls
import SystemPackage

/// The copies of libcuda that running processes have mapped, from one walk over /proc.
///
/// The walk costs about 0.1 ms per process: at the start and at a low rate, never per tick.
struct MappedLibraries {
    /// One mapped file. `mapFile` leads to it even after its name was given to another file, and never out of a
    /// container's root as a path would.
    struct Library {
        let mapFile: String
        let path: String
    }

    /// Each file once, by the device and inode that the kernel prints.
    private(set) var libraries = [Library]()
    /// False when the walk failed at some process: then absence proves nothing.
    private(set) var isComplete = true
    private var seen = Set<[UInt8]>()

    /// Walks over all processes once.
    init() {
        guard let names = try? Directory.names("/proc") else {
            isComplete = false
            return
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        for name in names {
            if let pid = Int32(name) { scan(pid, &buffer) }
        }
    }

    private mutating func scan(_ pid: Int32, _ buffer: inout [UInt8]) {
        do {
            try read(pid, &buffer)
        } catch {
            switch error.errno {
            // The process went away.
            case .noSuchFileOrDirectory, .noSuchProcess: break
            // It may not be looked into, so it never was the reason for an attach.
            case .permissionDenied, .notPermitted: break
            default: isComplete = false
            }
        }
    }

    /// Takes the maps of one process line by line, as they may be larger than one wants to hold.
    private mutating func read(_ pid: Int32, _ buffer: inout [UInt8]) throws(SystemCallError) {
        let path = "/proc/\(pid)/maps"
        let maps = try OwnedDescriptor(opening: path)
        var filled = 0
        var skipsLine = false
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe Glibc.read(maps.rawValue, $0.baseAddress?.advanced(by: filled), $0.count - filled)
            }
            if count == 0 { return }
            if count < 0 {
                if Glibc.errno == EINTR { continue }
                throw SystemCallError("read", path, Errno(rawValue: Glibc.errno))
            }
            filled += count
            var start = 0
            while let end = buffer[start..<filled].firstIndex(of: UInt8(ascii: "\n")) {
                if !skipsLine { take(buffer[start..<end], pid) }
                skipsLine = false
                start = end + 1
            }
            if start == 0 && filled == buffer.count {
                skipsLine = true
                start = filled
            }
            for index in start..<filled { buffer[index - start] = buffer[index] }
            filled -= start
        }
    }

    /// Takes one line: "START-END PERMS OFFSET MAJOR:MINOR INODE   PATH".
    private mutating func take(_ line: ArraySlice<UInt8>, _ pid: Int32) {
        guard let slash = line.lastIndex(of: UInt8(ascii: "/")),
            line[(slash + 1)...].starts(with: "libcuda.so".utf8),
            let pathStart = line.firstIndex(of: UInt8(ascii: "/"))
        else { return }
        let fields = line[..<pathStart].split(separator: UInt8(ascii: " "))
        guard fields.count == 5 else { return }
        guard seen.insert(Array(fields[3]) + [0x20] + Array(fields[4])).inserted else { return }
        // maps pads addresses with zeros; the names in map_files must have none.
        let range = fields[0].split(separator: UInt8(ascii: "-")).map { address in
            String(decoding: address.drop(while: { $0 == UInt8(ascii: "0") }), as: UTF8.self)
        }
        guard range.count == 2 else { return }
        libraries.append(
            Library(
                mapFile: "/proc/\(pid)/map_files/\(range[0])-\(range[1])",
                path: String(decoding: line[pathStart...], as: UTF8.self)))
    }
}
