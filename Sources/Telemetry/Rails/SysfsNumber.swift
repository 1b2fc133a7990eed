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
        unsafe withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { buffer in
            let count = unsafe file.read(into: buffer)
            if count < 0 { return .failed(Int32(truncatingIfNeeded: -count)) }
            let text = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
            guard let value = unsafe SysfsText.integer(text, mayHaveUnit: mayHaveUnit) else {
                return .failed(EINVAL)
            }
            return .value(value)
        }
    }
}
