import Glibc

/// What follows power and load slowly: temperatures and the smoothed GPU load. First-order lags, exact for constant input.
struct SlowState: Sendable {
    static let ambientCelsius = 25.0
    static let thermalSeconds = 60.0
    static let loadSeconds = 0.1
    /// Degrees per watt: of the module on the heat sink, and of one domain above it.
    static let sinkResistance = 0.45
    static let domainResistance = 0.4

    private(set) var gpuCelsius = ambientCelsius + 10
    private(set) var cpuCelsius = ambientCelsius + 10
    private(set) var socCelsius = ambientCelsius + 10
    /// GPU busy time as a part, 0 to 1.
    private(set) var gpuLoad = 0.0

    mutating func advance(seconds: Double, power: DomainPower, gpuIsBusy: Bool) {
        let loadPart = 1 - exp(-seconds / Self.loadSeconds)
        gpuLoad += ((gpuIsBusy ? 1 : 0) - gpuLoad) * loadPart
        let part = 1 - exp(-seconds / Self.thermalSeconds)
        let sink = Self.ambientCelsius + Self.sinkResistance * power.total
        gpuCelsius += (sink + Self.domainResistance * power.gpu - gpuCelsius) * part
        cpuCelsius += (sink + Self.domainResistance * power.cpu - cpuCelsius) * part
        socCelsius += (sink + Self.domainResistance * power.memory - socCelsius) * part
    }
}
