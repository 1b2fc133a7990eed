import Glibc
import SystemCalls

/// Another process as /proc shows it (proc(5)).
struct MeasuredProcess {
    let pid: Int32

    /// User and system time, fields 14 and 15 of stat.
    func cpuSeconds() -> Double {
        let text = (try? SmallFile.text("/proc/\(pid)/stat")) ?? ""
        // The name may hold blanks and brackets; what follows its last bracket does not.
        guard let end = text.lastIndex(of: ")") else { return 0 }
        let fields = text[end...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Megabytes (10^6 bytes): resident, of it anonymous and of files.
    func memory() -> (rss: Double, anonymous: Double, file: Double) {
        let text = (try? SmallFile.text("/proc/\(pid)/status")) ?? ""
        func value(_ key: String) -> Double {
            text.split(separator: "\n").first { $0.hasPrefix(key + ":") }
                .flatMap {
                    $0.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) }
                }
                .map { $0 * 1024 / 1e6 } ?? 0
        }
        return (value("VmRSS"), value("RssAnon"), value("RssFile"))
    }

    /// Time on a CPU of each thread, first field of schedstat.
    func threadNanoseconds() -> [String: (name: String, nanoseconds: Double)] {
        var times: [String: (name: String, nanoseconds: Double)] = [:]
        for thread in (try? Directory.names("/proc/\(pid)/task")) ?? [] {
            let folder = "/proc/\(pid)/task/\(thread)"
            guard let text = try? SmallFile.text(folder + "/schedstat"),
                let time = text.split(separator: " ").first.flatMap({ Double($0) })
            else { continue }
            times[thread] = ((try? SmallFile.text(folder + "/comm")) ?? thread, time)
        }
        return times
    }
}
