/// How long a host pauses between the launches of a minibatch and between minibatches, where it does not wait for the
/// GPU.
struct LaunchPauses {
    /// A pause that counts is this much longer, as a power of two.
    private static let contrast = 1.0
    private static let fewest = 3

    private struct Mean {
        var count = 0
        var logarithm = 0.0

        mutating func add(_ nanoseconds: UInt64) {
            count = min(count + 1, 64)
            // The whole part of a logarithm is enough, and one long pause weighs little.
            logarithm += (Double(64 - nanoseconds.leadingZeroBitCount) - logarithm) / Double(count)
        }
    }

    private var latest: UInt64 = 0
    private var between = Mean()
    private var within = Mean()

    /// Takes a launch; `isBetweenUnits` where the one before it completed a unit, nil where that is not known.
    mutating func note(_ begin: UInt64, isBetweenUnits: Bool?) {
        if let isBetweenUnits, latest != 0, begin > latest {
            if isBetweenUnits { between.add(begin - latest) } else { within.add(begin - latest) }
        }
        latest = begin
    }

    /// The next launch does not follow directly.
    mutating func breakOff() { latest = 0 }

    /// Whether the host pauses between units; nil while there are too few.
    var areBetweenUnits: Bool? {
        guard between.count >= Self.fewest, within.count >= Self.fewest else { return nil }
        return between.logarithm >= within.logarithm + Self.contrast
    }
}
