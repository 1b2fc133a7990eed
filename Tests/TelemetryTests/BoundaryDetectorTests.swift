import Telemetry
import Testing

@Suite("Minibatch boundaries of programs that do not cooperate")
struct BoundaryDetectorTests {
    private let kernels = (1...40).map { UInt64($0) }

    @Test("A training loop with one wait: counted to the one, from the third minibatch on")
    func oneWait() {
        var trace = BoundaryTrace()
        for _ in 0..<101 {
            trace.launch(kernels)
            trace.wait(30)
            trace.end()
        }
        let seen = trace.detect()
        #expect(seen.count == 101)
        #expect(seen.boundaries.map(\.count) == [3] + Array(repeating: 1, count: 98))
        #expect(seen.state == .waits)
        #expect(seen.detector.confidence > 0.95)
        #expect(seen.detector.launchesPerMinibatch == 40)
        #expect(seen.detector.launchesUntilBoundary == 0)
        #expect(seen.last == nil)
    }

    @Test("One kernel that repeats eight times before each wait: the wait is the minibatch")
    func sameKernel() {
        var trace = BoundaryTrace()
        for _ in 0..<101 {
            trace.launch(Array(repeating: 5, count: 8))
            trace.wait(30)
            trace.end()
        }
        let seen = trace.detect()
        #expect(seen.count == 101)
        #expect(seen.state == .waits)
        #expect(seen.detector.launchesPerMinibatch == 8)
    }

    @Test("Several waits in a minibatch, one of them in the middle", arguments: [true, false])
    func severalWaits(distinct: Bool) {
        var trace = BoundaryTrace()
        for _ in 0..<211 {
            trace.launch(distinct ? Array(kernels[..<20]) : Array(repeating: 5, count: 20))
            trace.wait(10)
            trace.launch(distinct ? Array(kernels[20..<35]) : Array(repeating: 5, count: 15))
            trace.wait(20, kind: .eventWait)
            trace.launch(distinct ? Array(kernels[35...]) : Array(repeating: 5, count: 5))
            trace.wait(5)
            trace.end()
            trace.pass(3)
        }
        let seen = trace.detect()
        #expect(seen.count == 211)
        #expect(seen.state == .waitPattern(period: 3))
        // The pause is between the minibatches, so each ends with the last of its waits.
        let ends = trace.events.filter { $0.kind.rawValue >= 3 }.enumerated().filter { $0.offset % 3 == 2 }
            .map(\.element.endNanoseconds)
        #expect(seen.boundaries.dropFirst().map(\.endNanoseconds) == Array(ends.dropFirst(3)))
    }

    @Test("Runs ahead and waits every 50 minibatches, with two launches more at each wait")
    func runsAhead() {
        var trace = BoundaryTrace()
        for batch in 1...1_009 {
            trace.launch(kernels)
            trace.end()
            if batch % 50 == 0 {
                trace.launch([900, 901])
                trace.wait(700)
            }
        }
        let seen = trace.detect()
        #expect(seen.boundaries.map(\.count) == Array(repeating: 50, count: 20))
        #expect(seen.last?.count == 9)
        #expect(seen.state == .launchPattern(period: 40))
    }

    @Test(
        "Graphs: one, or three different ones, per minibatch; waits every minibatch or every tenth", arguments: [1, 10])
    func graphs(waitEvery: Int) {
        for graphs in [1, 3] {
            var trace = BoundaryTrace()
            for batch in 1...103 {
                for graph in 0..<graphs { trace.launch(UInt64(100 + graph), graph: true) }
                trace.end()
                if batch % waitEvery == 0 { trace.wait(30 * Double(waitEvery)) }
            }
            let seen = trace.detect()
            #expect(seen.count + (seen.last?.count ?? 0) == 103)
            #expect(seen.state == .graph(period: graphs))
        }
    }

    @Test("Inference with irregular arrivals: work is told from the idle time before it")
    func inference() {
        var trace = BoundaryTrace()
        for _ in 0..<307 {
            trace.pass(Double(trace.next(below: 50)))
            trace.launch(kernels[..<12])
            trace.wait(4)
            trace.end()
        }
        let seen = trace.detect()
        #expect(seen.count == 307)
        for boundary in seen.boundaries.dropFirst() {
            let work = Double(boundary.endNanoseconds - boundary.workBeginNanoseconds) / 1e6
            #expect((3.9...4.6).contains(work))
        }
    }

    @Test("A warm-up of other launches, then training with evaluations in between: two patterns, both exact")
    func phases() {
        var trace = BoundaryTrace()
        for _ in 0..<1_000 {
            let token = 1_000 + trace.next(below: 10_000)
            trace.launch(token)
            if trace.next(below: 7) == 0 { trace.wait(1) }
        }
        trace.wait(2)
        for _ in 0..<6 {
            for _ in 0..<50 {
                trace.launch(kernels)
                trace.wait(30)
            }
            for _ in 0..<20 {
                trace.launch((200..<230).map { UInt64($0) })
                trace.wait(10)
            }
        }
        let seen = trace.detect()
        let counts = Dictionary(grouping: seen.boundaries, by: \.pattern).mapValues { $0.reduce(0) { $0 + $1.count } }
        #expect(counts.values.sorted() == [120, 300])
    }

    @Test("Lost events: the counters say how many, and the count stays exact")
    func losses() {
        var trace = BoundaryTrace()
        for _ in 0..<400 {
            trace.launch(kernels)
            trace.wait(30)
            trace.end()
        }
        trace.drop(9_000..<9_700)
        trace.drop(4_000..<4_005)
        trace.drop(2_000..<2_041)
        let seen = trace.detect()
        #expect(seen.count == 400)
        #expect(seen.boundaries.contains { $0.isGap })
    }

    @Test("Threads with streams of their own that do the same add up")
    func replicas() {
        var trace = BoundaryTrace()
        var left = [151, 149, 97]
        var place = [0, 0, 0]
        while left.contains(where: { $0 > 0 }) {
            let thread = Int(trace.next(below: 3))
            guard left[thread] > 0 else { continue }
            if place[thread] < 12 {
                trace.launch(kernels[place[thread]], tid: Int32(10 + thread))
                place[thread] += 1
            } else {
                trace.wait(1, stream: UInt64(thread), tid: Int32(10 + thread))
                place[thread] = 0
                left[thread] -= 1
                trace.end()
            }
        }
        let seen = trace.detect()
        #expect(seen.count == 397)
        #expect(seen.state == .waits)
    }

    @Test("Threads of which nothing but waits is known: lost ones are counted, whosever they were")
    func lostWaitsOfThreads() {
        var trace = BoundaryTrace(.boundaries)
        for _ in 0..<900 {
            let thread = trace.next(below: 3)
            trace.wait(2, stream: thread, tid: Int32(10 + thread))
            trace.end()
        }
        trace.drop(400..<500)
        let seen = trace.detect()
        #expect(seen.count == 900)
        #expect(seen.state == .waits)
        #expect(seen.boundaries.contains { $0.isGap })
    }

    @Test("Forward and backward passes in two threads that take turns are one minibatch")
    func autograd() {
        var trace = BoundaryTrace()
        for _ in 0..<101 {
            trace.launch(kernels[..<15], tid: 1)
            trace.launch(kernels[15..<35], tid: 2)
            trace.launch(kernels[35...], tid: 1)
            trace.wait(30, tid: 1)
            trace.end()
        }
        let seen = trace.detect()
        #expect(seen.count == 101)
        #expect(seen.state == .waits)
        #expect(seen.detector.launchesPerMinibatch == 40)
    }

    @Test("Two networks in turn are one minibatch")
    func alternating() {
        var trace = BoundaryTrace()
        for _ in 0..<97 {
            trace.launch(kernels[..<15])
            trace.wait(12)
            trace.launch(kernels[10..<40])
            trace.wait(25)
            trace.end()
        }
        let seen = trace.detect()
        #expect(seen.count == 97)
        #expect(seen.state == .waitPattern(period: 2))
    }

    @Test("Layers that repeat within a minibatch are not taken for it")
    func layers() {
        var trace = BoundaryTrace()
        for _ in 0..<61 {
            for _ in 0..<48 { trace.launch(kernels[..<20]) }
            trace.launch((300..<330).map { UInt64($0) })
            trace.wait(30)
            trace.end()
        }
        let seen = trace.detect()
        #expect(seen.count == 61)
        #expect(seen.detector.launchesPerMinibatch == 990)
    }

    @Test("One launch in each minibatch that is never the same, and some that come now and then")
    func noise() {
        var trace = BoundaryTrace()
        for batch in 0..<301 {
            trace.launch(kernels[..<30])
            trace.launch(5_000 + trace.next(below: 1_000_000))
            trace.launch(kernels[30...])
            if batch % 10 == 9 { trace.launch([800, 801, 802]) }
            trace.wait(30)
            trace.end()
        }
        let seen = trace.detect()
        #expect(seen.count == 301)
    }

    @Test(
        "Shapes that change with each minibatch: as many launches, or about as many, and one wait", arguments: [0, 3])
    func dynamicShapes(spread: UInt64) {
        var trace = BoundaryTrace()
        for _ in 0..<201 {
            for _ in 0..<(40 + trace.next(below: spread + 1)) { trace.launch(trace.next(below: 1 << 40)) }
            trace.wait(30)
            trace.end()
        }
        let seen = trace.detect()
        #expect(seen.count == 201)
        #expect(seen.state == .waits)
        #expect(seen.detector.confidence < 0.75)
    }

    @Test("Without a period nothing is counted")
    func noPeriod() {
        var trace = BoundaryTrace()
        for _ in 0..<20_000 {
            trace.launch(trace.next(below: 50))
            if trace.next(below: 30) == 0 {
                trace.wait(5, kind: trace.next(below: 2) == 0 ? .streamWait : .eventWait)
            }
        }
        let seen = trace.detect()
        #expect(seen.count == 0)
        #expect(seen.state == .unknown)
        #expect(seen.detector.confidence == 0)
    }

    @Test("A few equal parts between two waits: minibatches if the host pauses between them", arguments: [true, false])
    func equalParts(pauses: Bool) {
        var trace = BoundaryTrace()
        for _ in 0..<101 {
            for _ in 0..<4 {
                trace.launch(kernels[..<8])
                if pauses { trace.pass(0.5) }
            }
            trace.wait(30)
            trace.end(pauses ? 4 : 1)
        }
        let seen = trace.detect()
        #expect(seen.count == trace.minibatches)
        #expect(seen.state == (pauses ? .launchPattern(period: 8) : .waits))
    }

    @Test("A host that never waits is counted by its launches")
    func neverWaits() {
        var trace = BoundaryTrace()
        for _ in 0..<500 {
            trace.launch(kernels)
            trace.pass(30)
            trace.end()
        }
        let seen = trace.detect()
        #expect(seen.count == 500)
        #expect(seen.state == .launchPattern(period: 40))
    }

    @Test("Nonsense is survived, and a program after it is counted")
    func nonsense() {
        var random = BoundaryTrace(seed: 5)
        var detector = BoundaryDetector()
        let process = ProcessIdentity(pid: 7, startTimeTicks: 1)
        let extremes: [UInt64] = [0, 1, 2, 1 << 31, 1 << 32, 1 << 62, .max - 1, .max]
        for _ in 0..<20_000 {
            func number() -> UInt64 {
                random.next(below: 4) == 0 ? extremes[Int(random.next(below: 8))] : random.next(below: 3_000)
            }
            let kinds: [CUDAEvent.Kind] = [.launch, .graphLaunch, .streamWait, .contextWait, .eventWait]
            let event = CUDAEvent(
                process: process, tid: Int32(truncatingIfNeeded: number()), kind: kinds[Int(random.next(below: 5))],
                stream: number(), token: random.next(below: 3), beginNanoseconds: number(), endNanoseconds: number(),
                launches: number(), waits: number())
            let boundary = detector.add(event)
            #expect((0...1).contains(boundary?.confidence ?? 0))
        }
        _ = detector.finish(CUDACounts(launches: .max, waits: .max))
        var trace = BoundaryTrace()
        for _ in 0..<2_000 {
            trace.launch(kernels)
            trace.wait(30)
        }
        let count = trace.events.reduce(0) { $0 + (detector.add($1)?.count ?? 0) }
        #expect((1_950...2_000).contains(count))
    }

    // MARK: Waits alone

    @Test("Waits alone: one kind and one duration are one wait per minibatch, half believed")
    func waitsAlone() {
        var trace = BoundaryTrace(.boundaries)
        for _ in 0..<101 {
            trace.launch(kernels)
            trace.wait(30)
            trace.end()
        }
        let seen = trace.detect()
        #expect(seen.count == 101)
        #expect(seen.state == .waits)
        #expect(seen.detector.confidence > 0.4 && seen.detector.confidence <= 0.5)
        #expect(seen.detector.launchesUntilBoundary == nil)
    }

    @Test("Waits alone: kinds and streams that repeat over three are three waits per minibatch")
    func waitKinds() {
        var trace = BoundaryTrace(.boundaries)
        for _ in 0..<101 {
            trace.wait(10)
            trace.wait(20, kind: .eventWait)
            trace.wait(5, stream: 2)
            trace.end()
            trace.pass(10)
        }
        let seen = trace.detect()
        #expect(seen.count == 101)
        #expect(seen.state == .waitPattern(period: 3))
    }

    @Test("Waits alone: a long and a short one in turn are told apart by their duration, after a while")
    func waitLengths() {
        var trace = BoundaryTrace(.boundaries)
        for _ in 0..<200 {
            trace.wait(30)
            trace.wait(5)
            trace.end()
            trace.pass(2)
        }
        let seen = trace.detect()
        #expect(seen.state == .waitPattern(period: 2))
        // The first 32 waits were taken for minibatches.
        #expect(seen.count == 200 + 16)
    }

    @Test("Waits alone: regular long waits that come later, as of a process that takes turns, are no pattern")
    func turns() {
        var trace = BoundaryTrace(.boundaries)
        for batch in 0..<600 {
            trace.wait(batch > 200 && batch % 4 == 0 ? 150 : 30)
            trace.end()
        }
        let seen = trace.detect()
        #expect(seen.count == 600)
        #expect(seen.state == .waits)
    }

    @Test("A process of three waits had three minibatches, as far as anybody knows")
    func short() {
        var trace = BoundaryTrace(.boundaries)
        for _ in 0..<3 { trace.wait(30) }
        let seen = trace.detect()
        #expect(seen.count == 0)
        #expect(seen.last?.count == 3)
        #expect((seen.last?.confidence ?? 1) < 0.3)
    }
}
