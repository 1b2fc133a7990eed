import Policy

/// Another workload that predictions may rest on.
struct KnownReference: Sendable {
    let name: String
    let predictor: any Predictor<PowerMode>

    /// Fewer profiles say nothing of a workload's shape.
    static let leastProfiles = 8
    /// Most workloads of the profile store that are asked: those with the most profiles.
    static let storedLimit = 4

    /// The networks of `models`.
    static func all(_ models: ReferenceModels) -> [KnownReference] {
        models.models.map { KnownReference(name: $0.origin.workload, predictor: $0) }
    }

    /// Those of `profiled` with enough profiles; between these by a Gaussian process that knows the shape of `models`.
    static func all(_ profiled: [ProfiledWorkload], models: [KnownReference], grid: ModeGrid) -> [KnownReference] {
        let enough = profiled.enumerated().filter { $0.element.observations.count >= leastProfiles }
        let most = enough.sorted {
            ($1.element.observations.count, $0.offset) < ($0.element.observations.count, $1.offset)
        }
        let known = models.map(\.workload)
        return most.prefix(storedLimit).map { _, workload in
            KnownReference(
                name: workload.name,
                predictor: GaussianPredictor(observations: workload.observations, references: known, grid: grid))
        }
    }

    /// As a search takes it.
    var workload: ReferenceWorkload { ReferenceWorkload(name: name, training: predictor) }
}

/// What was profiled of a workload of this board.
struct ProfiledWorkload: Sendable, Equatable {
    var name: String
    var observations: [TrainingObservation]
}
