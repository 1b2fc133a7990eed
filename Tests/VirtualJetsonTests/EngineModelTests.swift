import Policy
import Testing

@testable import VirtualJetson

/// Fixed costs whatever the mode, or GPU time in inverse proportion to the GPU clock.
private struct FixedSurface: WorkloadSurface {
    var gpuMilliseconds: Double
    var loaderMilliseconds: Double = 1
    var followsGPU = false

    func cost(in mode: PowerMode, idle: DomainPower) -> MinibatchCost {
        MinibatchCost(
            gpuMilliseconds: followsGPU ? gpuMilliseconds * 1e9 / Double(mode.gpuHz) : gpuMilliseconds,
            loaderMilliseconds: loaderMilliseconds, gpuPower: DomainPower(gpu: 10), loaderPower: DomainPower(cpu: 4))
    }
}

private func clocks(gpuHz: Int = 1_000_000_000) -> Clocks {
    Clocks(
        working: PowerMode(cores: 12, cpuKHz: 2_000_000, gpuHz: gpuHz, emcHz: 3_199_000_000),
        restingCPUKHz: 2_000_000, restingGPUHz: 306_000_000, gpuMayGate: true)
}

private let millisecond: UInt64 = 1_000_000

private func model(timeScale: Double = 1) -> EngineModel {
    EngineModel(
        configuration: .init(timeScale: timeScale, idle: BoardDescription.agxOrin64GB.idle), clocks: clocks(),
        contexts: 64, chips: BoardDescription.agxOrin64GB.chips.map(\.channels), railScale: 1, time: 0)
}

@Suite("Engine model") struct EngineModelTests {
    @Test("Queued launches run back to back at their ideal times, however rarely the owner looks")
    func backToBack() {
        var model = model()
        model.open(0)
        model.setSurface(0, FixedSurface(gpuMilliseconds: 80))
        for _ in 0..<8 { model.submit(0, .share(125_000)) }
        model.advance(to: 1000 * millisecond)
        #expect(model.completions.map(\.time) == (1...8).map { 10 * millisecond * $0 })
        #expect(model.completions.map(\.index) == Array(0..<8))
        #expect(model.totals.gpuBusyNanoseconds == 80 * millisecond)
    }

    @Test("The same events come out whether time passes in one step or in many")
    func stepIndependent() {
        var coarse = model()
        var fine = model()
        for index in 0..<2 {
            coarse.open(index)
            fine.open(index)
            coarse.setSurface(index, FixedSurface(gpuMilliseconds: 7.3))
            fine.setSurface(index, FixedSurface(gpuMilliseconds: 7.3))
            for _ in 0..<5 {
                coarse.submit(index, .share(1_000_000))
                fine.submit(index, .share(1_000_000))
            }
        }
        coarse.advance(to: 200 * millisecond)
        for step in 1...2000 { fine.advance(to: UInt64(step) * millisecond / 10) }
        #expect(coarse.completions.count == 10)
        #expect(fine.completions.map(\.context) == coarse.completions.map(\.context))
        for (left, right) in zip(coarse.completions, fine.completions) {
            // Each extra step may round up by a nanosecond.
            #expect(max(left.time, right.time) - min(left.time, right.time) < 5000)
        }
    }

    @Test("Two contexts that always have work get equal halves; a third of three gets a third")
    func fairness() {
        for count in [2, 3] {
            var model = model()
            for index in 0..<count {
                model.open(index * 7)
                // Different launch lengths must not matter: the slice is what is shared.
                model.setSurface(index * 7, FixedSurface(gpuMilliseconds: index == 0 ? 500 : 3))
                for _ in 0..<900 { model.submit(index * 7, .share(1_000_000)) }
            }
            model.advance(to: 1000 * millisecond)
            for index in 0..<count {
                let busy = model.contexts[index * 7]?.busyNanoseconds ?? 0
                #expect(abs(Double(busy) / 1e9 - 1 / Double(count)) < 0.005, "context \(index) of \(count)")
            }
            #expect(model.totals.gpuBusyNanoseconds == 1000 * millisecond)
        }
    }

    @Test("A context that comes while another runs waits at most one timeslice")
    func timeslice() {
        var model = model()
        for index in 0..<2 {
            model.open(index)
            model.setSurface(index, FixedSurface(gpuMilliseconds: 50))
        }
        model.submit(0, .share(1_000_000))
        model.advance(to: 10 * millisecond)
        model.submit(1, .share(1000))
        model.advance(to: 20 * millisecond)
        let end = model.completions.first { $0.context == 1 }?.time
        // 50 us of work after what was left of the running slice.
        #expect((10 * millisecond...11_074_000).contains(end ?? 0))
    }

    @Test("A change of clocks rescales what is left of a running launch")
    func rescaling() {
        var model = model()
        model.open(0)
        model.setSurface(0, FixedSurface(gpuMilliseconds: 40, followsGPU: true))
        model.submit(0, .share(1_000_000))
        model.advance(to: 10 * millisecond)
        model.setClocks(clocks(gpuHz: 500_000_000))
        model.advance(to: 200 * millisecond)
        // A quarter at full speed, the other 30 ms at half speed.
        let end = model.completions.first?.time ?? 0
        #expect(abs(Double(end) - 70e6) < 10)
    }

    @Test("Minibatch work is divided by the time scale, the timeslice is not")
    func timeScale() {
        var model = model(timeScale: 20)
        for index in 0..<2 {
            model.open(index)
            model.setSurface(index, FixedSurface(gpuMilliseconds: 100))
            model.submit(index, .share(1_000_000))
        }
        model.advance(to: 100 * millisecond)
        // Five milliseconds each, cut into slices of 1.024 ms: the first ends when the other has had four. Each cut may
        // round up by a nanosecond.
        let ends = model.completions.map(\.time)
        #expect(ends.count == 2)
        #expect((5 * millisecond + 4 * 1_024_000...5 * millisecond + 4 * 1_024_000 + 5).contains(ends[0]))
        #expect((10 * millisecond...10 * millisecond + 10).contains(ends[1]))
    }

    @Test("Loads run beside the GPU; two loaders at once each take twice as long")
    func loaders() {
        var model = model()
        for index in 0..<2 {
            model.open(index)
            model.setSurface(index, FixedSurface(gpuMilliseconds: 10, loaderMilliseconds: 10))
            model.submitLoad(index)
        }
        model.submit(0, .share(1_000_000))
        model.advance(to: 100 * millisecond)
        #expect(model.completions.filter { !$0.isLoad }.map(\.time) == [10 * millisecond])
        #expect(model.completions.filter(\.isLoad).map(\.time) == [20 * millisecond, 20 * millisecond])
    }

    @Test("Energy is power times time over busy, idle and gated spans")
    func energy() {
        var model = model()
        model.open(0)
        model.setSurface(0, FixedSurface(gpuMilliseconds: 100))
        model.submit(0, .share(1_000_000))
        model.advance(to: 2000 * millisecond)
        let idle = BoardDescription.agxOrin64GB.idle
        var resting = clocks().working
        resting.gpuHz = 306_000_000
        let expected =
            (idle.power(in: clocks().working).total + 10) * 0.1 + idle.power(in: clocks().working).total * 0.5
            + idle.power(in: resting, gpuIsGated: true).total * 1.4
        let module = model.monitors[0].energyJoules.reduce(0, +)
        #expect(abs(module - expected) < 1e-6)
        #expect(model.gpuIsGated)
    }

    @Test("Absurd work neither traps nor stops time")
    func absurd() {
        var model = model()
        model.open(0)
        model.submit(0, .cycles(.max))
        model.submit(0, .share(.max))
        model.submitLoad(0)
        model.advance(to: 3_600_000 * millisecond)
        #expect(model.time == 3_600_000 * millisecond)
        #expect(model.nextEvent > model.time)
    }
}
