@testable import Policy

/// Smooth time and power of an invented workload: a term per knob that falls with it, and power that grows with speed.
struct SyntheticSurface {
    var cpu = 40.0
    var gpu = 60.0
    var memory = 15.0
    var idleWatts = 9.0
    var busyWatts = 30.0

    /// A training workload, and another one that is like it.
    static let reference = SyntheticSurface()
    static let relative = SyntheticSurface(cpu: 90, gpu: 110, memory: 45, idleWatts: 8, busyWatts: 24)

    /// 4 x 5 x 5 x 3 modes.
    static let modes: [PowerMode] = {
        var modes: [PowerMode] = []
        for cores in [2, 4, 8, 12] {
            for cpu in stride(from: 400_000, through: 2_200_000, by: 450_000) {
                for gpu in stride(from: 120_000_000, through: 1_300_000_000, by: 295_000_000) {
                    for memory in [665_600_000, 2_133_000_000, 3_199_000_000] {
                        modes.append(PowerMode(cores: cores, cpuKHz: cpu, gpuHz: gpu, emcHz: memory))
                    }
                }
            }
        }
        return modes
    }()

    func observe(_ mode: PowerMode) -> TrainingObservation {
        let (cpuGHz, gpuGHz, memoryGHz) = (
            Double(mode.cpuKHz) / 1e6, Double(mode.gpuHz) / 1e9, Double(mode.emcHz) / 1e9
        )
        let loading = cpu / cpuGHz / Double(mode.cores).squareRoot()
        let computing = gpu / gpuGHz + memory / memoryGHz
        let milliseconds = loading + computing
        let watts = idleWatts + busyWatts * gpuGHz * computing / milliseconds + 0.4 * Double(mode.cores) * cpuGHz
        return TrainingObservation(mode: mode, minibatchMilliseconds: milliseconds, powerWatts: watts)
    }

    func observe(_ point: InferencePoint) -> InferenceObservation {
        let one = observe(point.mode)
        return InferenceObservation(
            point: point, minibatchMilliseconds: one.minibatchMilliseconds * (0.2 + 0.05 * Double(point.minibatch)),
            powerWatts: one.powerWatts + Double(point.minibatch).squareRoot())
    }

    var observations: [TrainingObservation] { Self.modes.map { observe($0) } }

    func sample(_ count: Int, seed: UInt64) -> [TrainingObservation] {
        var generator = Policy.SeededGenerator(seed: seed)
        return generator.sample(count, of: observations)
    }

    /// Mean absolute percentage errors of `predictor` over all modes.
    func errors(_ predictor: some Predictor<PowerMode>) -> (time: Double, power: Double) {
        let predicted = predictor.predict(Self.modes)
        var (time, power) = (0.0, 0.0)
        for (observed, predicted) in zip(observations, predicted) {
            time += abs(predicted.minibatchMilliseconds / observed.minibatchMilliseconds - 1)
            power += abs(predicted.powerWatts / observed.powerWatts - 1)
        }
        return (100 * time / Double(predicted.count), 100 * power / Double(predicted.count))
    }
}

extension NetworkSchedule {
    /// The product's scales in few steps and without cross-validation.
    static func quick(_ steps: Int) -> NetworkSchedule {
        var schedule = NetworkSchedule.fewPoints
        schedule.steps = steps
        schedule.folds = 0
        return schedule
    }
}
