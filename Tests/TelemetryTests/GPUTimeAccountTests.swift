import Testing

@testable import Telemetry

@Suite("Who used the GPU for how long")
struct GPUTimeAccountTests {
    private func slice(_ pid: Int32, _ start: UInt64, _ end: UInt64) -> GPUSlice {
        GPUSlice(pid: pid, startNanoseconds: start, endNanoseconds: end)
    }

    private func busy(_ account: GPUTimeAccount) -> [Int32: UInt64] {
        account.snapshot().reduce(into: [:]) { $0[$1.process.pid] = $1.busyNanoseconds }
    }

    /// Each nanosecond is somewhere, once.
    private func expectConserved(_ account: GPUTimeAccount, _ comment: Comment? = nil) {
        let totals = account.totals
        #expect(
            totals.processesNanoseconds + totals.exitedNanoseconds + totals.unattributedNanoseconds
                + totals.idleNanoseconds + totals.unmeasuredNanoseconds == totals.elapsedNanoseconds, comment)
        #expect(account.snapshot().reduce(0) { $0 + $1.busyNanoseconds } == totals.processesNanoseconds, comment)
    }

    @Test("Slices that exclude each other are themselves; the rest is idle")
    func exclusive() {
        let account = GPUTimeAccount(startNanoseconds: 1_000, lagNanoseconds: 100)
        account.began(.contextSwitches, at: 1_000)
        account.record(slice(7, 1_100, 1_300), from: .contextSwitches)
        account.record(slice(8, 1_300, 1_307), from: .contextSwitches)
        account.record(slice(7, 1_500, 1_600), from: .contextSwitches)
        account.contextSwitchesDelivered(until: 2_000)
        #expect(account.settle(now: 2_100) == 2_000)
        #expect(busy(account) == [7: 300, 8: 7])
        #expect(account.totals.idleNanoseconds == 693)
        #expect(account.busy(of: ProcessIdentity(pid: 7, startTimeTicks: 0)) == 300)
        #expect(account.busy(of: ProcessIdentity(pid: 9, startTimeTicks: 0)) == nil)
        let process = account.snapshot()[0]
        #expect(process.source == .contextSwitches)
        #expect(process.method == .residency)
        #expect(process.lastActivityNanoseconds == 1_600)
        expectConserved(account)
    }

    @Test("Processes in flight together share each instant evenly, to the nanosecond")
    func overlapping() {
        let account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 0)
        account.began(.launches, at: 0)
        account.record(slice(1, 0, 100), from: .launches)
        account.record(slice(2, 50, 150), from: .launches)
        account.record(slice(3, 60, 101), from: .launches)
        account.settle(now: 200)
        // 0-50: 1 alone. 50-60: half each. 60-100: thirds. 100-101: half each. 101-150: 2 alone.
        let got = busy(account)
        #expect(got.values.reduce(0, +) == 150)
        for (pid, exact) in [1: 68.333, 2: 67.833, 3: 13.833] {
            #expect(abs(Double(got[Int32(pid)] ?? 0) - exact) < 2, "pid \(pid)")
        }
        #expect(account.totals.idleNanoseconds == 50)
        expectConserved(account)
    }

    @Test(
        "Any slices in any order: shares are those of a plain sum over instants, and nothing is lost", arguments: 0..<8)
    func anySlices(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 20_000)
        account.began(.launches, at: 0)
        var slices = [GPUSlice]()
        var shares = [Int32: Double]()
        var previous = [Int32: UInt64]()
        for tick in 0..<400 {
            let now = UInt64(tick) * 1_000
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let start = now > 15_000 ? now - UInt64.random(in: 0...15_000, using: &random) : now
                let new = slice(
                    Int32.random(in: 1...6, using: &random), start, start + UInt64.random(in: 0...9_000, using: &random)
                )
                slices.append(new)
                account.record(new, from: .launches)
            }
            if tick % 7 == 0 {
                account.settle(now: now)
                expectConserved(account)
                let got = busy(account)
                for (pid, before) in previous { #expect(got[pid] ?? 0 >= before) }
                previous = got
            }
        }
        account.settle(now: 1_000_000)
        var covered = 0.0
        let cuts = Set(slices.flatMap { [$0.startNanoseconds, $0.endNanoseconds] }).sorted()
        for (from, to) in zip(cuts, cuts.dropFirst()) {
            let active = Set(
                slices.filter { $0.startNanoseconds <= from && $0.endNanoseconds >= to }.map(\.pid))
            for pid in active { shares[pid, default: 0] += Double(to - from) / Double(active.count) }
            if !active.isEmpty { covered += Double(to - from) }
        }
        let got = busy(account)
        for (pid, exact) in shares {
            // Each settlement and each change of the number of sharers may move a nanosecond or two.
            #expect(abs(Double(got[pid] ?? 0) - exact) < 200, "pid \(pid)")
        }
        #expect(got.values.reduce(0, +) == UInt64(covered))
        #expect(account.totals.lateSlices == 0)
        expectConserved(account)
    }

    @Test("What comes after its time was given out is counted as late, and changes nothing")
    func late() {
        let account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 100)
        account.began(.launches, at: 0)
        account.record(slice(7, 0, 400), from: .launches)
        account.settle(now: 1_100)
        account.record(slice(8, 300, 900), from: .launches)
        account.record(slice(8, 900, 1_050), from: .launches)
        account.settle(now: 1_200)
        #expect(busy(account) == [7: 400, 8: 50])
        #expect(account.totals.lateSlices == 2)
        #expect(account.totals.lateNanoseconds == 700)
        expectConserved(account)
    }

    @Test("A load lowers residency in proportion, never raises it, and leaves what is in flight alone")
    func load() {
        let account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 0)
        account.began(.contextSwitches, at: 0)
        account.record(slice(7, 0, 750), from: .contextSwitches)
        account.record(slice(8, 750, 1_000), from: .contextSwitches)
        account.record(slice(7, 1_000, 1_300), from: .contextSwitches)
        account.recordLoad(permille: 301, from: 0, to: 1_000)
        account.contextSwitchesDelivered(until: 1_000)
        account.settle(now: 1_000)
        #expect(busy(account) == [7: 225, 8: 76])
        #expect(account.snapshot().map(\.method) == [.residencyTimesLoad, .residencyTimesLoad])
        #expect(account.totals.idleNanoseconds == 699)
        account.recordLoad(permille: 5_000, from: 1_000, to: 2_000)
        account.contextSwitchesDelivered(until: 3_000)
        // The horizon waits for the load.
        #expect(account.settle(now: 2_900) == 2_000)
        #expect(busy(account) == [7: 525, 8: 76])
        expectConserved(account)
        // And goes on without it when it stays away.
        account.contextSwitchesDelivered(until: 3_000_000_000)
        #expect(account.settle(now: 3_000_000_000) == 3_000_000_000)
        expectConserved(account)
    }

    @Test("A resident process that tells its launches is busy only while they are in flight", arguments: [false, true])
    func clipped(withLoad: Bool) {
        let account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 0)
        account.began(.contextSwitches, at: 0)
        account.began(.launches, at: 0)
        account.workBegan(.launches, pid: 7, at: 100)
        account.workBegan(.launches, pid: 7, at: 120)
        account.record(slice(7, 50, 600), from: .contextSwitches)
        account.workDrained(.launches, slice(7, 100, 300))
        account.record(slice(8, 600, 1_000), from: .contextSwitches)
        if withLoad { account.recordLoad(permille: 500, from: 0, to: 1_000) }
        account.contextSwitchesDelivered(until: 1_000)
        account.settle(now: 1_000)
        // Before its first launch nothing was known about pid 7's launches: 50 of residency.
        #expect(busy(account) == (withLoad ? [7: 233, 8: 267] : [7: 250, 8: 400]))
        #expect(account.snapshot().first?.method == .residencyInFlight)
        expectConserved(account)
    }

    @Test("Without the context-switch source the probes count; without any, time is unmeasured, not idle")
    func fallBack() {
        let account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 0)
        account.began(.contextSwitches, at: 100)
        account.record(slice(7, 100, 300), from: .contextSwitches)
        account.workBegan(.launches, pid: 7, at: 250)
        account.ended(.contextSwitches, at: 300)
        account.began(.launches, at: 300)
        account.ended(.launches, at: 700)
        account.settle(now: 1_000)
        #expect(busy(account) == [7: 600])
        #expect(account.snapshot().first?.source == .launches)
        #expect(account.totals.unmeasuredNanoseconds == 400)
        #expect(account.totals.idleNanoseconds == 0)
        expectConserved(account)
    }

    @Test("Open work counts as it goes, ends by its wait, and is set right after losses")
    func openWork() {
        let account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 0)
        account.began(.launches, at: 0)
        account.workBegan(.launches, pid: 7, startTimeTicks: 5, at: 100)
        account.settle(now: 600)
        #expect(busy(account) == [7: 500])
        account.workDrained(.launches, slice(7, 100, 700), startTimeTicks: 5)
        account.settle(now: 1_000)
        #expect(busy(account) == [7: 600])
        #expect(account.totals.lateSlices == 0)
        // The begin of the next was lost, then its end.
        let process = ProcessIdentity(pid: 7, startTimeTicks: 5)
        account.observed([OpenWork(process: process, beginNanoseconds: 1_100)], of: .launches, at: 1_150)
        account.observed([], of: .launches, at: 1_200)
        account.observed([], of: .launches, at: 1_300)
        account.settle(now: 2_000)
        #expect(busy(account) == [7: 800])
        expectConserved(account)
    }

    @Test("A process that ended keeps its time, then hands it on; its pid's next process starts at nothing")
    func exits() {
        let account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 100)
        account.began(.contextSwitches, at: 0)
        account.record(slice(7, 0, 400), from: .contextSwitches)
        account.identify(ProcessIdentity(pid: 7, startTimeTicks: 5), at: 300)
        account.exited(ProcessIdentity(pid: 7, startTimeTicks: 5), at: 500)
        account.record(slice(7, 420, 450), from: .contextSwitches)
        account.record(slice(7, 510, 520), from: .contextSwitches)
        account.contextSwitchesDelivered(until: 10_000)
        account.settle(now: 650)
        #expect(account.snapshot().map(\.isLive).sorted { !$0 && $1 } == [false, true])
        #expect(account.busy(of: ProcessIdentity(pid: 7, startTimeTicks: 0)) == 10)
        account.settle(now: 800)
        #expect(busy(account) == [7: 10])
        #expect(account.totals.exitedNanoseconds == 430)
        // Found out late that the pid has another process.
        account.identify(ProcessIdentity(pid: 7, startTimeTicks: 6), at: 700)
        account.identify(ProcessIdentity(pid: 7, startTimeTicks: 9), at: 900)
        account.settle(now: 2_000)
        #expect(busy(account) == [:])
        #expect(account.totals.exitedNanoseconds == 440)
        expectConserved(account)
    }

    @Test("More processes than the table holds: their time is unattributed, and places are used again")
    func fullTable() {
        let account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 0)
        account.began(.contextSwitches, at: 0)
        var time: UInt64 = 0
        for pid in 1...Int32(GPUTimeAccount.capacity + 100) {
            account.record(slice(pid, time, time + 10), from: .contextSwitches)
            time += 10
        }
        account.contextSwitchesDelivered(until: time)
        account.settle(now: time)
        #expect(account.totals.unattributedNanoseconds == 1_000)
        #expect(account.totals.overflowedSlices == 100)
        #expect(account.totals.processesNanoseconds == UInt64(GPUTimeAccount.capacity) * 10)
        expectConserved(account)
        for pid in 1...Int32(200) { account.exited(ProcessIdentity(pid: pid, startTimeTicks: 0), at: time) }
        account.contextSwitchesDelivered(until: time + 10_000)
        account.settle(now: time + 10)
        #expect(account.totals.exitedNanoseconds == 2_000)
        account.record(slice(9_000, time + 20, time + 30), from: .contextSwitches)
        account.settle(now: time + 100)
        #expect(account.busy(of: ProcessIdentity(pid: 9_000, startTimeTicks: 0)) == 10)
        expectConserved(account)
    }

    @Test("A hundred thousand slices that nobody settles move the horizon by themselves, and nothing is lost")
    func forced() {
        let account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 0)
        account.began(.contextSwitches, at: 0)
        for index in 0..<100_003 as Range<UInt64> {
            account.record(slice(Int32(1 + index % 97), index * 10, index * 10 + 7), from: .contextSwitches)
        }
        account.contextSwitchesDelivered(until: 1_000_030)
        account.settle(now: 1_000_030)
        #expect(account.totals.forcedSettlements > 0)
        #expect(account.totals.processesNanoseconds == 700_021)
        #expect(account.totals.lateSlices == 0)
        expectConserved(account)
    }

    @Test("Windows give shares: what was used in the latest complete one")
    func windows() {
        let account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 0, windowNanoseconds: 1_000)
        account.began(.launches, at: 0)
        account.record(slice(7, 0, 250), from: .launches)
        account.record(slice(7, 1_000, 1_600), from: .launches)
        account.settle(now: 1_000)
        #expect(account.snapshot()[0].windowBusyNanoseconds == 250)
        account.settle(now: 1_500)
        #expect(account.snapshot()[0].windowBusyNanoseconds == 250)
        account.settle(now: 2_000)
        #expect(account.snapshot()[0].windowBusyNanoseconds == 600)
        #expect(account.totals.windowNanoseconds == 1_000)
    }

    @Test("Any calls in any order keep all time, and no process loses any", arguments: 0..<12)
    func anyCalls(seed: UInt64) {
        var random = SeededGenerator(seed: 100 + seed)
        let account = GPUTimeAccount(startNanoseconds: 0, lagNanoseconds: 3_000, windowNanoseconds: 5_000)
        let sources: [GPUTimeSource] = [.contextSwitches, .launches, .boundaries, .none]
        var now: UInt64 = 0
        var horizon: UInt64 = 0
        for _ in 0..<4_000 {
            now += UInt64.random(in: 0...400, using: &random)
            let pid = Int32.random(in: -1...9, using: &random)
            let ticks = UInt64.random(in: 0...3, using: &random)
            let source = sources[Int.random(in: 0..<4, using: &random)]
            let time = now - min(now, UInt64.random(in: 0...5_000, using: &random))
            let part = slice(pid, time, time + UInt64.random(in: 0...3_000, using: &random))
            switch Int.random(in: 0..<14, using: &random) {
            case 0: account.began(source, at: time)
            case 1: account.ended(source, at: time)
            case 2...6: account.record(part, from: source, startTimeTicks: ticks)
            case 7: account.workBegan(source, pid: pid, startTimeTicks: ticks, at: time)
            case 8: account.workDrained(source, part, startTimeTicks: ticks)
            case 9: account.contextSwitchesDelivered(until: time)
            case 10:
                account.recordLoad(
                    permille: Int.random(in: -10...1_100, using: &random), from: time, to: part.endNanoseconds)
            case 11: account.identify(ProcessIdentity(pid: pid, startTimeTicks: ticks), at: time)
            case 12: account.exited(ProcessIdentity(pid: pid, startTimeTicks: ticks), at: time)
            default:
                let work = [OpenWork(process: ProcessIdentity(pid: pid, startTimeTicks: ticks), beginNanoseconds: time)]
                account.observed(work, of: source, at: time)
            }
            if Int.random(in: 0..<9, using: &random) == 0 {
                let settled = account.settle(now: now)
                #expect(settled >= horizon)
                horizon = settled
                expectConserved(account)
            }
        }
        account.settle(now: now + 10_000_000_000)
        expectConserved(account)
    }
}
