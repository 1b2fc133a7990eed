import Testing

@testable import Policy

@Suite struct AttainableTimeTests {
    private func observed(_ points: [(watts: Double, milliseconds: Double)]) -> ObservedModes {
        ObservedModes(
            points.enumerated().map { index, point in
                TrainingObservation(
                    mode: PowerMode(cores: index + 1, cpuKHz: 1, gpuHz: 1, emcHz: 1),
                    minibatchMilliseconds: point.milliseconds, powerWatts: point.watts)
            })
    }

    @Test func interpolatesAPowerLawExactly() throws {
        // t = 1000 / P lies on a straight line in logarithms.
        let modes = observed([(10, 100), (20, 50), (40, 25)])
        #expect(abs(try #require(modes.attainableMilliseconds(atWatts: 25)) - 40) < 1e-9)
        #expect(abs(try #require(modes.attainableMilliseconds(atWatts: 40)) - 25) < 1e-9)
    }

    @Test func aModeFarFromTheFrontDoesNotMatter() throws {
        let front = observed([(10, 100), (40, 25)])
        let withBadOnes = observed([(10, 100), (24, 99), (24, 500), (24.2, 98), (40, 25)])
        #expect(
            abs(
                try #require(front.attainableMilliseconds(atWatts: 24))
                    - (try #require(withBadOnes.attainableMilliseconds(atWatts: 24)))) < 1e-9)
    }

    @Test func saysNothingWhereNothingWasObserved() {
        #expect(observed([]).attainableMilliseconds(atWatts: 20) == nil)
        #expect(observed([(30, 10)]).attainableMilliseconds(atWatts: 20) == nil)
        #expect(observed([(10, 100), (40, 25)]).attainableMilliseconds(atWatts: 41) == nil)
        #expect(observed([(0, 10), (-1, 10), (.nan, 1)]).attainableMilliseconds(atWatts: 1) == nil)
    }
}
