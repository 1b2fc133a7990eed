import Policy

/// A grid with a time and a power for each mode, made from a formula over the indices of its four lists.
struct SyntheticWorkload {
    let grid: ModeGrid
    let observations: [PowerMode: TrainingObservation]

    /// `measure` maps the indices in the lists (cores, gpu, cpu, emc: GMD's order) to milliseconds and watts.
    init?(lengths: [Int], measure: ([Int]) -> (milliseconds: Double, watts: Double)) {
        let lists = lengths.map { length in (0..<length).map { 100 + 10 * $0 } }
        guard let grid = ModeGrid(cores: lists[0], cpuKHz: lists[2], gpuHz: lists[1], emcHz: lists[3]) else {
            return nil
        }
        self.grid = grid
        var observations: [PowerMode: TrainingObservation] = [:]
        for cores in 0..<lengths[0] {
            for gpu in 0..<lengths[1] {
                for cpu in 0..<lengths[2] {
                    for emc in 0..<lengths[3] {
                        let mode = PowerMode(
                            cores: lists[0][cores], cpuKHz: lists[2][cpu], gpuHz: lists[1][gpu], emcHz: lists[3][emc])
                        let (milliseconds, watts) = measure([cores, gpu, cpu, emc])
                        observations[mode] = TrainingObservation(
                            mode: mode, minibatchMilliseconds: milliseconds, powerWatts: watts)
                    }
                }
            }
        }
        self.observations = observations
    }

    /// Runs `search` from nothing: what it profiled, in order, and its answer. Nil where it asks for a mode twice, for one
    /// off the grid, or for more than the grid has.
    func play(_ search: any TrainingSearch) -> (profiled: [TrainingObservation], answer: TrainingObservation?)? {
        var observed = ObservedModes()
        while true {
            switch search.next(observed: observed) {
            case .answer(let answer): return (observed.all, answer)
            case .profile(let mode):
                guard observed[mode] == nil, let observation = observations[mode] else { return nil }
                observed.record(observation)
            }
        }
    }

    /// A random workload with lists of 1 to 12 values: faster and hungrier with each step of an index, with noise.
    static func random(_ generator: inout SeededGenerator) -> SyntheticWorkload? {
        let lengths = (0..<4).map { _ in Int.random(in: 1...12, using: &generator) }
        let speeds = (0..<4).map { _ in Double.random(in: 0...0.5, using: &generator) }
        let watts = (0..<4).map { _ in Double.random(in: 0...3, using: &generator) }
        let noise = (0..<97).map { _ in Double.random(in: 0.9...1.1, using: &generator) }
        return SyntheticWorkload(lengths: lengths) { indices in
            let noiseIndex = (indices[0] * 31 + indices[1] * 17 + indices[2] * 7 + indices[3]) % noise.count
            let speed = zip(indices, speeds).reduce(1) { $0 + Double($1.0) * $1.1 }
            let power = zip(indices, watts).reduce(8) { $0 + Double($1.0) * $1.1 }
            return (100 / speed * noise[noiseIndex], power * noise[(noiseIndex * 3) % noise.count])
        }
    }
}
