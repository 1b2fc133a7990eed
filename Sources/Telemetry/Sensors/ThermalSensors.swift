import Glibc
import SystemCalls

/// The latest temperature of one thermal zone.
public struct ZoneTemperature: Sendable, Equatable {
    /// The zone's name without what only the release decides: `gpu` for GPU-therm (L4T r32, r35) and gpu-thermal (r36).
    /// Unique among the zones.
    public let name: String
    /// What the kernel calls it: its `type` file.
    public let type: String
    /// Thousandths of a degree Celsius; nil while the zone has no power or its sensor fails, which is no temperature.
    public internal(set) var millicelsius: Int?
}

/// The temperatures of the board: every zone of the thermal framework (Documentation/driver-api/thermal/sysfs-api.rst).
///
/// A zone whose part of the chip has no power fails to read, and is absent until it answers again. For one thread.
public final class ThermalSensors {
    /// The zones in the order of their numbers. What is in here changes in number only when a driver came or went.
    public private(set) var zones: [ZoneTemperature] = []
    private var files: [SysfsNumber] = []
    private var search: SensorSearch
    private let path: String

    /// What a sensor in a working chip can say; r32 writes -256000 for a zone without power.
    private static let plausible = -100_000...250_000

    /// Finds the zones under `root` + "/sys/class/thermal" and opens their files; none is not an error.
    ///
    /// - Parameters:
    ///   - root: put in front of every path; "" on a board.
    ///   - retryNanoseconds: how often zones are looked for anew while there are none, or one has gone.
    public init(root: String = "", retryNanoseconds: UInt64 = 10_000_000_000) {
        path = root + "/sys/class/thermal"
        search = SensorSearch(intervalNanoseconds: retryNanoseconds)
        discover()
    }

    /// Reads all zones once. `now` is CLOCK_MONOTONIC nanoseconds. One read per zone, each a message to the board's power
    /// processor; no allocation while no driver comes or goes.
    public func update(now: UInt64) {
        if search.isDue(now: now) { discover() }
        for index in files.indices {
            switch files[index].read() {
            case .value(let value) where Self.plausible.contains(value): zones[index].millicelsius = value
            case .failed(let errno) where SensorSearch.meansGone(errno):
                zones[index].millicelsius = nil
                search.isWanted = true
            case .value, .failed: zones[index].millicelsius = nil
            }
        }
    }

    private func discover() {
        zones = []
        files = []
        let numbers = ((try? Directory.names(path)) ?? []).compactMap { name in
            name.hasPrefix("thermal_zone") ? Int(name.dropFirst("thermal_zone".count)) : nil
        }
        for number in numbers.sorted() {
            let zone = "\(path)/thermal_zone\(number)"
            guard let type = try? SmallFile.text(zone + "/type", limit: 256), !type.isEmpty,
                let file = try? SysfsNumber(zone + "/temp")
            else { continue }
            var name = Self.name(ofType: type)
            if zones.contains(where: { $0.name == name }) { name += "@thermal_zone\(number)" }
            zones.append(ZoneTemperature(name: name, type: type))
            files.append(file)
        }
        search.isWanted = zones.isEmpty
    }

    /// `type` in lower case without its ending for "thermal".
    static func name(ofType type: String) -> String {
        let name = type.lowercased()
        for ending in ["-thermal", "_thermal", "-therm", "_therm"] where name.hasSuffix(ending) {
            let stem = name.dropLast(ending.count)
            return stem.isEmpty ? name : String(stem)
        }
        return name
    }
}
