/// What one minibatch of a training program looks like to a driver.
struct TrainingShape: Sendable {
    /// Launches of one minibatch.
    var launches = 8
    /// Different kernels among them.
    var kernels = 1
    /// Waits of one minibatch, the last one at its end; 0 where the program waits more rarely.
    var waits = 1
    /// Minibatches from one wait to the next.
    var waitEvery = 1
    /// Whether the launches are captured once and launched as a graph from then on.
    var usesGraph = false
    /// First minibatches in which every kernel is tried by another algorithm too, as autotuners do.
    var warmUp = 0
    var wait = Wait.stream

    /// The kernels of one minibatch, in the order of their launches: together one minibatch of the surface.
    func kernels(_ context: GPUContext) throws(WorkloadError) -> [Kernel] {
        // Parts per million that add up to the whole minibatch.
        let share = 1_000_000 / UInt32(launches)
        var sequence: [Kernel] = []
        for index in 0..<launches {
            let name = kernels == 1 ? "train_step" : "layer_\(index % kernels)"
            let isLast = index == launches - 1
            sequence.append(
                try context.kernel(name, blocks: isLast ? 1_000_000 - share * UInt32(launches - 1) : share))
        }
        return sequence
    }

    /// What warm-up adds before the minibatch.
    func trials(_ context: GPUContext) throws(WorkloadError) -> [Kernel] {
        var sequence: [Kernel] = []
        for index in 0..<launches {
            sequence.append(
                try context.kernel("trial_\(index % kernels)", blocks: 1_000_000 / UInt32(launches)))
        }
        return sequence
    }
}
