import Policy

// The columns in which the authors' result files count what a search did. They are not the number of points profiled.
extension GMD.Trace {
    /// Different modes on the walk: the authors' `num_pwds`.
    var walkedModes: Int { Set(visits.lazy.filter(\.reason.isOfWalk).map(\.point)).count }

    /// Dimensions that were moved, and cores: the authors' `visited_dim`, which starts with that one.
    var visitedDimensions: Int {
        var dimensions: Set<Dimension> = [.cores]
        for case .move(let dimension, _, _) in visits.lazy.map(\.reason) { dimensions.insert(dimension) }
        return dimensions.count
    }
}

extension GMD.Trace<InferenceObservation> {
    /// The authors' `tries`: the walked modes, and where the answer has a larger minibatch its place in their list of the modes
    /// that may try one. That list holds the midpoint six times, each probe once and a moved mode as often as it was visited, so
    /// this is not the number of points profiled.
    var authorsTries: Int {
        guard let answer, let last = visits.last, case .largerMinibatch = last.reason, last.point == answer.point else {
            return walkedModes
        }
        var place = 1
        for failed in visits.dropLast() where failed.reason == last.reason {
            for visit in visits where visit.reason.isOfWalk && visit.point.mode == failed.point.mode {
                place += visit.reason == .midpoint ? 6 : 1
            }
        }
        return walkedModes + place
    }
}

extension GMD.Trace<PairObservation> {
    /// The authors' `num_tries_algo`: start sizes, walked modes, and the profiles at smaller minibatches without the one that
    /// gave the answer. A point that is both a start size and on the walk counts twice.
    var authorsTries: Int {
        var tries = walkedModes
        var isBacktracked = false
        for reason in visits.lazy.map(\.reason) where !reason.isOfWalk {
            tries += 1
            if case .smallerMinibatch = reason { isBacktracked = true }
        }
        return isBacktracked && answer != nil ? tries - 1 : tries
    }
}
