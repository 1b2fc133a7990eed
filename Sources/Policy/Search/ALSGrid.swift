#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The points of a survey by number, and as coordinates for its surrogates: cores, CPU, GPU and memory frequency, minibatch
/// size, each by its logarithm, from 0 at the lowest to 1 at the highest value.
struct ALSGrid: Sendable {
    let minibatches: [Int]
    /// Number of points; Int.max where there are more.
    let count: Int
    /// The values of each axis, ascending.
    let axes: [[Int]]
    /// Their coordinates.
    let coordinates: [[Double]]

    init(modes: ModeGrid, minibatches: [Int]) {
        self.minibatches = minibatches
        count = saturatingProduct(modes.count, minibatches.count)
        axes = [modes.cores, modes.cpuKHz, modes.gpuHz, modes.emcHz, minibatches]
        coordinates = axes.map { values in
            let logs = values.map { log(Double(max($0, 1))) }
            guard let low = logs.first, let high = logs.last, high > low else { return logs.map { _ in 0 } }
            return logs.map { ($0 - low) / (high - low) }
        }
    }

    /// The place of point number `index` on each axis.
    func places(_ index: Int) -> [Int] {
        var rest = index
        var places = Array(repeating: 0, count: axes.count)
        for axis in axes.indices.reversed() {
            places[axis] = rest % axes[axis].count
            rest /= axes[axis].count
        }
        return places
    }

    /// The number of the point at `places`.
    func index(_ places: [Int]) -> Int {
        zip(axes, places).reduce(0) { $0 * $1.0.count + $1.1 }
    }

    func mode(_ index: Int) -> PowerMode {
        let places = places(index)
        return PowerMode(
            cores: axes[0][places[0]], cpuKHz: axes[1][places[1]], gpuHz: axes[2][places[2]], emcHz: axes[3][places[3]])
    }

    func minibatch(_ index: Int) -> Int { minibatches[index % minibatches.count] }

    /// The lowest and the highest mode, each with the smallest, the middle and the largest size.
    var corners: [Int] {
        let sizes = minibatches.count
        return [0, count - sizes].flatMap { mode in [0, sizes / 2, sizes - 1].map { mode + $0 } }
    }

    /// Of ten random points that one whose nearest among `chosen` is the farthest away; nil where all were chosen already.
    /// (More than ten would crowd the borders.)
    func remote(from chosen: [Int], using generator: inout SeededGenerator) -> Int? {
        var best: (index: Int, distance: Double)?
        for _ in 0..<10 {
            let index = generator.index(below: count)
            let nearest = chosen.reduce(Double.infinity) { min($0, squaredDistance($1, index)) }
            if nearest > best?.distance ?? 0 { best = (index, nearest) }
        }
        return best?.index ?? (0..<count).first { !chosen.contains($0) }
    }

    private func squaredDistance(_ left: Int, _ right: Int) -> Double {
        let (left, right) = (places(left), places(right))
        return axes.indices.reduce(0) { sum, axis in
            let step = coordinates[axis][left[axis]] - coordinates[axis][right[axis]]
            return sum + step * step
        }
    }
}
