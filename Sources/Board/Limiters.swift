/// Who else holds a clock down, and whether a display needs memory bandwidth.
enum Limiters {
    /// What a cooling device acts on.
    enum Clock: Hashable { case cpu, gpu }

    /// The cooling device that throttles `clock` now, with its state; nil if none does. cpufreq and devfreq caps read
    /// back the lowest of all requests, so this is what tells a throttled clock from one that somebody else has set.
    /// Types: "cpufreq-...", "devfreq-..." (kernel drivers/thermal), "cpu-throttle-alert" and the like (L4T).
    static func active(_ clock: Clock, root: String, files: any KnobFiles) -> String? {
        let directory = "\(root)/sys/class/thermal"
        for name in (try? files.names(in: directory)) ?? [] where name.hasPrefix("cooling_device") {
            guard let type = try? files.read("\(directory)/\(name)/type"), acts(type, on: clock),
                let state = try? files.integer("\(directory)/\(name)/cur_state"), state > 0
            else { continue }
            return "cooling device \(type) in state \(state)"
        }
        return nil
    }

    private static func acts(_ type: String, on clock: Clock) -> Bool {
        let words = type.lowercased().split(whereSeparator: { !$0.isLetter })
        return switch clock {
        case .cpu: words.contains("cpufreq") || words.contains("cpu")
        case .gpu: words.contains("devfreq") || words.contains("gpu")
        }
    }

    /// Whether a display is connected to any output.
    static func displayConnected(root: String, files: any KnobFiles) -> Bool {
        let directory = "\(root)/sys/class/drm"
        return ((try? files.names(in: directory)) ?? []).contains { name in
            (try? files.read("\(directory)/\(name)/status")) == "connected"
        }
    }
}
