import CBPF
import Glibc
import SystemCalls
import SystemPackage

extension CUDAProbes {
    /// Finds out whether the probes can work here, by trying: the uprobe device, the right to use it, and a load of the
    /// programs, which are dropped again. Takes some milliseconds; keep the answer.
    public static func support() -> FeatureAnswer {
        support(eventSources: "/sys/bus/event_source/devices")
    }

    static func support(eventSources: String) -> FeatureAnswer {
        guard Directory.exists(eventSources) else {
            return .unknown("There is no \(eventSources), so nothing is known about uprobes: is sysfs mounted?")
        }
        let typePath = eventSources + "/uprobe/type"
        guard Directory.exists(typePath) else {
            return .unavailable(
                "There is no \(typePath): this kernel was built without CONFIG_UPROBE_EVENTS, as JetPack 5 and older "
                    + "are. Use JetPack 6 or later, or a kernel with that option.")
        }
        let type: UInt32
        do {
            let text = try SmallFile.text(typePath)
            guard let number = UInt32(text) else {
                return .unknown("\(typePath) holds \"\(text.prefix(40))\", which is not a device type.")
            }
            type = number
        } catch {
            return .unknown(error.description)
        }
        let errno = Errno(rawValue: -fulcrum_uprobe_trial(type))
        switch errno {
        case .noSuchFileOrDirectory: break
        case .permissionDenied, .notPermitted:
            return .unavailable(
                "The kernel does not let this process use uprobes (\(errno)): it needs CAP_SYS_ADMIN. Run as root or grant it."
            )
        case .noFunction:
            return .unavailable("This kernel was built without CONFIG_PERF_EVENTS, which uprobes need.")
        default:
            return .unknown("A trial uprobe failed in an unexpected way: \(errno) (errno \(errno.rawValue)).")
        }
        do {
            _ = try ProbeObject()
            return .available
        } catch {
            return error.kind == .failed ? .unknown(error.description) : .unavailable(error.description)
        }
    }
}
