import Glibc
import SystemCalls

/// A sysfs attribute that holds one integer, kept open, read without allocating.
final class SysfsNumber {
    enum Reading: Equatable {
        case value(Int)
        /// The read failed with this errno; EINVAL also stands for text that is not an integer.
        case failed(Int32)
    }

    private let file: OwnedDescriptor

    init(_ path: String) throws(SystemCallError) {
        file = try OwnedDescriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
    }

    func read() -> Reading {
        unsafe withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { buffer in
            let count = unsafe file.read(into: buffer)
            if count < 0 { return .failed(Int32(truncatingIfNeeded: -count)) }
            guard let value = unsafe Self.parse(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else {
                return .failed(EINVAL)
            }
            return .value(value)
        }
    }

    /// An optional minus, up to 18 digits, at most one newline: what the kernel writes, and nothing else.
    static func parse(_ text: UnsafeRawBufferPointer) -> Int? {
        var end = text.count
        if end > 0, unsafe text[end - 1] == UInt8(ascii: "\n") { end -= 1 }
        guard end > 0 else { return nil }
        let isNegative = unsafe text[0] == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        guard (1...18).contains(end - start) else { return nil }
        var value = 0
        for index in start..<end {
            let digit = unsafe text[index]
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return isNegative ? -value : value
    }
}
