import Policy

/// A grid with a time and a power for each mode, made from a formula over the indices of its four lists.
struct SyntheticWorkload {
    let grid: ModeGrid
    let observations: [PowerMode: TrainingObservation]

    /// `measure` maps the indices in the lists (cores, gpu, cpu, emc: GMD's order) to milliseconds and watts.
    init?(lengths: [Int], measure: ([Int]) -> (milliseconds: Double, watts: Double)) {
        guard let grid = syntheticGrid(lengths) else { return nil }
        self.grid = grid
        var observations: [PowerMode: TrainingObservation] = [:]
        for mode in grid.allModes {
            let (milliseconds, watts) = measure(grid.indices(of: mode))
            observations[mode] = TrainingObservation(
                mode: mode, minibatchMilliseconds: milliseconds, powerWatts: watts)
        }
        self.observations = observations
    }

    /// Runs `search` from nothing: what it profiled, in order, and its answer. Nil where it asks for a mode twice, or for one
    /// off the grid.
    func play(_ start: any Search<TrainProblem>) -> (profiled: [TrainingObservation], answer: TrainingObservation?)? {
        PolicyTests.play(start) { observations[$0] }.map { ($0.profiled.all, $0.answer) }
    }

    /// A random workload with lists of 1 to 12 values: faster and hungrier with each step of an index, with noise.
    static func random(_ generator: inout SeededGenerator) -> SyntheticWorkload? {
        random((0..<4).map { _ in Int.random(in: 1...12, using: &generator) }, &generator)
    }

    static func random(_ lengths: [Int], _ generator: inout SeededGenerator) -> SyntheticWorkload? {
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

/// An inference, and a training beside it, at each mode and minibatch size of a grid.
struct SyntheticPair {
    let grid: InferenceGrid
    let pairs: [InferencePoint: PairObservation]

    /// `measure` maps the indices in the lists (cores, gpu, cpu, emc) and a minibatch size to an inference's milliseconds and
    /// watts and the background's.
    init?(
        lengths: [Int], minibatches: [Int],
        measure: ([Int], Int) -> (inference: (Double, Double), background: (Double, Double))
    ) {
        guard let modes = syntheticGrid(lengths), let grid = InferenceGrid(modes: modes, minibatches: minibatches)
        else { return nil }
        self.grid = grid
        var pairs: [InferencePoint: PairObservation] = [:]
        for mode in modes.allModes {
            for minibatch in grid.minibatches {
                let (inference, background) = measure(modes.indices(of: mode), minibatch)
                let point = InferencePoint(mode: mode, minibatch: minibatch)
                pairs[point] = PairObservation(
                    point: point, inferenceMilliseconds: inference.0, inferenceWatts: inference.1,
                    backgroundMilliseconds: background.0, backgroundWatts: background.1)
            }
        }
        self.pairs = pairs
    }

    func inference(_ point: InferencePoint) -> InferenceObservation? {
        pairs[point].map {
            InferenceObservation(
                point: point, minibatchMilliseconds: $0.inferenceMilliseconds, powerWatts: $0.inferenceWatts)
        }
    }

    /// All points in ascending order.
    var all: [PairObservation] { pairs.values.sorted { $0.point < $1.point } }

    /// Lists of 1 to 7 values and 1 to 5 minibatch sizes; a larger minibatch takes longer and draws more.
    static func random(_ generator: inout SeededGenerator) -> SyntheticPair? {
        let lengths = (0..<4).map { _ in Int.random(in: 1...7, using: &generator) }
        var sizes: [Int] = []
        while sizes.isEmpty { sizes = [1, 2, 4, 8, 16].filter { _ in Bool.random(using: &generator) } }
        guard let inference = SyntheticWorkload.random(lengths, &generator),
            let background = SyntheticWorkload.random(lengths, &generator)
        else { return nil }
        let (fixed, perRequest) = (
            Double.random(in: 0.05...0.5, using: &generator), Double.random(in: 0.005...0.1, using: &generator)
        )
        let grid = inference.grid
        return SyntheticPair(lengths: lengths, minibatches: sizes) { indices, minibatch in
            let mode = grid.mode(at: indices)
            guard let own = inference.observations[mode], let other = background.observations[mode] else {
                return ((.nan, .nan), (.nan, .nan))
            }
            return (
                (
                    own.minibatchMilliseconds * (fixed + perRequest * Double(minibatch)),
                    own.powerWatts * (1 - 0.3 / Double(minibatch))
                ), (other.minibatchMilliseconds, other.powerWatts)
            )
        }
    }
}

/// A grid of four lists (cores, gpu, cpu, emc) 100, 110, 120 and so on.
func syntheticGrid(_ lengths: [Int]) -> ModeGrid? {
    let lists = lengths.map { length in (0..<length).map { 100 + 10 * $0 } }
    return ModeGrid(cores: lists[0], cpuKHz: lists[2], gpuHz: lists[1], emcHz: lists[3])
}

extension ModeGrid {
    /// The place of a mode in the lists of a synthetic grid: cores, gpu, cpu, emc.
    func indices(of mode: PowerMode) -> [Int] { Dimension.allCases.map { (mode[$0] - 100) / 10 } }

    /// The mode at such a place.
    func mode(at indices: [Int]) -> PowerMode {
        PowerMode(
            cores: cores[indices[0]], cpuKHz: cpuKHz[indices[2]], gpuHz: gpuHz[indices[1]], emcHz: emcHz[indices[3]])
    }
}
