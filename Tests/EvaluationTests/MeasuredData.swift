import Glibc
import Policy
import SystemCalls

@testable import Evaluation

/// The measured tables, which lie outside the checkout and are never part of it: in FULCRUM_DATA, or in `shared/data` beside
/// the repository's folder.
enum MeasuredData {
    static let folder: String? = {
        if let named = unsafe getenv("FULCRUM_DATA") { return existing(unsafe String(cString: named)) }
        var path = #filePath
        // Down to the folder that holds the repository: file, EvaluationTests, Tests, repository.
        for _ in 0..<4 { path = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }
        return existing(path + "/shared/data")
    }()

    static let absence =
        "The measured tables are not here: no shared/data beside the repository, and FULCRUM_DATA names no folder with orin-agx."

    private static func existing(_ path: String) -> String? {
        unsafe access(path + "/orin-agx/train-resnet18.csv", R_OK) == 0 ? path : nil
    }

    static func trainingTable(_ workload: String) throws -> TrainingTable {
        try TrainingTable(contentsOf: "\(folder ?? "")/orin-agx/train-\(workload).csv")
    }

    /// The rows of one of the authors' result files, by column name.
    static func authorsRows(_ name: String) throws -> [[String: Double]] {
        let text = try SmallFile.text("\(folder ?? "")/orin-agx/authors/\(name).csv", limit: 1 << 20)
        let lines = text.split(whereSeparator: \.isNewline).map { $0.split(separator: ",").map(String.init) }
        guard let header = lines.first else { return [] }
        return lines.dropFirst().map { fields in
            Dictionary(zip(header, fields.compactMap(Double.init))) { first, _ in first }
        }
    }
}
