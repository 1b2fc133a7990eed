import Glibc
import SystemCalls
public import SystemPackage

/// Why the context-switch device cannot be had: what was attempted, on which path, what the system said, what to do.
public struct ContextSwitchDeviceError: Error, Sendable, CustomStringConvertible {
    /// Full sentences.
    public let description: String
    /// What the system said.
    public let errno: Errno
    /// What the feature list says about it.
    public let answer: FeatureAnswer

    private init(_ description: String, _ errno: Errno, isFinal: Bool) {
        self.description = description
        self.errno = errno
        answer = isFinal ? .unavailable(description) : .unknown(description)
    }

    /// A request on the open device failed.
    init(_ operation: String, _ path: String, _ errno: Errno) {
        switch errno.rawValue {
        case ENOTTY, EOPNOTSUPP:
            self.init(
                SystemCallError(
                    operation, path, errno, remedy: "This file is no context-switch device of nvgpu."
                ).description,
                errno, isFinal: true)
        default:
            self.init(
                SystemCallError(
                    operation, path, errno, remedy: "Is the GPU powered? It is tried again."
                ).description,
                errno, isFinal: false)
        }
    }

    /// The open failed.
    init(opening path: String, _ errno: Errno) {
        let remedy: String
        var isFinal = true
        switch errno.rawValue {
        case EBUSY:
            let holder = DeviceHolder.find(path).map { "\($0) has it" } ?? "Nsight Systems or another Fulcrum has it"
            remedy = "The driver lets one process open it, and \(holder). End that process."
        case EACCES, EPERM:
            remedy = "Run as root, or give this user the right to read it."
        case ENODEV, ENXIO:
            remedy = "The driver does not trace this GPU, or the GPU is not up yet. It is tried again."
            isFinal = false
        default:
            remedy = "It is tried again."
            isFinal = false
        }
        self.init(SystemCallError("open", path, errno, remedy: remedy).description, errno, isFinal: isFinal)
    }

    /// There is no node.
    static func missing(root: String) -> ContextSwitchDeviceError {
        let paths = ContextSwitchDevice.nodes.map { root + $0 }.joined(separator: " and no ")
        let isNvgpu = ["/dev/nvgpu", "/dev/nvhost-gpu"].contains { Directory.exists(root + $0) }
        let reason =
            isNvgpu
            ? "nvgpu is loaded without it: this GPU has no context-switch trace, or the device tree turns off the GPU's tools "
                + "nodes. GPU time comes from the probes instead."
            : "The GPU's driver is not nvgpu (Thor and desktop GPUs have another), or it is not loaded yet. GPU time comes "
                + "from the probes instead."
        return ContextSwitchDeviceError(
            "There is no \(paths). \(reason)", .noSuchFileOrDirectory, isFinal: isNvgpu)
    }
}

/// Who has a device open, going by /proc.
enum DeviceHolder {
    /// Descriptors looked at, at most: the search runs once, after an EBUSY.
    private static let limit = 65_536

    /// "process NAME (pid N)" for the first one found; nil where nobody is, or nobody may be seen.
    static func find(_ path: String, proc: String = "/proc") -> String? {
        var looks = 0
        for name in (try? Directory.names(proc)) ?? [] {
            guard let pid = Int32(name) else { continue }
            let folder = "\(proc)/\(name)/fd"
            for descriptor in (try? Directory.names(folder)) ?? [] {
                looks += 1
                if looks > limit { return nil }
                guard (try? SmallFile.linkTarget("\(folder)/\(descriptor)")) == path else { continue }
                let command = (try? SmallFile.text("\(proc)/\(name)/comm", limit: 64)) ?? "?"
                return "process \(command) (pid \(pid))"
            }
        }
        return nil
    }
}
