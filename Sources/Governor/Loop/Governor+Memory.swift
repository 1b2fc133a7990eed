import Glibc
import Policy
import ProfileStore

/// What is kept of workloads: in memory, and in the profile store.
extension Governor {
    /// Profiles that differ by less from what is kept are not written: a settled mode is measured for ever.
    private static let leastChange = 0.01

    /// Most minibatches that a record claims to be the median of.
    static let refinedMinibatches = 1000

    /// Keeps an observation. Bounded: names come from processes.
    func remember(
        _ workload: Workload, _ observation: TrainingObservation, minibatches: Int, for source: StoredProfile.Source
    ) {
        let kept = remembered[workload.profileKey]?.observed[observation.mode]
        if let kept, source == .settled,
            abs(observation.powerWatts / kept.powerWatts - 1) < Self.leastChange,
            abs(observation.minibatchMilliseconds / kept.minibatchMilliseconds - 1) < Self.leastChange
        {
            return
        }
        change(workload) { $0.observed.record(observation) }
        let now = Self.secondsSince1970
        profileStore.record(
            StoredProfile(
                mode: observation.mode, minibatchMilliseconds: observation.minibatchMilliseconds,
                powerWatts: observation.powerWatts, minibatches: minibatches, firstAt: now, lastAt: now, source: source),
            key: workload.profileKey, name: workload.name)
    }

    /// Keeps that the search for the present budget came to its end.
    func rememberSearch(_ workload: Workload) {
        let search = searchInForce
        change(workload) { $0.searches.insert(search) }
        profileStore.record(search, key: workload.profileKey, name: workload.name, at: Self.secondsSince1970)
    }

    /// Notes that a workload has come.
    func rememberUse(_ workload: Workload) {
        guard remembered[workload.profileKey] != nil else { return }
        change(workload) { _ in }
        profileStore.use(key: workload.profileKey, name: workload.name, at: Self.secondsSince1970)
    }

    /// Sets aside what was observed of a workload that is another one now.
    func forget(_ workload: Workload) {
        change(workload) { known in
            known.former = known.observed.all
            known.observed = ObservedModes()
            known.searches = []
        }
        profileStore.retire(key: workload.profileKey, former: KnownWorkload.formerKey(workload.profileKey))
    }

    /// Whether the question that the configuration poses was searched to its end.
    func wasSearched(_ workload: Workload) -> Bool {
        remembered[workload.profileKey]?.searches.contains(searchInForce) ?? false
    }

    /// What was observed of all other workloads, and of this one before it drifted, in an order that does not depend on
    /// hashing.
    func references(for workload: Workload) -> [ProfiledWorkload] {
        let keys = remembered.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return keys.flatMap { key -> [ProfiledWorkload] in
            guard let known = remembered[key] else { return [] }
            let former = ProfiledWorkload(name: "the former \(known.name)", observations: known.former)
            let present = ProfiledWorkload(name: known.name, observations: known.observed.all)
            return (key == workload.profileKey ? [former] : [present, former]).filter { !$0.observations.isEmpty }
        }
    }

    private var searchInForce: StoredSearch {
        StoredSearch(
            budgetMilliwatts: Int((configuration.budgetWatts * 1000).rounded()),
            strategy: configuration.search.strategy.rawValue)
    }

    /// The workload that was used the longest ago makes room, if it must.
    private func change(_ workload: Workload, _ edit: (inout KnownWorkload) -> Void) {
        let key = workload.profileKey
        if remembered[key] == nil, remembered.count >= Self.workloadLimit {
            let oldest = remembered.min { ($0.value.usedAt, $0.key) < ($1.value.usedAt, $1.key) }
            if let oldest { remembered[oldest.key] = nil }
        }
        var known = remembered[key] ?? KnownWorkload(name: workload.name)
        useCount += 1
        known.usedAt = useCount
        edit(&known)
        remembered[key] = known
    }

    private static var secondsSince1970: Int { time(nil) }
}
