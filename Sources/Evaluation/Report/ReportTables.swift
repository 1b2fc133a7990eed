import Glibc
import Policy
import SystemCalls

/// The measured tables of a folder: `train-NAME.csv` and `infer-NAME.csv`, in it or in its direct subfolders, one per board.
struct ReportTables: Sendable {
    /// A table with the name that the report gives it.
    struct Named<Table: Sendable>: Sendable {
        /// The file's name without `train-`, `infer-` and `.csv`.
        let name: String
        /// The folder's name.
        let board: String
        let table: Table

        /// Name and board.
        var title: String { board.isEmpty ? name : "\(name) (\(board))" }
    }

    private(set) var training: [Named<TrainingTable>] = []
    private(set) var inference: [Named<InferenceTable>] = []

    /// Reads all tables, in the order of their paths. Throws on the first that cannot be read, or where there is none.
    init(folder: String) throws(EvaluationError) {
        for path in try Self.files(folder) {
            let parts = path.split(separator: "/")
            guard let file = parts.last, file.hasSuffix(".csv") else { continue }
            let board = parts.count > 1 ? String(parts[parts.count - 2]) : ""
            let name = String(file.dropFirst("train-".count).dropLast(".csv".count))
            if file.hasPrefix("train-") {
                training.append(Named(name: name, board: board, table: try TrainingTable(contentsOf: path)))
            } else if file.hasPrefix("infer-") {
                inference.append(Named(name: name, board: board, table: try InferenceTable(contentsOf: path)))
            }
        }
        guard !training.isEmpty || !inference.isEmpty else {
            throw EvaluationError(
                "\(folder): There is no train-NAME.csv and no infer-NAME.csv here or in a direct subfolder. Name the folder that "
                    + "holds the measured tables.")
        }
    }

    /// What a search on `board` may start from: the board's other tables than `searched`, without copies of those.
    func references(
        on board: String, besides searched: [String], where differs: (Reference) -> Bool
    ) -> [Reference] {
        let others =
            training.filter { $0.board == board }.map { (file: $0.table.file, reference: Reference.table($0.table)) }
            + inference.filter { $0.board == board }.map { ($0.table.file, .inference($0.table)) }
        return others.filter { !searched.contains($0.file) }.map(\.reference).filter(differs)
    }

    private static func files(_ folder: String) throws(EvaluationError) -> [String] {
        var files: [String] = []
        for name in try names(folder) {
            let path = folder + "/" + name
            if name.hasSuffix(".csv") {
                files.append(path)
            } else if Directory.exists(path + "/.") {
                files += try names(path).map { path + "/" + $0 }
            }
        }
        return files
    }

    private static func names(_ folder: String) throws(EvaluationError) -> [String] {
        do throws(SystemCallError) {
            return try Directory.names(folder).sorted()
        } catch {
            throw EvaluationError(error.description)
        }
    }
}

extension Reference {
    /// Whether it may be a reference for `target`; not where it has the same measurements.
    func differs(from target: TrainingTable) -> Bool {
        Self.passes { () throws(EvaluationError) in try checkDiffers(from: target) }
    }

    /// As of a training.
    func differs(from target: InferenceTable) -> Bool {
        Self.passes { () throws(EvaluationError) in try checkDiffers(from: target) }
    }

    /// As of a training, of both workloads.
    func differs(from target: PairTable) -> Bool {
        Self.passes { () throws(EvaluationError) in try checkDiffers(fromBothOf: target) }
    }

    private static func passes(_ check: () throws(EvaluationError) -> Void) -> Bool {
        do throws(EvaluationError) {
            try check()
            return true
        } catch {
            return false
        }
    }
}
