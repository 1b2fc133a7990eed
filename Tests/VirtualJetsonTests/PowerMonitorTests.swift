import Testing

@testable import VirtualJetson

private let rail = SupplyRail(
    label: "VDD", millivolts: 20_000, shuntMicroohms: 2000, share: DomainPower(gpu: 1), countsTowardTotal: true)
private let window: UInt64 = 430_080_000

@Suite("Power monitor") struct PowerMonitorTests {
    private func monitor(scale: Double = 1) -> PowerMonitor {
        PowerMonitor(channels: [rail, nil], scale: scale, time: 0, power: DomainPower(gpu: 8))
    }

    @Test("A value is the mean of its window, and stays until the window ends")
    func averaging() {
        var monitor = monitor()
        #expect(monitor.windowNanoseconds == window)
        monitor.accumulate(DomainPower(gpu: 10), from: 0, to: window / 2)
        monitor.accumulate(DomainPower(gpu: 30), from: window / 2, to: window - 1)
        #expect(monitor.registers[0].milliamperes(shuntMicroohms: 2000) == 400)
        monitor.accumulate(DomainPower(gpu: 30), from: window - 1, to: window)
        #expect(monitor.registers[0].milliamperes(shuntMicroohms: 2000) == 1000)
        #expect(monitor.registers[0].busMillivolts == 20_000)
        #expect(monitor.registers[1] == PowerMonitor.Registers())
    }

    @Test("Currents come in steps of 20 mA on 2 milliohms, within half a step of the truth")
    func quantisation() {
        for tenths in stride(from: 1, to: 600, by: 7) {
            var monitor = monitor()
            let watts = Double(tenths) / 10
            monitor.accumulate(DomainPower(gpu: watts), from: 0, to: window)
            let milliamperes = monitor.registers[0].milliamperes(shuntMicroohms: 2000)
            #expect(milliamperes % 20 == 0)
            #expect(monitor.registers[0].shuntMicrovolts % 40 == 0)
            #expect(abs(Double(milliamperes) - watts / 20 * 1000) < 10.000_001)
        }
    }

    @Test("One call over many windows equals many calls; energy is conserved")
    func manyWindows() {
        var once = monitor()
        var often = monitor()
        let end = window * 7 + 12_345
        once.accumulate(DomainPower(gpu: 12.5), from: 0, to: end)
        var time: UInt64 = 0
        while time < end {
            let next = min(time + 1_234_567, end)
            often.accumulate(DomainPower(gpu: 12.5), from: time, to: next)
            time = next
        }
        #expect(once.registers == often.registers)
        #expect(once.windowEnd == often.windowEnd)
        #expect(abs(once.energyJoules[0] - 12.5 * Double(end) / 1e9) < 1e-6)
        #expect(abs(often.energyJoules[0] - once.energyJoules[0]) < 1e-6)
    }

    @Test("The rail scale and the samples shorten the window")
    func scaling() {
        var monitor = monitor(scale: 10)
        #expect(monitor.windowNanoseconds == window / 10)
        monitor.samples = 64
        #expect(monitor.windowNanoseconds == window / 80)
    }

    @Test("What is off the scale is clipped")
    func clipping() {
        var monitor = monitor()
        monitor.accumulate(DomainPower(gpu: 1e9), from: 0, to: window)
        #expect(monitor.registers[0].shuntMicrovolts == 163_800 / 40 * 40)
        monitor.accumulate(DomainPower(gpu: -1e9), from: window, to: 2 * window)
        #expect(monitor.registers[0].shuntMicrovolts == 0)
    }
}
