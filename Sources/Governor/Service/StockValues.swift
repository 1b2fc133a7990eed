import Board

/// Giving a board back to its stock values without a daemon: after a crash, or by hand.
public enum StockValues {
    /// What there was to do.
    public enum Outcome: Sendable {
        /// There is no journal: nothing of ours is set.
        case nothingToRestore
        /// The knobs restored, and a sentence for each that was not, or not as expected. `isComplete` tells whether the board
        /// is as it was found.
        case restored(files: [String], problems: [String], isComplete: Bool)
    }

    /// Restores from the journal below `servicePath`. Throws where a running daemon holds the board, where the board is not
    /// known, and for a journal that cannot be trusted.
    public static func restore(root: String, servicePath: String) throws -> Outcome {
        let service = try ServiceDirectory(servicePath)
        let journal = try Journal.load(service.journalPath)
        guard !journal.isEmpty else { return .nothingToRestore }
        let report = try Board.discover(root: root).restore(journal)
        return .restored(
            files: report.restored, problems: report.failures + report.vanished + report.notes,
            isComplete: report.isComplete)
    }
}
