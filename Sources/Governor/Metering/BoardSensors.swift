import Telemetry

/// Temperatures, fans and GPU memory: read once a second, as none of them moves faster and some reads are not free.
final class BoardSensors {
    private static let periodNanoseconds: UInt64 = 1_000_000_000

    private let thermal: ThermalSensors
    private let fan: FanSensors
    private let memory: GPUMemorySensor
    private var readAt: UInt64 = 0

    /// Looks for the sensors below `root`; those that appear later are found then.
    init(root: String) {
        thermal = ThermalSensors(root: root)
        fan = FanSensors(root: root)
        memory = GPUMemorySensor(root: root)
    }

    /// Reads what is due at `now`, CLOCK_MONOTONIC nanoseconds.
    func update(at now: UInt64) {
        guard now >= readAt &+ Self.periodNanoseconds else { return }
        readAt = now
        thermal.update(now: now)
        fan.update(now: now)
        memory.update(now: now)
    }

    var zones: [PublishedState.ThermalZone] {
        thermal.zones.map { .init(name: WorkloadName.sanitised($0.name), millicelsius: $0.millicelsius) }
    }

    var fans: [PublishedState.Fan] {
        fan.fans.map { .init(name: WorkloadName.sanitised($0.name), rpm: $0.rpm, pwm: $0.pwm) }
    }

    /// GPU memory of all clients, bytes.
    var gpuMemoryBytes: Int? { (memory.totalBytes ?? memory.clients?.totalBytes).map { Int(clamping: $0) } }

    /// GPU memory of one process, bytes; nil where it is not measured.
    func gpuMemoryBytes(of pid: Int32) -> Int? {
        memory.clients.map { Int(clamping: $0.bytes(ofPID: pid)) }
    }

    var memoryFeature: PublishedState.Feature { .init("gpu_memory", memory.support) }
}
