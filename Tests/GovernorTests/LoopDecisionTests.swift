import Policy
import Testing

@testable import Governor

private func mode(_ gpuHz: Int, cpuKHz: Int = 1000) -> PowerMode {
    PowerMode(cores: 4, cpuKHz: cpuKHz, gpuHz: gpuHz, emcHz: 100)
}

private func observation(_ gpuHz: Int, _ milliseconds: Double, _ watts: Double) -> TrainingObservation {
    TrainingObservation(mode: mode(gpuHz), minibatchMilliseconds: milliseconds, powerWatts: watts)
}

@Suite struct ProfileWindowTests {
    private let settings = ProfileWindow.Settings(
        minibatches: 5, discardedMinibatches: 1, settleNanoseconds: 100, powerSamples: 2, timeoutNanoseconds: 10_000,
        transientRatio: 1.25)

    @Test func takesMediansAfterTheDiscardedOnes() {
        var window = ProfileWindow(mode: mode(1), at: 0, settings: settings)
        window.addPower(20, averagedOver: 50, at: 200)
        window.addPower(22, averagedOver: 50, at: 300)
        let verdict = window.verdict(minibatchMilliseconds: [900, 10, 12, 11, 10, 13], budgetWatts: 30, at: 400)
        #expect(
            verdict == .complete(.init(mode: mode(1), minibatchMilliseconds: 11, powerWatts: 21), minibatches: 5))
    }

    @Test func ignoresPowerFromBeforeTheModeHadSettled() {
        var window = ProfileWindow(mode: mode(1), at: 0, settings: settings)
        window.addPower(90, averagedOver: 50, at: 149)
        #expect(window.powerWatts.isEmpty)
        window.addPower(20, averagedOver: 50, at: 150)
        #expect(window.powerWatts == [20])
    }

    @Test func aTransientStartsTheWindowAnew() {
        var window = ProfileWindow(mode: mode(1), at: 0, settings: settings)
        window.addPower(40, averagedOver: 0, at: 200)
        window.addPower(20, averagedOver: 0, at: 300)
        #expect(window.powerWatts.isEmpty)
        #expect(window.countsFrom == 300)
        window.addPower(20, averagedOver: 0, at: 400)
        window.addPower(21, averagedOver: 0, at: 500)
        #expect(window.powerWatts == [20, 21])
    }

    @Test func aLoadThatNeverSettlesIsProfiledAllTheSame() {
        var window = ProfileWindow(mode: mode(1), at: 0, settings: settings)
        for step in 0..<40 { window.addPower(step % 2 == 0 ? 40 : 10, averagedOver: 0, at: UInt64(200 + step * 10)) }
        #expect(window.powerWatts.count >= 2)
    }

    @Test func collectsUntilThereIsEnough() {
        var window = ProfileWindow(mode: mode(1), at: 0, settings: settings)
        window.addPower(20, averagedOver: 0, at: 200)
        #expect(window.verdict(minibatchMilliseconds: [1, 1, 1, 1, 1, 1], budgetWatts: 30, at: 300) == .collecting)
        window.addPower(20, averagedOver: 0, at: 300)
        #expect(window.verdict(minibatchMilliseconds: [1, 1, 1, 1, 1], budgetWatts: 30, at: 300) == .collecting)
    }

    @Test func theTimeoutTakesWhatThereIsOrSaysWhatIsMissing() {
        var window = ProfileWindow(mode: mode(1), at: 0, settings: settings)
        window.addPower(20, averagedOver: 0, at: 200)
        #expect(
            window.verdict(minibatchMilliseconds: [9, 1, 2, 3], budgetWatts: 30, at: 10_000)
                == .complete(.init(mode: mode(1), minibatchMilliseconds: 2, powerWatts: 20), minibatches: 3))
        guard case .failed(let missing) = window.verdict(minibatchMilliseconds: [9, 1], budgetWatts: 30, at: 10_000)
        else {
            Issue.record("two minibatches made a profile")
            return
        }
        #expect(missing.contains("1 minibatches and 1 power samples"))
    }

    @Test func aModeOverTheBudgetIsLeftEarly() {
        var window = ProfileWindow(mode: mode(1), at: 0, settings: settings)
        window.addPower(31, averagedOver: 0, at: 200)
        #expect(window.verdict(minibatchMilliseconds: [9, 1, 2, 3], budgetWatts: 30, at: 250) == .collecting)
        window.addPower(33, averagedOver: 0, at: 300)
        #expect(
            window.verdict(minibatchMilliseconds: [9, 1, 2, 3], budgetWatts: 30, at: 350)
                == .complete(.init(mode: mode(1), minibatchMilliseconds: 2, powerWatts: 32), minibatches: 3))
        #expect(window.verdict(minibatchMilliseconds: [9, 1, 2], budgetWatts: 30, at: 350) == .collecting)
        // One sample within it: not known to be over.
        #expect(window.verdict(minibatchMilliseconds: [9, 1, 2, 3], budgetWatts: 32, at: 350) == .collecting)
    }

    @Test func aSlowModeIsProfiledWithFewerMinibatches() {
        var slow = settings
        slow.minibatches = 40
        slow.slowNanoseconds = 1000
        var window = ProfileWindow(mode: mode(1), at: 0, settings: slow)
        for step in 0..<3 { window.addPower(20, averagedOver: 0, at: UInt64(200 + step)) }
        let times = [Double](repeating: 7, count: 9)
        #expect(window.verdict(minibatchMilliseconds: times, budgetWatts: 30, at: 1000) == .collecting)
        #expect(
            window.verdict(minibatchMilliseconds: times, budgetWatts: 30, at: 1100)
                == .complete(.init(mode: mode(1), minibatchMilliseconds: 7, powerWatts: 20), minibatches: 8))
        #expect(
            window.verdict(minibatchMilliseconds: times.dropLast(), budgetWatts: 30, at: 1100) == .collecting)
    }
}

@Suite struct PowerGuardTests {
    private let grid = ModeGrid(cores: [2, 4], cpuKHz: [500, 1000], gpuHz: [1, 2, 3], emcHz: [100])
    private let observed = ObservedModes([
        observation(1, 30, 15), observation(2, 20, 22), observation(3, 10, 29),
    ])

    private func judge(
        _ powerGuard: inout PowerGuard, _ watts: Double, budget: Double = 30, at now: UInt64, current: PowerMode,
        observed: ObservedModes? = nil
    ) throws -> PowerGuard.Action {
        powerGuard.judge(
            measuredWatts: watts, budgetWatts: budget, at: now, current: current, planned: self.observed.all[2],
            observed: observed ?? self.observed, grid: try #require(grid))
    }

    @Test func isQuietWithinTheBand() throws {
        var powerGuard = PowerGuard(settings: .init(bandWatts: 1, returnNanoseconds: 100))
        #expect(try judge(&powerGuard, 31, at: 0, current: mode(3)) == .none)
        #expect(!powerGuard.isHolding)
    }

    @Test func stepsDownAlongTheObservedFrontByWhatTheModeDrawsBeyondItsProfile() throws {
        var powerGuard = PowerGuard(settings: .init(bandWatts: 1, returnNanoseconds: 100))
        guard case .move(let target, let reason) = try judge(&powerGuard, 33, at: 0, current: mode(3)) else {
            Issue.record("3 W over the budget were let pass")
            return
        }
        // 4 W more than profiled: the 22 W mode is expected at 26 W.
        #expect(target == mode(2))
        #expect(reason.contains("33.0 W"))
        #expect(powerGuard.correctionWatts == 4)
    }

    @Test func comesBackOnlyAfterAQuietTime() throws {
        var powerGuard = PowerGuard(settings: .init(bandWatts: 1, returnNanoseconds: 100))
        _ = try judge(&powerGuard, 33, at: 0, current: mode(3))
        #expect(try judge(&powerGuard, 26, at: 10, current: mode(2)) == .none)
        #expect(try judge(&powerGuard, 26, at: 100, current: mode(2)) == .none)
        var at: UInt64 = 110
        var last = PowerGuard.Action.none
        while powerGuard.isHolding, at < 2000 {
            last = try judge(&powerGuard, 26, at: at, current: mode(2))
            if last != .none { break }
            at += 100
        }
        #expect(
            last
                == .move(
                    mode(3), reason: "measured 26.0 W has stayed within the budget of 30.0 W; taking back one step"))
        #expect(at > 110)
    }

    @Test func walksTheGridWhereNothingWasObserved() throws {
        var powerGuard = PowerGuard(settings: .init(bandWatts: 1, returnNanoseconds: 100))
        var current = mode(3)
        var seen = [PowerMode]()
        for step in 0..<10 {
            guard
                case .move(let next, _) = try judge(
                    &powerGuard, 50, at: UInt64(step), current: current, observed: ObservedModes())
            else { break }
            seen.append(next)
            current = next
        }
        #expect(current == PowerMode(cores: 2, cpuKHz: 500, gpuHz: 1, emcHz: 100))
        #expect(Set(seen).count == seen.count)
        // Each step is taken back in turn.
        var at: UInt64 = 1000
        for former in seen.dropLast().reversed() {
            _ = try judge(&powerGuard, 20, at: at, current: current, observed: ObservedModes())
            guard
                case .move(let back, _) = try judge(
                    &powerGuard, 20, at: at + 100, current: current, observed: ObservedModes())
            else {
                Issue.record("a step was not taken back")
                return
            }
            #expect(back == former)
            current = back
            at += 101
            _ = try judge(&powerGuard, 30.5, at: at, current: current, observed: ObservedModes())
        }
    }
}

@Suite struct TrainingPlanTests {
    private let grid = ModeGrid.orinAGX441

    private func plan(
        _ observed: [TrainingObservation], budget: Double, stock: PowerMode? = nil, isSearching: Bool,
        wasSearched: Bool = false
    ) -> TrainingPlan {
        var search: any Search<TrainProblem> = GMD.Train(grid: grid, problem: TrainProblem(budgetWatts: budget))
        return TrainingPlan.next(
            observed: ObservedModes(observed),
            in: .init(
                budgetWatts: budget, grid: grid, coverGain: 0.1, first: stock, isSearching: isSearching,
                wasSearched: wasSearched), search: &search)
    }

    @Test func aNewWorkloadIsProfiled() {
        #expect(plan([], budget: 30, isSearching: false) == .profile(grid.midpoint))
    }

    @Test func theStockModeIsProfiledFirstAndOnce() {
        #expect(plan([], budget: 30, stock: mode(2), isSearching: false) == .profile(mode(2)))
        #expect(
            plan([observation(2, 20, 15)], budget: 30, stock: mode(2), isSearching: true) == .profile(grid.midpoint))
    }

    @Test func aBudgetBetweenTwoCloseModesIsAnsweredWithoutProfiles() {
        guard
            case .settle(let best, let reason, endsSearch: false) = plan(
                [observation(1, 30, 15), observation(2, 20, 21.6), observation(3, 19, 24)], budget: 22,
                isSearching: false)
        else {
            Issue.record("a budget with little to gain was searched")
            return
        }
        #expect(best.powerWatts == 21.6)
        #expect(reason == "answered from 3 observed modes: a search could gain 1 % at most")
    }

    /// A strategy's model, as far as the plan asks it: whether it wants another profile.
    private struct Probe: Search {
        typealias Problem = TrainProblem
        let wanted: PowerMode?

        func next(observed: ObservedModes) -> SearchStep<TrainingObservation> {
            wanted.map { .profile($0) } ?? .answer(nil)
        }
    }

    @Test func aModelThatExpectsNoGainAnswersABudgetAndOneThatDoesIsSearched() {
        // The front of these two says nothing of 22 W that a search could reach.
        let known = [observation(1, 30, 15), observation(2, 29, 30)]
        var search: any Search<TrainProblem> = Probe(wanted: mode(3))
        func plan(_ probe: Probe, isSearching: Bool) -> TrainingPlan {
            TrainingPlan.next(
                observed: ObservedModes(known),
                in: .init(
                    budgetWatts: 22, grid: grid, coverGain: 0.05, first: nil, isSearching: isSearching,
                    wasSearched: false), search: &search, probe: probe)
        }
        #expect(
            plan(Probe(wanted: nil), isSearching: false)
                == .settle(
                    known[0], reason: "answered from 2 observed modes: no profile is expected to gain 5 %",
                    endsSearch: false))
        #expect(plan(Probe(wanted: mode(4)), isSearching: false) == .profile(mode(3)))
        #expect(plan(Probe(wanted: nil), isSearching: true) == .profile(mode(3)))
    }

    @Test func aBudgetThatWasSearchedBeforeIsAnsweredFromWhatIsKnown() {
        let known = [observation(2, 20, 21.6), observation(3, 10, 24)]
        guard
            case .settle(let best, let reason, endsSearch: false) = plan(
                known, budget: 22, isSearching: false, wasSearched: true)
        else {
            Issue.record("a budget was searched twice")
            return
        }
        #expect(best == known[0])
        #expect(reason.contains("22.0 W was searched before"))
    }

    @Test func aBudgetWithMuchToGainIsSearched() {
        // It uses 98 % of the budget, and yet another mode may be twice as fast.
        #expect(
            plan([observation(2, 20, 21.6), observation(3, 10, 24)], budget: 22, isSearching: false)
                == .profile(grid.midpoint))
    }

    @Test func aBudgetAboveAllThatIsKnownIsSearched() {
        #expect(plan([observation(1, 30, 15)], budget: 22, isSearching: false) == .profile(grid.midpoint))
    }

    @Test func aSearchUnderWayGoesOnAlthoughTheBudgetIsCovered() {
        #expect(
            plan([observation(2, 20, 21.6)], budget: 22, isSearching: true) == .profile(grid.midpoint))
    }
}

@Suite struct MetricsTests {
    @Test func leavesOutWhatIsNotMeasured() {
        let text = Metrics.text(PublishedState())
        #expect(!text.contains("fulcrum_power_watts"))
        #expect(text.contains("fulcrum_decisions_total 0\n"))
    }

    @Test func writesExactDecimals() {
        #expect(Metrics.decimal(30_000_000, scale: 6) == "30.000000")
        #expect(Metrics.decimal(5, scale: 6) == "0.000005")
        #expect(Metrics.decimal(-1, scale: 3) == "-0.001")
    }

    @Test func escapesLabels() {
        var state = PublishedState()
        state.rails = [.init(label: "a\"b\\c\nd", microwatts: 1)]
        #expect(Metrics.text(state).contains(#"{rail="a\"b\\c\nd"} 0.000001"#))
    }
}
