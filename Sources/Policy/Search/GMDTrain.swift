extension GMD {
    /// GMD for the Train problem. It answers with the fastest of all modes that it visited within the budget, and asks for at
    /// most `profileLimit` of them.
    public struct Train: Search {
        /// Train.
        public typealias Problem = TrainProblem

        /// The most modes that one search profiles.
        public static let profileLimit = GMD.walkLimit

        /// The modes to choose from.
        public let grid: ModeGrid
        /// The problem to solve.
        public let problem: TrainProblem

        /// A search of `grid` for the best answer to `problem`.
        public init(grid: ModeGrid, problem: TrainProblem) {
            self.grid = grid
            self.problem = problem
        }

        /// The mode that the trace waits for, or the fastest of the visited modes within the budget. O(moves).
        public func next(observed: ObservedModes) -> SearchStep<TrainingObservation> { trace(observed: observed).step }

        /// The visits that follow from `observed`, with the reason of each; observations of modes that this search does not
        /// visit play no part. O(moves).
        public func trace(observed: ObservedModes) -> Trace<TrainingObservation> {
            var record = GMDRecord(observed)
            let walk = GMDWalk<TrainingObservation>(
                grid: grid, budgetWatts: problem.budgetWatts, leastPowerDifferenceWatts: 1, judged: .reached,
                modeLimit: Self.profileLimit, point: { $0 },
                reading: { observation, _ in (observation.minibatchMilliseconds, observation.powerWatts) })
            let walked = walk.run(&record)
            return record.trace(answer: walked.flatMap { problem.optimum(over: $0) })
        }
    }
}
