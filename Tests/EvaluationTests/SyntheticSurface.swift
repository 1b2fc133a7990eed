import Policy

/// Rows of a training on a grid of small whole values, by formula.
enum SyntheticSurface {
    /// The values 1, 2, 3 and so on in each dimension; cores are even numbers.
    static func grid(cores: Int, cpu: Int, gpu: Int, emc: Int) -> ModeGrid {
        ModeGrid(
            cores: (1...cores).map { 2 * $0 }, cpuKHz: Array(1...cpu), gpuHz: Array(1...gpu), emcHz: Array(1...emc))
            ?? .orinAGX441
    }

    static func surface(
        _ grid: ModeGrid, _ value: (PowerMode) -> (milliseconds: Double, watts: Double)
    ) -> [TrainingObservation] {
        grid.allModes.map { mode in
            let (milliseconds, watts) = value(mode)
            return TrainingObservation(mode: mode, minibatchMilliseconds: milliseconds, powerWatts: watts)
        }
    }

    /// A product of one function per knob, with knees.
    static func product(_ grid: ModeGrid) -> [TrainingObservation] {
        surface(grid) { mode in
            let cpu = Double(mode.cpuKHz)
            let gpu = Double(mode.gpuHz)
            let emc = Double(mode.emcHz)
            let cores = Double(mode.cores)
            return (
                900 / min(cpu, 3) / gpu / min(cores, 4) * (1 + 1 / emc),
                3 * (1 + cpu / 5) * (1 + gpu * gpu / 9) * (1 + cores / 20) * (1 + emc / 10)
            )
        }
    }

    /// `rows` with time and power of some modes multiplied.
    static func changing(
        _ rows: [TrainingObservation], _ modes: [PowerMode], time: Double = 1, power: Double = 1
    ) -> [TrainingObservation] {
        rows.map { row in
            guard modes.contains(row.mode) else { return row }
            return TrainingObservation(
                mode: row.mode, minibatchMilliseconds: row.minibatchMilliseconds * time,
                powerWatts: row.powerWatts * power)
        }
    }

    static func table(_ rows: [TrainingObservation]) throws -> TrainingTable {
        try SyntheticTables.training(
            rows.map { row in
                let mode = row.mode
                return
                    "\(mode.cores),\(mode.cpuKHz),\(mode.gpuHz),\(mode.emcHz),\(row.minibatchMilliseconds),\(row.powerWatts)\n"
            }.joined())
    }
}
