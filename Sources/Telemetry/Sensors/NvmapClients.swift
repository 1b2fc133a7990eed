import SystemCalls

/// How much GPU memory one process holds.
public struct GPUMemoryUse: Sendable, Equatable {
    /// Thread group id in the initial pid namespace.
    public var pid: Int32
    /// Bytes of all its nvmap clients together.
    public var bytes: UInt64

    /// Names an amount.
    public init(pid: Int32, bytes: UInt64) {
        self.pid = pid
        self.bytes = bytes
    }
}

/// The table of nvmap's clients that debugfs shows (nvmap_dev.c of nvidia-oot, `client_stringify` and the rows around it):
/// `%-18s %18s %8u %10lluK`, client name, process name, pid, size; the last line is `total` and a size.
///
/// A process chooses its own name, with blanks and line ends in it: a row is read from its end, and a line that would fit
/// into a name is no row.
public struct NvmapClients: Sendable, Equatable {
    /// What each process holds, by ascending pid. The kernel's own clients, pid 0, are not among them.
    public private(set) var processes: [GPUMemoryUse] = []
    /// What the kernel's own clients hold, bytes.
    public private(set) var kernelBytes: UInt64 = 0
    /// The table's own sum in bytes; nil if the text has none.
    public private(set) var totalBytes: UInt64?
    /// Whether there were more processes than are kept, so that the table is not whole.
    public private(set) var isOverfull = false

    /// More processes than any board holds; bounds the work on a table.
    public static let maximumProcesses = 4_096

    /// TASK_COMM_LEN of linux/sched.h, with its NUL: no line inside a name is that long.
    private static let nameLength = 16

    /// An empty table.
    public init() {}

    /// Takes over `text`, dropping what was here before. O(bytes), and O(processes) more for a pid out of order; allocates
    /// only when there are more processes than ever before.
    ///
    /// - Parameter skipsIndented: `iovmm/maps` lists a client's mappings indented under it; they are no clients.
    public mutating func parse(_ text: Span<UInt8>, skipsIndented: Bool = false) {
        processes.removeAll(keepingCapacity: true)
        kernelBytes = 0
        totalBytes = nil
        isOverfull = false
        var start = 0
        for index in 0..<text.count where text[index] == UInt8(ascii: "\n") {
            line(text.extracting(start..<index), skipsIndented: skipsIndented)
            start = index + 1
        }
        // A last line without its end is torn.
    }

    /// Bytes that `pid` holds; 0 for a process that is not in the table. O(log processes).
    public func bytes(ofPID pid: Int32) -> UInt64 {
        let index = position(of: pid)
        return index < processes.count && processes[index].pid == pid ? processes[index].bytes : 0
    }

    private mutating func line(_ text: Span<UInt8>, skipsIndented: Bool) {
        guard text.count >= Self.nameLength else { return }
        if skipsIndented, ASCIIText.isBlank(text[0]) { return }
        let size = lastField(of: text, before: text.count)
        guard let bytes = bytes(of: text.extracting(size)) else { return }
        let owner = lastField(of: text, before: size.lowerBound)
        if ASCIIText.equals(text.extracting(owner), "total"), lastField(of: text, before: owner.lowerBound).isEmpty {
            totalBytes = bytes
            return
        }
        guard let number = ASCIIText.decimal(text.extracting(owner)), let pid = Int32(exactly: number) else { return }
        if pid == 0 {
            kernelBytes = saturatingSum(kernelBytes, bytes)
        } else {
            add(pid, bytes)
        }
    }

    private mutating func add(_ pid: Int32, _ bytes: UInt64) {
        let index = position(of: pid)
        if index < processes.count, processes[index].pid == pid {
            processes[index].bytes = saturatingSum(processes[index].bytes, bytes)
        } else if index == processes.count, index < Self.maximumProcesses {
            processes.append(GPUMemoryUse(pid: pid, bytes: bytes))
        } else if processes.count < Self.maximumProcesses {
            processes.insert(GPUMemoryUse(pid: pid, bytes: bytes), at: index)
        } else {
            isOverfull = true
        }
    }

    /// The first index whose pid is not less.
    private func position(of pid: Int32) -> Int {
        var low = 0
        var high = processes.count
        while low < high {
            let middle = (low + high) / 2
            if processes[middle].pid < pid { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func lastField(of text: Span<UInt8>, before end: Int) -> Range<Int> {
        var end = end
        while end > 0, ASCIIText.isBlank(text[end - 1]) { end -= 1 }
        var start = end
        while start > 0, !ASCIIText.isBlank(text[start - 1]) { start -= 1 }
        return start..<end
    }

    /// A size with its unit, K or M for powers of 1,024.
    private func bytes(of field: Span<UInt8>) -> UInt64? {
        guard field.count >= 2, let number = ASCIIText.decimal(field.extracting(0..<field.count - 1)) else {
            return nil
        }
        let scale: UInt64
        switch field[field.count - 1] {
        case UInt8(ascii: "K"): scale = 1 << 10
        case UInt8(ascii: "M"): scale = 1 << 20
        default: return nil
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: scale)
        return overflow ? nil : bytes
    }
}

private func saturatingSum(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
}
