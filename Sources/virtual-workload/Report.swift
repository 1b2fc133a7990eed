import Glibc
import SystemPackage

/// The lines that a workload prints.
struct Report {
    private let outputs: [FileDescriptor]
    private let isQuiet: Bool
    private var nanoseconds: [UInt64] = []

    /// Prints to standard output, and to `log` as well where it is given. A quiet report has the summary only.
    init(isQuiet: Bool, log: String?) throws(WorkloadError) {
        self.isQuiet = isQuiet
        guard let log else {
            outputs = [.standardOutput]
            return
        }
        do {
            let file = try unsafe FileDescriptor.open(
                log, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite, .groupRead, .otherRead])
            outputs = [.standardOutput, file]
        } catch {
            throw WorkloadError(description: "Could not open the log \(log): \(error).")
        }
    }

    mutating func minibatch(_ number: Int, end: UInt64, nanoseconds: UInt64) throws(WorkloadError) {
        self.nanoseconds.append(nanoseconds)
        if !isQuiet { try write("minibatch \(number) end_ns \(end) ms \(Self.milliseconds(nanoseconds))") }
    }

    /// Counts are exact; times are those of the minibatches.
    func summary(name: String, waits: Int, launches: Int) throws(WorkloadError) {
        let ascending = nanoseconds.sorted()
        let mean = ascending.reduce(0, &+) / UInt64(max(ascending.count, 1))
        let median = ascending.isEmpty ? 0 : ascending[ascending.count / 2]
        try write(
            "summary name \(name) pid \(getpid()) minibatches \(ascending.count) waits \(waits) launches \(launches) "
                + "mean_ms \(Self.milliseconds(mean)) median_ms \(Self.milliseconds(median))")
    }

    private func write(_ line: String) throws(WorkloadError) {
        for output in outputs {
            do {
                try output.writeAll((line + "\n").utf8)
            } catch {
                throw WorkloadError(description: "Could not write the report: \(error).")
            }
        }
    }

    private static func milliseconds(_ nanoseconds: UInt64) -> String {
        let thousandths = String(nanoseconds / 1000 % 1000)
        return "\(nanoseconds / 1_000_000)." + String(repeating: "0", count: 3 - thousandths.count) + thousandths
    }
}
