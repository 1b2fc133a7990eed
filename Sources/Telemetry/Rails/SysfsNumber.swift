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
    private let mayHaveUnit: Bool

    init(_ path: String, mayHaveUnit: Bool = false) throws(SystemCallError) {
        self.mayHaveUnit = mayHaveUnit
        file = try OwnedDescriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
    }

    func read() -> Reading {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
            let count = unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
            if count < 0 { return .failed(Int32(truncatingIfNeeded: -count)) }
            let text = unsafe buffer.span.extracting(first: count)
            guard let value = SysfsText.integer(text, mayHaveUnit: mayHaveUnit) else {
                return .failed(EINVAL)
            }
            return .value(value)
        }
    }
}
