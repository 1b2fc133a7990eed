import Policy
import Testing

/// Random workloads that are alike as those of a board are: each a sum of parts that wait for one clock, and power that grows with
/// each step of a knob, with readings that are off by up to 2 %.
struct WorkloadFamily {
    private var generator: SeededGenerator
    /// Numbers of values: cores, gpu, cpu, emc.
    let lengths: [Int]

    init(seed: UInt64, lengths: [Int] = [3, 5, 5, 3]) {
        generator = SeededGenerator(seed: seed)
        self.lengths = lengths
    }

    private mutating func draw(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &generator) }

    mutating func next() throws -> SyntheticWorkload {
        let parts = (cpu: draw(20...80), gpu: draw(30...120), memory: draw(5...30))
        let idle = draw(6...9)
        let watts = (cores: draw(0.4...0.8), gpu: draw(1.5...3), cpu: draw(0.5...1), memory: draw(0.5...1))
        let noise = (0..<101).map { _ in draw(0.98...1.02) }
        let workload = SyntheticWorkload(lengths: lengths) { indices in
            let steps = (
                cores: Double(indices[0]), gpu: Double(indices[1]), cpu: Double(indices[2]),
                memory: Double(indices[3])
            )
            let loading = parts.cpu / (1 + 0.5 * steps.cpu) / (1 + 0.2 * steps.cores)
            let computing = parts.gpu / (1 + 0.6 * steps.gpu) + parts.memory / (1 + 0.5 * steps.memory)
            let power =
                idle + watts.cores * steps.cores + watts.gpu * steps.gpu + watts.cpu * steps.cpu
                + watts.memory * steps.memory
            let place = (indices[0] * 31 + indices[1] * 17 + indices[2] * 7 + indices[3]) % noise.count
            return ((loading + computing) * noise[place], power * noise[(place * 3 + 1) % noise.count])
        }
        return try #require(workload)
    }

    /// An inference at four minibatch sizes beside a training.
    mutating func nextPair() throws -> SyntheticPair {
        let (inference, background) = (try next(), try next())
        let fixed = draw(0.1...0.3)
        let grid = inference.grid
        let pair = SyntheticPair(lengths: lengths, minibatches: [1, 4, 16, 32]) { indices, minibatch in
            let mode = grid.mode(at: indices)
            guard let own = inference.observations[mode], let other = background.observations[mode] else {
                return ((.nan, .nan), (.nan, .nan))
            }
            return (
                (
                    own.minibatchMilliseconds * (fixed + 0.04 * Double(minibatch)),
                    own.powerWatts * (1 - 0.15 / Double(minibatch))
                ), (other.minibatchMilliseconds, other.powerWatts)
            )
        }
        return try #require(pair)
    }
}

extension SyntheticWorkload {
    var rows: [TrainingObservation] { grid.allModes.compactMap { observations[$0] } }

    func reference(_ name: String) -> ReferenceWorkload {
        ReferenceWorkload(name: name, training: MeasuredSurface(rows, provenance: name))
    }

    /// A power that `share` of the modes do not exceed.
    func budget(_ share: Double) -> Double {
        let watts = rows.map(\.powerWatts).sorted()
        return watts[min(watts.count - 1, Int(share * Double(watts.count)))]
    }
}

extension SyntheticPair {
    func reference(_ name: String) -> ReferenceWorkload {
        ReferenceWorkload(
            name: name, inference: MeasuredSurface(all.compactMap { inference($0.point) }, provenance: name),
            minibatches: grid.minibatches)
    }

    /// Its background alone.
    func backgroundReference(_ name: String) -> ReferenceWorkload {
        let rows = all.filter { $0.point.minibatch == grid.minibatches[0] }.map {
            TrainingObservation(
                mode: $0.mode, minibatchMilliseconds: $0.backgroundMilliseconds, powerWatts: $0.backgroundWatts)
        }
        return ReferenceWorkload(name: name, training: MeasuredSurface(rows, provenance: name))
    }

    func budget(_ share: Double) -> Double {
        let watts = all.map(\.powerWatts).sorted()
        return watts[min(watts.count - 1, Int(share * Double(watts.count)))]
    }
}
