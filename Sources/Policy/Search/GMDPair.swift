extension GMD {
    /// GMD for the Pair problem. It first looks for the largest minibatch that the highest mode can serve in time, whatever power
    /// that takes; walks at this size, by the slopes of the workload that draws more at the current mode; and where nothing
    /// visited is feasible tries the visited modes at smaller sizes, until one is.
    ///
    /// A profile measures both workloads at one mode and minibatch size.
    ///
    /// Differs from the paper in: with the objective `throughput`, and with an inference that is not urgent in training's place,
    /// the search is the same; only the choice among the visited points that are feasible follows the problem. The paper has
    /// neither in GMD. The limit of 25 profiles also ends the search for a size and the walk, which on the paper's grid never
    /// reach it.
    public struct Pair: Search {
        /// Pair.
        public typealias Problem = PairProblem

        /// The most points that one search profiles; the authors' limit.
        public static let profileLimit = 25

        /// The modes and minibatch sizes to choose from.
        public let grid: InferenceGrid
        /// The problem to solve.
        public let problem: PairProblem

        /// A search of `grid` for an answer to `problem`.
        public init(grid: InferenceGrid, problem: PairProblem) {
            self.grid = grid
            self.problem = problem
        }

        /// The point that the trace waits for, or the answer. O(visits).
        public func next(observed: Observed<PairObservation>) -> SearchStep<PairObservation> {
            trace(observed: observed).step
        }

        /// The visits that follow from `observed`, with the reason of each; observations of points that this search does not
        /// visit play no part. O(visits).
        public func trace(observed: Observed<PairObservation>) -> Trace<PairObservation> {
            var record = GMDRecord(observed)
            guard let start = startSize(&record) else { return record.trace(answer: nil) }
            let modeLimit = Self.profileLimit - record.visits.count
            let walk = GMDWalk<PairObservation>(
                grid: grid.modes, budgetWatts: problem.budgetWatts, leastPowerDifferenceWatts: 1, judged: .left,
                modeLimit: modeLimit, point: { InferencePoint(mode: $0, minibatch: start) },
                reading: { observation, current in
                    current.backgroundWatts > current.inferenceWatts
                        ? (observation.backgroundMilliseconds, observation.backgroundWatts)
                        : (observation.inferenceMilliseconds, observation.inferenceWatts)
                })
            guard let walked = walk.run(&record) else { return record.trace(answer: nil) }
            if let best = problem.optimum(over: walked) { return record.trace(answer: best) }
            let answer = backtrack(walked, from: start, limit: modeLimit - walked.count, &record)
            return record.trace(answer: answer)
        }

        /// The largest minibatch that the highest mode serves in time and as fast as requests arrive; nil where there is none
        /// or a profile is waited for.
        private func startSize(_ record: inout GMDRecord<PairObservation>) -> Int? {
            for size in grid.minibatches.reversed().prefix(Self.profileLimit) {
                let point = InferencePoint(mode: grid.modes.highest, minibatch: size)
                guard let observation = record.visit(point, .startSize(minibatch: size)) else { return nil }
                let milliseconds = observation.inferenceMilliseconds
                if problem.inference.meetsLatency(minibatch: size, milliseconds: milliseconds),
                    problem.inference.keepsUp(minibatch: size, milliseconds: milliseconds)
                {
                    return size
                }
            }
            return nil
        }

        /// The first feasible of the walked modes at smaller minibatches, largest size first and there by the time at the start
        /// size; nil where there is none among `limit` profiles or a profile is waited for.
        private func backtrack(
            _ walked: [PairObservation], from start: Int, limit: Int, _ record: inout GMDRecord<PairObservation>
        ) -> PairObservation? {
            // Strictly faster than requests arrive; a mode over the budget, or too late at the start size, may do at a smaller.
            let kept = walked.enumerated().filter {
                $0.element.inferenceMilliseconds / 1000 * problem.inference.ratePerSecond < Double(start)
            }.sorted { ($0.element.inferenceMilliseconds, $0.offset) < ($1.element.inferenceMilliseconds, $1.offset) }
            var left = limit
            for size in grid.minibatches.reversed() where size < start {
                for (_, candidate) in kept {
                    guard left > 0 else { return nil }
                    left -= 1
                    let point = InferencePoint(mode: candidate.mode, minibatch: size)
                    guard let observation = record.visit(point, .smallerMinibatch(size)) else { return nil }
                    if problem.isFeasible(observation) { return observation }
                }
            }
            return nil
        }
    }
}
