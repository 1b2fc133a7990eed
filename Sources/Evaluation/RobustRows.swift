public import Policy

/// An observation whose measured values can be judged.
public protocol JudgedObservation: Observation {
    /// What was measured of each workload.
    var measurements: [Measurement] { get }
}

extension TrainingObservation: JudgedObservation {
    /// The training's.
    public var measurements: [Measurement] {
        [Measurement(mode: mode, minibatch: nil, milliseconds: minibatchMilliseconds, watts: powerWatts)]
    }
}

extension InferenceObservation: JudgedObservation {
    /// The inference's.
    public var measurements: [Measurement] {
        [
            Measurement(
                mode: mode, minibatch: point.minibatch, milliseconds: minibatchMilliseconds, watts: powerWatts)
        ]
    }
}

extension PairObservation: JudgedObservation {
    /// The inference's, and those of what runs beside it.
    public var measurements: [Measurement] {
        [
            Measurement(
                mode: mode, minibatch: point.minibatch, milliseconds: inferenceMilliseconds, watts: inferenceWatts),
            Measurement(mode: mode, minibatch: nil, milliseconds: backgroundMilliseconds, watts: backgroundWatts),
        ]
    }
}

/// The rows of a measured table without those that cannot be true: see `RobustFit`. Each workload and minibatch size is judged
/// by its own rows. No strategy is told of them.
public struct RobustRows<Observation: JudgedObservation>: Sendable {
    /// How far a time or a power may be off from what its neighbours say, percent.
    public static var boundPercent: Double { RobustFit.boundPercent }

    /// Rows that have enough neighbours to be judged; the others are taken as they are.
    public let judged: Int
    /// The measurements that are odd, by workload, minibatch size and mode: of a pair, where many rows share one of the
    /// background, fewer or more than rows.
    public let odd: [OddRow]
    /// The points of rows with an odd measurement.
    let leftOut: Set<Observation.Point>

    /// Judges the rows of a table. O(n).
    public init(_ rows: [Observation]) {
        var series: [Series: [Measurement]] = [:]
        var known: Set<Place> = []
        for row in rows {
            for (workload, measurement) in row.measurements.enumerated()
            where known.insert(Place(workload, measurement)).inserted {
                series[Series(workload: workload, minibatch: measurement.minibatch ?? 0), default: []]
                    .append(measurement)
            }
        }
        var judged = 0
        var odd: [OddRow] = []
        var oddPlaces: Set<Place> = []
        for (name, measurements) in series.sorted(by: { $0.key < $1.key }) {
            let fit = RobustFit(measurements.sorted { $0.mode < $1.mode })
            judged += fit.judged
            for (_, row) in fit.odd.sorted(by: { $0.key < $1.key }) {
                odd.append(row)
                oddPlaces.insert(Place(name.workload, row.measured))
            }
        }
        self.judged = judged
        self.odd = odd
        leftOut = Set(
            rows.lazy.filter { row in
                row.measurements.enumerated().contains { oddPlaces.contains(Place($0.offset, $0.element)) }
            }.map(\.point))
    }

    /// Rows that are left out.
    public var leftOutCount: Int { leftOut.count }

    private struct Series: Hashable, Comparable {
        let workload: Int
        let minibatch: Int

        static func < (left: Series, right: Series) -> Bool {
            (left.workload, left.minibatch) < (right.workload, right.minibatch)
        }
    }

    private struct Place: Hashable {
        let workload: Int
        let minibatch: Int?
        let mode: PowerMode

        init(_ workload: Int, _ measurement: Measurement) {
            self.workload = workload
            minibatch = measurement.minibatch
            mode = measurement.mode
        }
    }
}
