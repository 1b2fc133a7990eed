import SystemCalls

/// /proc/meminfo of an L4T kernel.
public enum MemoryInfo {
    /// The value of the line `NvMapMemUsed:  N kB` in bytes: memory that the GPU and the other engines share, all processes
    /// and the kernel together. Nil where there is no such line, as on kernels without nvmap. O(bytes).
    public static func nvmapBytes(_ text: Span<UInt8>) -> UInt64? {
        let key = "NvMapMemUsed:"
        var start = 0
        for index in 0..<text.count where text[index] == UInt8(ascii: "\n") {
            let line = text.extracting(start..<index)
            start = index + 1
            if ASCIIText.starts(line, with: key) { return bytes(line.extracting(key.utf8.count..<line.count)) }
        }
        return nil
    }

    private static func bytes(_ text: Span<UInt8>) -> UInt64? {
        let end = text.count - 3
        guard end > 0, ASCIIText.equals(text.extracting(end..<text.count), " kB") else { return nil }
        var start = 0
        while start < end, ASCIIText.isBlank(text[start]) { start += 1 }
        guard let number = ASCIIText.decimal(text.extracting(start..<end)) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1_024)
        return overflow ? nil : bytes
    }
}
