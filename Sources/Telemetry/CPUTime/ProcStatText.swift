import Glibc

/// The numbers of /proc/PID/stat and /proc/stat (proc(5)), read without allocating. Times are in clock ticks.
public enum ProcStatText {
    /// What a process's line says.
    public struct ProcessLine: Hashable, Sendable {
        /// utime + stime (fields 14 and 15): all threads, also those that have ended; children not.
        public var cpuTicks: UInt64
        /// Field 22.
        public var startTimeTicks: UInt64
    }

    /// What the first line of /proc/stat says, summed over the cores.
    public struct SystemLine: Hashable, Sendable {
        /// user, nice, system, irq, softirq and steal. Guests are in user and nice already.
        public var busyTicks: UInt64
        /// idle and iowait. Cores that are off add nothing while they are.
        public var idleTicks: UInt64
    }

    /// Parses a process's line; nil for anything else. The command name is the process's own choice and may hold blanks and
    /// brackets, so fields are counted from the last bracket.
    public static func process(_ text: Span<UInt8>) -> ProcessLine? {
        var position = text.count
        while position > 0, text[position - 1] != UInt8(ascii: ")") { position -= 1 }
        guard position > 0 else { return nil }
        // Fields 3 to 13: the state, a letter, and ten numbers.
        for _ in 3...13 where !skipField(text, &position) { return nil }
        guard let user = number(text, &position), let system = number(text, &position) else { return nil }
        for _ in 16...21 where !skipField(text, &position) { return nil }
        guard let start = number(text, &position) else { return nil }
        let (ticks, overflow) = user.addingReportingOverflow(system)
        return overflow ? nil : ProcessLine(cpuTicks: ticks, startTimeTicks: start)
    }

    /// Parses the first line of /proc/stat; nil for anything else.
    public static func system(_ text: Span<UInt8>) -> SystemLine? {
        let name: [4 of UInt8] = [0x63, 0x70, 0x75, 0x20]
        guard text.count > name.count else { return nil }
        for index in name.indices where text[index] != name[index] { return nil }
        var position = name.count
        var line = SystemLine(busyTicks: 0, idleTicks: 0)
        // user nice system idle iowait irq softirq steal
        for field in 0..<8 {
            guard let ticks = number(text, &position) else { return nil }
            let isIdle = field == 3 || field == 4
            let (sum, overflow) = (isIdle ? line.idleTicks : line.busyTicks).addingReportingOverflow(ticks)
            if overflow { return nil }
            if isIdle { line.idleTicks = sum } else { line.busyTicks = sum }
        }
        return line
    }

    /// Ticks as nanoseconds; saturates.
    public static func nanoseconds(ticks: UInt64) -> UInt64 {
        let (product, overflow) = ticks.multipliedReportingOverflow(by: nanosecondsPerTick)
        return overflow ? .max : product
    }

    /// sysconf(_SC_CLK_TCK) is 100 on every Linux that this runs on.
    private static let nanosecondsPerTick: UInt64 = 1_000_000_000 / UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1))

    private static func skipBlanks(_ text: Span<UInt8>, _ position: inout Int) {
        while position < text.count, text[position] == UInt8(ascii: " ") { position += 1 }
    }

    private static func skipField(_ text: Span<UInt8>, _ position: inout Int) -> Bool {
        skipBlanks(text, &position)
        let start = position
        while position < text.count, text[position] > UInt8(ascii: " ") { position += 1 }
        return position > start
    }

    /// A number of up to 19 digits with nothing else in its field.
    private static func number(_ text: Span<UInt8>, _ position: inout Int) -> UInt64? {
        skipBlanks(text, &position)
        var value: UInt64 = 0
        let start = position
        while position < text.count {
            let digit = text[position]
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { break }
            if position - start == 19 { return nil }
            value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
            position += 1
        }
        // A number at the very end of the text may have been cut off.
        guard position > start, position < text.count, text[position] <= UInt8(ascii: " ") else { return nil }
        return value
    }
}
