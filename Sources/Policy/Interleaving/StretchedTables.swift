extension TrainingTable {
    /// The table with each time longer by `factor`: a plan made of it holds for minibatches that take up to that much
    /// longer.
    public func stretched(by factor: Double) -> TrainingTable {
        TrainingTable(
            file: file,
            rows: rows.map { row in
                var longer = row
                longer.minibatchMilliseconds *= factor
                return longer
            }, grid: grid)
    }
}

extension InferenceTable {
    /// The table with each time longer by `factor`: a plan made of it holds for minibatches that take up to that much
    /// longer.
    public func stretched(by factor: Double) -> InferenceTable {
        InferenceTable(
            file: file,
            rows: rows.map { row in
                var longer = row
                longer.minibatchMilliseconds *= factor
                return longer
            }, grid: grid)
    }
}
