import Policy
import Synchronization
import SystemCalls

/// The reference networks that ship with Fulcrum, and those that an administrator adds.
struct ReferenceModels: Sendable {
    static let fileSuffix = ".fulcrum-model"
    /// More files of a directory are passed over: each is asked about each mode.
    static let limit = 16

    private(set) var models: [PowerTrainModel<PowerMode>] = []
    /// What is wrong with the directory or a file of it, as sentences.
    private(set) var problems: [String] = []

    init() {}

    /// Reads all models of trainings in `directory`, by name.
    init(directory: String) {
        let names: [String]
        do {
            names = try Directory.names(directory).filter { $0.hasSuffix(Self.fileSuffix) && !$0.hasPrefix(".") }
        } catch {
            problems.append("\(error)")
            return
        }
        if names.isEmpty { problems.append("There is no model in \(directory).") }
        if names.count > Self.limit {
            problems.append("Of \(names.count) models in \(directory), \(Self.limit) are used.")
        }
        for name in names.prefix(Self.limit) {
            let path = directory + "/" + name
            do {
                let bytes = try SmallFile.bytes(path, limit: PowerTrainModel<PowerMode>.fileByteLimit)
                guard ModelFileHeader(bytes)?.inputs != InferencePoint.featureCount else { continue }
                models.append(try PowerTrainModel(parsing: bytes, file: path))
            } catch {
                problems.append("\(error)")
            }
        }
    }
}

/// What the planner found in the directory of reference models, for the tree; nil until it looked.
final class ReferenceReport: Sendable {
    private let found = Mutex<(count: Int, problems: [String])?>(nil)

    func set(_ models: ReferenceModels) {
        found.withLock { $0 = (models.models.count, models.problems) }
    }

    var feature: PublishedState.Feature {
        guard let found = found.withLock({ $0 }) else {
            return .init(name: "reference_models", answer: "unknown", reason: "nothing was predicted yet")
        }
        return .init(
            name: "reference_models", answer: found.count > 0 ? "yes" : "no",
            reason: (["\(found.count) models."] + found.problems).joined(separator: " "))
    }
}
