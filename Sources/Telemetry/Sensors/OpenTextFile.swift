import Glibc
import SystemCalls

/// A text file of the kernel that is kept open and read as a whole again and again.
final class OpenTextFile {
    enum Reading: Equatable {
        case bytes(Int)
        /// There is more than the limit; what was read is not to be used.
        case tooLong
        /// The read failed with this errno.
        case failed(Int32)
    }

    let path: String
    private let file: OwnedDescriptor

    init(_ path: String) throws(SystemCallError) {
        self.path = path
        file = try OwnedDescriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
    }

    /// Reads all of it to the start of `buffer`, which grows up to `limit` and one byte as needed, and never shrinks.
    func read(into buffer: inout [UInt8], limit: Int) -> Reading {
        var filled = 0
        while true {
            if filled == buffer.count {
                if filled > limit { return .tooLong }
                buffer.append(contentsOf: repeatElement(0, count: min(max(filled, 4_096), limit + 1 - filled)))
            }
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[filled...]), at: filled)
            }
            if count < 0 { return .failed(Int32(truncatingIfNeeded: -count)) }
            if count == 0 { return filled > limit ? .tooLong : .bytes(filled) }
            filled += count
        }
    }
}
