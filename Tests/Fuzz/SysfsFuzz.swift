import Telemetry

/// The text of sysfs, procfs and debugfs.
struct SysfsFuzz: FuzzedSubject {
    private static let texts = [
        "1234\n", "-56\n", "0\n", "999999999999999999\n", "1300500000\n", "yes\n", "no\n", "1234 ma", "5000mV\n",
        "4711 (a (b) c) S 1 4711 4711 0 -1 4194304 1 0 0 0 12 34 0 0 20 0 1 0 123456 1000 200 18446744073709551615\n",
        "cpu  100 20 300 4000 50 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n",
        "CLIENT                        PROCESS      PID        SIZE\n"
            + "user                         python3     1234     512000K\n"
            + "user                        a  name\n     77        12M\n"
            + "total                                               524288K\n",
        "MemTotal:       65835584 kB\nNvMapMemFree:         0 kB\nNvMapMemUsed:    1234567 kB\n",
    ]
    private static let alphabet = [UInt8]("0123456789-+. \t\n\0:()KMkBabcpu".utf8)

    private var memory = NvmapClients()

    init() {}

    mutating func run(_ random: inout SeededGenerator) -> Outcome {
        var bytes = [UInt8](Self.texts[random.below(Self.texts.count)].utf8)
        if random.below(16) > 0 { Mutation.apply(to: &bytes, text: Self.alphabet, &random) }
        let text = bytes.span
        if let value = SysfsText.integer(text) {
            var digits = String(decoding: bytes, as: UTF8.self)
            if digits.hasSuffix("\n") { digits.removeLast() }
            if Int(digits) != value { return .broken("\"\(digits)\" is read as \(value).") }
        }
        _ = SysfsText.integer(text, mayHaveUnit: true)
        _ = SysfsText.flagOrInteger(text)
        if let line = ProcStatText.process(text) { _ = ProcStatText.nanoseconds(ticks: line.cpuTicks) }
        _ = ProcStatText.system(text)
        _ = MemoryInfo.nvmapBytes(text)
        memory.parse(text, skipsIndented: random.below(2) == 0)
        var last: Int32 = 0
        for use in memory.processes {
            if use.pid <= last { return .broken("Process \(use.pid) follows process \(last).") }
            last = use.pid
        }
        return .held(bytes: bytes.count)
    }
}
