import Glibc
package import Policy
import SystemCalls

/// The measured tables, which lie outside the checkout and are never part of it: in FULCRUM_DATA, or in `shared/data` beside
/// the repository's folder.
package enum MeasuredData {
    package static let folder: String? = {
        if let named = unsafe getenv("FULCRUM_DATA") { return existing(unsafe String(cString: named)) }
        var path = #filePath
        // Down to the folder that holds the repository: file, MeasuredData, Tests, repository.
        for _ in 0..<4 { path = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }
        return existing(path + "/shared/data")
    }()

    package static let absence =
        "The measured tables are not here: no shared/data beside the repository, and FULCRUM_DATA names no folder with orin-agx."

    private static func existing(_ path: String) -> String? {
        unsafe access(path + "/orin-agx/train-resnet18.csv", R_OK) == 0 ? path : nil
    }

    /// `orin-agx/train-WORKLOAD.csv`: 4,368 modes.
    package static func trainingTable(_ workload: String) throws -> TrainingTable {
        let file = path("orin-agx/train-\(workload).csv")
        return try TrainingTable(parsing: SmallFile.bytes(file, limit: TrainingTable.byteLimit), file: file)
    }

    /// `orin-agx/infer-WORKLOAD.csv`: 441 modes, 5 minibatch sizes.
    package static func inferenceTable(_ workload: String) throws -> InferenceTable {
        let file = path("orin-agx/infer-\(workload).csv")
        return try InferenceTable(parsing: SmallFile.bytes(file, limit: TrainingTable.byteLimit), file: file)
    }

    /// The fields of one of the authors' result files (`orin-agx/authors/NAME.csv`) by column name, as spelled there.
    package static func authorsFields(_ name: String) throws -> (columns: [String], rows: [[Substring]]) {
        let text = try SmallFile.text(path("orin-agx/authors/\(name).csv"), limit: 8 << 20)
        let lines = text.split(whereSeparator: \.isNewline).map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        return (lines.first?.map(String.init) ?? [], Array(lines.dropFirst()))
    }

    /// The numbers of one of the authors' result files by column name; fields that are not numbers are left out.
    package static func authorsRows(_ name: String) throws -> [[String: Double]] {
        let (columns, rows) = try authorsFields(name)
        return rows.map { fields in
            Dictionary(zip(columns, fields).compactMap { name, field in Double(field).map { (name, $0) } }) {
                first, _ in first
            }
        }
    }

    /// `folder`/`name`, for tests that read a file themselves.
    package static func path(_ name: String) -> String { "\(folder ?? "")/\(name)" }
}
