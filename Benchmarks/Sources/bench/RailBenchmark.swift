import CAllocationCount
import CBaseline
import Glibc
import SystemCalls
import Telemetry

/// One reading of the board's rails, beside a plain loop of preads in C over the same files.
enum RailBenchmark {
    private static let calls = 100

    static func run() throws -> Section {
        var section = Section(
            title: "Rails: one sample of 4 rails",
            method: """
                RailSampler.sample(now:) on two INA3221 made of plain files (8 reads; on a board each is an I2C transfer), mean of \
                \(calls) calls per sample of this table, in turns with a loop of pread and strtol in C over the same 8 files. \
                Allocations are counted by malloc, calloc, realloc and their aligned kin of this program itself, which stand \
                before libc's for the Swift runtime too; the count is of the sampling thread, over all calls.
                """)
        let folder = try ScratchFolder("rails")
        var inputs: [String] = []
        for (device, hwmon) in [("1-0040", 4), ("1-0041", 5)] {
            let place = "sys/bus/i2c/devices/\(device)"
            try folder.write("ina3221\n", place + "/name")
            for channel in 1...2 {
                let prefix = "\(place)/hwmon/hwmon\(hwmon)"
                try folder.write("RAIL_\(hwmon)_\(channel)\n", "\(prefix)/in\(channel)_label")
                try folder.write("19880\n", "\(prefix)/in\(channel)_input")
                try folder.write("1000\n", "\(prefix)/curr\(channel)_input")
                try folder.write("2000\n", "\(prefix)/shunt\(channel)_resistor")
                inputs += ["in", "curr"].map { "\(folder.path)/\(prefix)/\($0)\(channel)_input" }
            }
        }
        let sampler = RailSampler(root: folder.path)
        guard sampler.samples.count == 4 else {
            throw BenchmarkError("The rails made for the benchmark were not found.")
        }
        let descriptors = inputs.map { unsafe open($0, O_RDONLY | O_CLOEXEC) }
        defer { for descriptor in descriptors { close(descriptor) } }

        var swift: [Double] = []
        var plain: [Double] = []
        swift.reserveCapacity(400)
        plain.reserveCapacity(400)
        var allocations: UInt = 0
        for round in 0..<420 {
            let before = allocation_count()
            let begin = MonotonicClock.nanoseconds()
            for _ in 0..<calls { sampler.sample(now: MonotonicClock.nanoseconds()) }
            let middle = MonotonicClock.nanoseconds()
            let taken = allocation_count() - before
            var sum = 0
            for _ in 0..<calls { sum = unsafe baseline_read_numbers(descriptors, Int32(descriptors.count)) }
            let end = MonotonicClock.nanoseconds()
            guard sum == 4 * (19_880 + 1_000), sampler.faults.isEmpty else {
                throw BenchmarkError("The rails of the benchmark gave wrong numbers.")
            }
            if round < 20 { continue }
            allocations += taken
            swift.append(Double(middle - begin) / 1e3 / Double(calls))
            plain.append(Double(end - middle) / 1e3 / Double(calls))
        }
        let baseline = Row("baseline: 8 preads in C", "us", plain)
        section.rows = [
            Row("one sample of 4 rails", "us", swift, over: baseline), baseline,
        ].compactMap(\.self)
        guard isCounting() else {
            section.remarks.append("Allocations could not be counted: this program's malloc is not the one in use.")
            return section
        }
        let perSample = Double(allocations) / Double(calls * swift.count)
        section.rows += [Row("allocations per sample", "", [perSample], target: .exactly(0))].compactMap(\.self)
        section.remarks.append("\(allocations) allocations in \(calls * swift.count) samples.")
        return section
    }

    /// Whether an allocation of the Swift runtime is seen at all.
    static func isCounting() -> Bool {
        let before = allocation_count()
        let object = ScratchObject()
        return withExtendedLifetime(object) { allocation_count() > before }
    }

    private final class ScratchObject {
        var next: ScratchObject?
        @inline(never) init() { next = Bool.random() ? ScratchObject(end: ()) : nil }
        private init(end: Void) {}
    }
}
