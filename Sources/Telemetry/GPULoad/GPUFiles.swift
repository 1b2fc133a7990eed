import Glibc
import SystemCalls

/// nvgpu's attributes of the GPU device that tell about its load (drivers/gpu/nvgpu/os/linux/sysfs.c).
enum GPUFile: String, CaseIterable {
    /// 0 to 1000. Reading it takes a power reference on a GPU that is on, which puts off its gating.
    case load
    /// "yes" or "no". Reading it does not touch the GPU, as with the ones below.
    case isRailgated = "is_railgated"
    /// 1 or 0.
    case isPoweredOn = "gpu_powered_on"
    /// Milliseconds of rest after which the GPU is gated.
    case railgateDelay = "railgate_delay"
}

/// Whoever reads the attributes; a test counts with its own.
protocol GPUFileReading {
    /// The number in the file, "yes" being 1 and "no" 0; nil where it cannot be read now.
    mutating func read(_ file: GPUFile) -> Int?
}

/// The attributes below a device directory, each kept open from its first success until it fails.
struct GPUDeviceFiles: GPUFileReading {
    private let directory: String
    private var open = [SysfsFlag?](repeating: nil, count: GPUFile.allCases.count)

    init(directory: String) {
        self.directory = directory
    }

    mutating func read(_ file: GPUFile) -> Int? {
        guard let index = GPUFile.allCases.firstIndex(of: file) else { return nil }
        if open[index] == nil { open[index] = try? SysfsFlag("\(directory)/\(file.rawValue)") }
        guard let attribute = open[index] else { return nil }
        let value = attribute.read()
        // The driver may have been taken away; the next attempt opens it anew.
        if value == nil { open[index] = nil }
        return value
    }
}

/// A sysfs attribute that is a number or says yes or no, kept open.
private final class SysfsFlag {
    private let file: OwnedDescriptor

    init(_ path: String) throws(SystemCallError) {
        file = try OwnedDescriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
    }

    func read() -> Int? {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
            let count = unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
            guard count > 0 else { return nil }
            return SysfsText.flagOrInteger(unsafe buffer.span.extracting(first: count))
        }
    }
}
