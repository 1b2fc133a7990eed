import Testing

@testable import Policy

@Suite struct MeasuredSurfaceTests {
    private func row(_ cores: Int, _ gpu: Int, _ milliseconds: Double, _ watts: Double) -> TrainingObservation {
        TrainingObservation(
            mode: mode(cores, gpu), minibatchMilliseconds: milliseconds, powerWatts: watts)
    }

    private func mode(_ cores: Int, _ gpu: Int) -> PowerMode {
        PowerMode(cores: cores, cpuKHz: 1000, gpuHz: gpu, emcHz: 7)
    }

    private func isClose(_ prediction: Prediction, _ milliseconds: Double, _ watts: Double) -> Bool {
        abs(prediction.minibatchMilliseconds / milliseconds - 1) < 1e-12
            && abs(prediction.powerWatts / watts - 1) < 1e-12
    }

    @Test func exactOnRowsLogLinearBetweenAndClampedBeyond() {
        let surface = MeasuredSurface(
            [row(4, 100, 80, 10), row(16, 100, 20, 12), row(4, 400, 40, 20), row(16, 400, 5, 30)], provenance: "four")
        #expect(surface.provenance == "four")
        #expect(isClose(surface.predict(mode(4, 100)) ?? .init(minibatchMilliseconds: 0, powerWatts: 0), 80, 10))
        let predicted = surface.predict([
            mode(16, 400), mode(8, 100), mode(4, 200), mode(8, 200), mode(1, 100), mode(64, 1_000_000), mode(8, 1),
        ])
        #expect(isClose(predicted[0], 5, 30))
        // 8 lies halfway between 4 and 16, and 200 between 100 and 400.
        #expect(isClose(predicted[1], 40, 120.0.squareRoot()))
        #expect(isClose(predicted[2], 3200.0.squareRoot(), 200.0.squareRoot()))
        #expect(isClose(predicted[3], 320_000.0.squareRoot().squareRoot(), 72_000.0.squareRoot().squareRoot()))
        #expect(isClose(predicted[4], 80, 10))
        #expect(isClose(predicted[5], 5, 30))
        #expect(isClose(predicted[6], 40, 120.0.squareRoot()))
    }

    @Test func theNearestRowFillsAHole() {
        let surface = MeasuredSurface(
            [row(4, 100, 80, 10), row(16, 100, 20, 12), row(4, 400, 40, 20)], provenance: "")
        let predicted = surface.predict([mode(16, 400), mode(15, 110), mode(5, 380), mode(4, 200)])
        #expect([(20, 12), (40, 20)].contains { isClose(predicted[0], $0.0, $0.1) })
        #expect(isClose(predicted[1], 20, 12) && isClose(predicted[2], 40, 20))
        // Both rows around it are there.
        #expect(isClose(predicted[3], 3200.0.squareRoot(), 200.0.squareRoot()))
    }

    @Test func fewRowsAndNone() {
        let one = MeasuredSurface([row(4, 100, 80, 10)], provenance: "")
        for mode in [mode(4, 100), mode(1, 1), PowerMode(cores: -1, cpuKHz: 0, gpuHz: .max, emcHz: .min)] {
            #expect(one.predict([mode]).allSatisfy { isClose($0, 80, 10) })
        }
        let bad = [Double.nan, .infinity, 0, -1].flatMap { [row(8, 100, $0, 10), row(8, 100, 10, $0)] }
        for rows in [[], bad] {
            let prediction = MeasuredSurface(rows, provenance: "").predict([mode(4, 100)])
            #expect(prediction.count == 1 && prediction.allSatisfy { $0.powerWatts > 0 && $0.powerWatts.isFinite })
        }
        #expect(
            MeasuredSurface(bad + [row(4, 100, 80, 10)], provenance: "").predict([mode(8, 100)]).allSatisfy {
                isClose($0, 80, 10)
            })
        #expect(one.predict([]).isEmpty)
    }

    @Test func minibatchSizesAreAnAxis() {
        let rows = [(1, 10.0), (16, 40)].map { size, milliseconds in
            InferenceObservation(
                point: InferencePoint(mode: mode(4, 100), minibatch: size), minibatchMilliseconds: milliseconds,
                powerWatts: 9)
        }
        let predicted = MeasuredSurface(rows, provenance: "").predict(
            [4, 16, 64].map {
                InferencePoint(mode: mode(4, 100), minibatch: $0)
            })
        #expect(isClose(predicted[0], 20, 9) && isClose(predicted[1], 40, 9) && isClose(predicted[2], 40, 9))
    }
}
