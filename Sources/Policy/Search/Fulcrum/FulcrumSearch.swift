#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The project's own strategy: a search guided by a model of the new workload that starts from known ones.
///
/// Before the first profile each known workload is a hypothesis of what the new one's time and power look like over the modes
/// (`SurfacePrior`); every profile weighs the hypotheses and bends them (`SurfacePosterior`). The next point is the one with the
/// largest expected improvement of the problem's objective times the chance that it keeps the limits (constrained expected
/// improvement: Gardner et al., Bayesian Optimization with Inequality Constraints, ICML 2014), of those points whose chance
/// of drawing more than the power budget is allowed (`RiskLedger`). It ends when nothing worth a profile is expected, or at
/// `Settings.profileLimit`; the answer is the best of what was measured, at any time.
///
/// All of it is a function of the prior, the settings and the observations, in the order in which they were made. Observations
/// of points that are not on its grid play no part.
public enum FulcrumSearch {
    /// How a search weighs profiles against their risk.
    public struct Settings: Hashable, Sendable {
        /// The most profiles that it asks for.
        public var profileLimit: Int
        /// Observations of the grid that were there before it began, the oldest ones: they count neither towards the limit nor as
        /// risk that was taken.
        public var known: Int
        /// The chance that a profile draws more than the power budget, in the mean over the profiles of a search, as the model
        /// sees it; nil: profiles are chosen for what they are expected to gain alone.
        public var overBudgetRisk: Double?
        /// It ends when no profile is expected to gain more than this share of the objective.
        public var leastGain: Double

        /// 10 profiles are enough for a training or an inference alone, 15 for a pair.
        public init(profileLimit: Int = 10, overBudgetRisk: Double? = 0.05, leastGain: Double = 0.0005, known: Int = 0)
        {
            self.profileLimit = profileLimit
            self.known = max(known, 0)
            self.overBudgetRisk = overBudgetRisk
            self.leastGain = leastGain
        }

        /// Profiles for a pair.
        public static let pairProfiles = 15
    }

    /// A grid with more points than this is not searched.
    public static var pointLimit: Int { SurveyGridLimit.points }

    /// What one profile was expected to show, and what it showed.
    public struct Step: Hashable, Sendable {
        /// A quantity as the model saw it before the profile: a log-normal value.
        public struct Expectation: Hashable, Sendable {
            /// The median, in the quantity's unit.
            public let median: Double
            /// Nine times out of ten the value is expected between these.
            public let interval: ClosedRange<Double>

            init(_ belief: SurfacePosterior.Belief) {
                median = exp(belief.mean)
                let width = 1.645 * belief.deviation
                interval = exp(belief.mean - width)...exp(belief.mean + width)
            }
        }

        /// Time (milliseconds) and power (watts) of one workload.
        public struct Workload: Hashable, Sendable {
            /// The known workload that this one resembled most.
            public let resembled: String
            /// Expected minibatch time, milliseconds.
            public let milliseconds: Expectation
            /// Expected power, watts.
            public let watts: Expectation
            /// Measured minibatch time, milliseconds; nil before the profile.
            public var measuredMilliseconds: Double?
            /// Measured power, watts; nil before the profile.
            public var measuredWatts: Double?
        }

        /// The power mode.
        public let mode: PowerMode
        /// The minibatch size; nil for a training.
        public let minibatch: Int?
        /// The chance of drawing more than the power budget, as the model saw it.
        public let overBudgetChance: Double
        /// Training or inference; of a pair the inference and then its background.
        public var workloads: [Workload]
    }
}
