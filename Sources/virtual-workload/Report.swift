import Glibc
import Synchronization
import SystemPackage

/// The lines that a workload prints. Its threads share one.
final class Report: Sendable {
    private let outputs: [FileDescriptor]
    private let isQuiet: Bool
    private let nanoseconds = Mutex<[UInt64]>([])

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

    /// A minibatch has ended: its end is CLOCK_MONOTONIC nanoseconds, `detail` goes to the end of its line.
    func minibatch(end: UInt64, nanoseconds: UInt64, detail: String = "") throws(WorkloadError) {
        try self.nanoseconds.withLock { (all) throws(WorkloadError) in
            all.append(nanoseconds)
            if !isQuiet {
                try write(
                    "minibatch \(all.count) end_ns \(end) ms \(Self.milliseconds(nanoseconds))"
                        + (detail.isEmpty ? "" : " " + detail))
            }
        }
    }

    /// Counts are exact; times are those of the minibatches.
    func summary(name: String, counts: CallCounts, detail: String = "") throws(WorkloadError) {
        let ascending = nanoseconds.withLock { $0.sorted() }
        let mean = ascending.reduce(0, &+) / UInt64(max(ascending.count, 1))
        try write(
            "summary name \(name) pid \(getpid()) minibatches \(ascending.count) waits \(counts.waits) launches "
                + "\(counts.launches) mean_ms \(Self.milliseconds(mean)) median_ms "
                + "\(Self.milliseconds(Self.quantile(0.5, of: ascending))) graph_launches \(counts.graphLaunches)"
                + (detail.isEmpty ? "" : " " + detail))
    }

    /// The value below which that part of `ascending` lies; 0 where there is none.
    static func quantile(_ part: Double, of ascending: [UInt64]) -> UInt64 {
        ascending.isEmpty ? 0 : ascending[min(Int(Double(ascending.count) * part), ascending.count - 1)]
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

    static func milliseconds(_ nanoseconds: UInt64) -> String {
        let thousandths = String(nanoseconds / 1000 % 1000)
        return "\(nanoseconds / 1_000_000)." + String(repeating: "0", count: 3 - thousandths.count) + thousandths
    }
}
