extension GMD {
    /// GMD for the Infer problem: the walk at the smallest minibatch size; where modes answer in time but too few requests,
    /// those again at the next size, fastest first, until one is feasible.
    ///
    /// Differs from the paper in: the paper's sizes are 1 and 4. On a grid with others they are the smallest and the second,
    /// and with a single size nothing follows the walk.
    public struct Infer: Search {
        /// Infer.
        public typealias Problem = InferProblem

        /// The most points that one search profiles: each mode of the walk at two sizes.
        public static let profileLimit = 2 * GMD.walkLimit

        /// The modes and minibatch sizes to choose from.
        public let grid: InferenceGrid
        /// The problem to solve.
        public let problem: InferProblem

        /// A search of `grid` for an answer to `problem`.
        public init(grid: InferenceGrid, problem: InferProblem) {
            self.grid = grid
            self.problem = problem
        }

        /// The point that the trace waits for, or the answer. O(visits).
        public func next(observed: Observed<InferenceObservation>) -> SearchStep<InferenceObservation> {
            trace(observed: observed).step
        }

        /// The visits that follow from `observed`, with the reason of each; observations of points that this search does not
        /// visit play no part. The walk depends on the power budget alone. O(visits).
        public func trace(observed: Observed<InferenceObservation>) -> Trace<InferenceObservation> {
            var record = GMDRecord(observed)
            let smallest = grid.minibatches[0]
            let walk = GMDWalk<InferenceObservation>(
                grid: grid.modes, budgetWatts: problem.budgetWatts, leastPowerDifferenceWatts: 0.2, judged: .reached,
                modeLimit: GMD.walkLimit, point: { InferencePoint(mode: $0, minibatch: smallest) },
                reading: { observation, _ in (observation.minibatchMilliseconds, observation.powerWatts) })
            guard let walked = walk.run(&record) else { return record.trace(answer: nil) }
            if let best = problem.optimum(over: walked) { return record.trace(answer: best) }
            guard grid.minibatches.count > 1 else { return record.trace(answer: nil) }

            let larger = grid.minibatches[1]
            let onlyTooFew = walked.enumerated().filter { _, observation in
                observation.powerWatts <= problem.budgetWatts
                    && problem.meetsLatency(minibatch: smallest, milliseconds: observation.minibatchMilliseconds)
            }.sorted { ($0.element.minibatchMilliseconds, $0.offset) < ($1.element.minibatchMilliseconds, $1.offset) }
            for (_, candidate) in onlyTooFew {
                let point = InferencePoint(mode: candidate.mode, minibatch: larger)
                guard let observation = record.visit(point, .largerMinibatch(larger)) else { break }
                if problem.isFeasible(observation) { return record.trace(answer: observation) }
            }
            return record.trace(answer: nil)
        }
    }
}
