import Board
import Policy
import ProfileStore

/// What is known of a workload, whether it runs or not: the profile store's content, in memory.
struct KnownWorkload {
    var name: String
    var observed = ObservedModes()
    /// Searches that came to their end.
    var searches: Set<StoredSearch> = []
    /// What was observed before it drifted: of no use for answers, and a good reference for its next search.
    var former: [TrainingObservation] = []
    /// Higher for one that was used later.
    var usedAt: UInt64 = 0

    /// Where the store keeps `former`. No key ends like this: that of a rule is its name, and others end in a user id.
    static func formerKey(_ key: String) -> String { key + formerSuffix }
    private static let formerSuffix = "\u{1f}former"

    /// All workloads of a store, by key; the first of `stored` is the last used.
    static func all(_ stored: [StoredWorkload]) -> [String: KnownWorkload] {
        var known: [String: KnownWorkload] = [:]
        for (rank, workload) in stored.reversed().enumerated() {
            let observations = workload.profiles.filter { $0.minibatch == 0 }.map { profile in
                TrainingObservation(
                    mode: profile.mode, minibatchMilliseconds: profile.minibatchMilliseconds,
                    powerWatts: profile.powerWatts)
            }
            let isFormer = workload.key.hasSuffix(formerSuffix)
            let key = isFormer ? String(workload.key.dropLast(formerSuffix.count)) : workload.key
            var entry = known[key] ?? KnownWorkload(name: WorkloadName.sanitised(workload.name))
            if isFormer {
                entry.former = observations
            } else {
                entry.observed = ObservedModes(observations)
                entry.searches = Set(workload.searches)
                entry.usedAt = UInt64(rank + 1)
            }
            known[key] = entry
        }
        return known
    }
}
