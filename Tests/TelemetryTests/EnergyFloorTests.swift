import Testing

@testable import Telemetry

@Suite("Idle floors")
struct EnergyFloorTests {
    /// Quarters of a second of rest at a power, on a rail that averages over 430 ms.
    private func rest(_ floors: inout IdleFloors, watts: Double, quarters: Int, mode: Int = 1) {
        for _ in 0..<quarters {
            floors.addRest(
                rail: 0, mode: mode, microjoules: UInt64(watts * 250_000), nanoseconds: 250_000_000,
                averagingNanoseconds: 430_080_000)
        }
    }

    @Test("The last windows before work may hold some of it, and do not count")
    func foretaste() {
        var floors = IdleFloors(rails: 1)
        rest(&floors, watts: 4, quarters: 3)
        rest(&floors, watts: 9, quarters: 2)
        floors.endRest(rail: 0)
        #expect(floors.floor(rail: 0, mode: 1) == nil, "one second of sure rest was not yet seen")
        rest(&floors, watts: 4, quarters: 8)
        rest(&floors, watts: 9, quarters: 1)
        floors.endRest(rail: 0)
        #expect(floors.floor(rail: 0, mode: 1) == 4_000_000)
    }

    @Test("Short rests do not add up, and the floor is the least mean of a whole one")
    func whole() {
        var floors = IdleFloors(rails: 1)
        for _ in 0..<20 {
            rest(&floors, watts: 1, quarters: 5)
            floors.endRest(rail: 0)
        }
        #expect(floors.floor(rail: 0, mode: 1) == nil)
        rest(&floors, watts: 5, quarters: 40)
        rest(&floors, watts: 3, quarters: 40)
        rest(&floors, watts: 6, quarters: 40)
        #expect(floors.floor(rail: 0, mode: 1) == 3_000_000)
        #expect(floors.floor(rail: 0, mode: 2) == nil)
    }

    @Test("Modes are bounded")
    func bounded() {
        var floors = IdleFloors(rails: 1)
        for mode in 0..<3_000 { rest(&floors, watts: 2, quarters: 8, mode: mode) }
        #expect(floors.floor(rail: 0, mode: 2_999) == 2_000_000)
        #expect(floors.floor(rail: 0, mode: 0) == nil)
    }
}
