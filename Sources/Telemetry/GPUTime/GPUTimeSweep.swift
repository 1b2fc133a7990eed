/// Goes through what began and ended in order of time and gives every nanosecond away.
///
/// k processes that use the GPU at once get 1/k each, as the GPU's timeslices do. Instead of visiting k processes at every
/// event, one common share grows by dt / k, and a process takes the difference between its leaving and its coming: O(log n)
/// per event. Divisions leave remainders of less than k nanoseconds, which are carried on and given out one by one at the
/// next settlement: nothing is rounded away.
struct GPUTimeSweep {
    private(set) var totals = GPUTimeTotals()
    private(set) var table: GPUTimeTable
    var loads = GPULoadWindows()
    private var events = GPUTimeEvents(capacity: 65_536)
    /// Everything before is swept; at or after the horizon.
    private(set) var swept: UInt64
    private var active: UInt64 = 0
    private var share: UInt64 = 0
    private var remainder: UInt64 = 0
    /// Since the last settlement: when nobody used the GPU, with and without a live source.
    private var unused: UInt64 = 0
    private var unseen: UInt64 = 0
    private var live = (contextSwitches: false, launches: false, boundaries: false)
    private var touched = [Int32]()
    private var leaving = [Int32]()
    private var turn = 0
    private var windowStart: UInt64

    init(start: UInt64, capacity: Int) {
        table = GPUTimeTable(capacity: capacity)
        touched.reserveCapacity(capacity + 1)
        leaving.reserveCapacity(capacity + 1)
        swept = start
        windowStart = start
        totals.startNanoseconds = start
        totals.settledUntil = start
    }

    // MARK: What the sources say

    mutating func source(_ source: GPUTimeSource, isLive: Bool, at time: UInt64) {
        let number: Int32
        switch source {
        case .contextSwitches: number = 0
        case .launches: number = 1
        case .boundaries: number = 2
        case .none: return
        }
        push(isLive ? .sourceBegins : .sourceEnds, number, generation: 0, at: time)
        guard !isLive else { return }
        for index in table.slots.indices where table.slots[index].isUsed { close(source, index, at: time) }
    }

    mutating func add(_ slice: GPUSlice, from source: GPUTimeSource, startTimeTicks: UInt64) {
        let kinds: (begin: GPUTimeEvents.Kind, end: GPUTimeEvents.Kind)
        switch source {
        case .contextSwitches: kinds = (.residencyBegins, .residencyEnds)
        case .launches: kinds = (.launchesBegin, .launchesEnd)
        case .boundaries: kinds = (.waitBegins, .waitEnds)
        case .none: return
        }
        if slice.startNanoseconds < swept {
            totals.lateSlices &+= 1
            totals.lateNanoseconds &+= min(slice.endNanoseconds, swept) - slice.startNanoseconds
        }
        guard slice.endNanoseconds > max(slice.startNanoseconds, swept) else { return }
        let index = slot(slice.pid, startTimeTicks, at: slice.startNanoseconds)
        push(kinds.begin, index, at: slice.startNanoseconds)
        push(kinds.end, index, at: slice.endNanoseconds)
    }

    mutating func open(_ source: GPUTimeSource, pid: Int32, startTimeTicks: UInt64, at time: UInt64) {
        guard source == .launches || source == .boundaries else { return }
        let index = slot(pid, startTimeTicks, at: time)
        // Processes that share the nameless slot cannot be told apart, and would never be seen to end.
        guard index != GPUTimeTable.nameless, !isOpen(source, index) else { return }
        if time < swept {
            totals.lateSlices &+= 1
            totals.lateNanoseconds &+= swept - time
        }
        if source == .launches {
            table.slots[index].hasOpenLaunches = true
            push(.launchesOpen, index, at: time)
        } else {
            table.slots[index].hasOpenWait = true
            push(.waitBegins, index, at: time)
        }
    }

    mutating func drain(_ source: GPUTimeSource, _ slice: GPUSlice, startTimeTicks: UInt64) {
        if let index = table.find(slice.pid, startTimeTicks, at: slice.startNanoseconds), isOpen(source, index) {
            close(source, index, at: slice.endNanoseconds)
        } else {
            add(slice, from: source, startTimeTicks: startTimeTicks)
        }
    }

    mutating func reconcile(_ source: GPUTimeSource, with work: [OpenWork], at time: UInt64) {
        for index in table.slots.indices where isOpen(source, index) { table.slots[index].missedLists += 1 }
        for open in work {
            let process = open.process
            self.open(source, pid: process.pid, startTimeTicks: process.startTimeTicks, at: open.beginNanoseconds)
            if let index = table.find(process.pid, process.startTimeTicks, at: time) {
                table.slots[index].missedLists = 0
            }
        }
        for index in table.slots.indices where isOpen(source, index) && table.slots[index].missedLists > 1 {
            close(source, index, at: time)
        }
    }

    private func isOpen(_ source: GPUTimeSource, _ index: Int) -> Bool {
        guard table.slots[index].isUsed else { return false }
        return source == .launches
            ? table.slots[index].hasOpenLaunches : source == .boundaries && table.slots[index].hasOpenWait
    }

    private mutating func close(_ source: GPUTimeSource, _ index: Int, at time: UInt64) {
        table.slots[index].missedLists = 0
        if source == .launches, table.slots[index].hasOpenLaunches {
            table.slots[index].hasOpenLaunches = false
            push(.launchesEnd, index, at: time)
        } else if source == .boundaries, table.slots[index].hasOpenWait {
            table.slots[index].hasOpenWait = false
            push(.waitEnds, index, at: time)
        }
    }

    mutating func identify(_ process: ProcessIdentity, at time: UInt64, lag: UInt64) {
        guard let index = table.find(process.pid, 0, at: time), index != GPUTimeTable.nameless else { return }
        let known = table.slots[index].process.startTimeTicks
        if known == 0 {
            table.slots[index].process = process
        } else if known != process.startTimeTicks {
            exit(table.slots[index].process, at: time, lag: lag)
        }
    }

    /// What still comes for the process within `lag` is counted; then it leaves the table.
    mutating func exit(_ process: ProcessIdentity, at time: UInt64, lag: UInt64) {
        guard let index = table.find(process.pid, process.startTimeTicks, at: time), index != GPUTimeTable.nameless
        else { return }
        close(.launches, index, at: time)
        close(.boundaries, index, at: time)
        table.slots[index].exitTime = time
        push(.exits, index, at: time &+ lag)
    }

    private mutating func slot(_ pid: Int32, _ startTimeTicks: UInt64, at time: UInt64) -> Int {
        // Whoever had the pid before has ended.
        if let earlier = table.predecessor(pid, startTimeTicks) { exit(earlier, at: time, lag: 0) }
        if let index = table.find(pid, startTimeTicks, at: time) {
            if startTimeTicks != 0, index != GPUTimeTable.nameless {
                table.slots[index].process = ProcessIdentity(pid: pid, startTimeTicks: startTimeTicks)
            }
            return index
        }
        guard let index = table.add(ProcessIdentity(pid: pid, startTimeTicks: startTimeTicks)) else {
            totals.overflowedSlices &+= 1
            return GPUTimeTable.nameless
        }
        return index
    }

    private mutating func push(_ kind: GPUTimeEvents.Kind, _ index: Int, at time: UInt64) {
        push(kind, Int32(truncatingIfNeeded: index), generation: table.slots[index].generation, at: time)
    }

    private mutating func push(_ kind: GPUTimeEvents.Kind, _ subject: Int32, generation: UInt32, at time: UInt64) {
        if events.isFull, let first = events.firstTime {
            totals.forcedSettlements &+= 1
            sweep(to: max(first, swept))
        }
        let event = GPUTimeEvents.Event(time: max(time, swept), subject: subject, generation: generation, kind: kind)
        events.push(event)
    }

    // MARK: Time

    /// Gives out everything before `horizon`. Linear in the events before it and the processes that they touch.
    mutating func settle(until horizon: UInt64, windowLength: UInt64) {
        while totals.settledUntil < horizon {
            let part = loads.part(from: totals.settledUntil, limit: horizon)
            sweep(to: max(part.end, swept))
            commit(loadPermille: part.permille)
        }
        guard totals.settledUntil &- windowStart >= windowLength else { return }
        totals.windowNanoseconds = totals.settledUntil - windowStart
        windowStart = totals.settledUntil
        table.closeWindow()
    }

    private mutating func sweep(to time: UInt64) {
        while let event = events.pop(through: time) {
            pass(until: event.time)
            apply(event)
        }
        pass(until: time)
    }

    private mutating func pass(until time: UInt64) {
        guard time > swept else { return }
        let elapsed = time - swept
        swept = time
        if active > 0 {
            let divided = (elapsed &+ remainder).quotientAndRemainder(dividingBy: active)
            share &+= divided.quotient
            remainder = divided.remainder
        } else if live.contextSwitches || live.launches || live.boundaries {
            unused &+= elapsed
        } else {
            unseen &+= elapsed
        }
    }

    private mutating func apply(_ event: GPUTimeEvents.Event) {
        let index = Int(event.subject)
        switch event.kind {
        case .sourceBegins, .sourceEnds:
            let begins = event.kind == .sourceBegins
            switch event.subject {
            case 0: live.contextSwitches = begins
            case 1: live.launches = begins
            default: live.boundaries = begins
            }
            for index in table.slots.indices where table.slots[index].isUsed { decide(index) }
            return
        default: break
        }
        guard table.slots[index].isUsed, table.slots[index].generation == event.generation else { return }
        switch event.kind {
        case .residencyBegins: table.slots[index].residencies &+= 1
        case .residencyEnds: table.slots[index].residencies &-= 1
        case .launchesBegin: table.slots[index].launches &+= 1
        case .launchesOpen:
            table.slots[index].launches &+= 1
            table.slots[index].tellsLaunches = true
        case .launchesEnd: table.slots[index].launches &-= 1
        case .waitBegins: table.slots[index].waits &+= 1
        case .waitEnds: table.slots[index].waits &-= 1
        case .exits:
            table.slots[index].residencies = 0
            table.slots[index].launches = 0
            table.slots[index].waits = 0
            // Nothing that still comes can bring it back.
            table.slots[index].generation &+= 1
            table.slots[index].exitTime = 0
            leaving.append(event.subject)
        case .sourceBegins, .sourceEnds: break
        }
        decide(index)
    }

    /// Decides whether a process uses the GPU from now on, by the best source there is.
    private mutating func decide(_ index: Int) {
        let slot = table.slots[index]
        let uses: Bool
        var source = GPUTimeSource.none
        var method = GPUTimeMethod.none
        if live.contextSwitches {
            let isTold = slot.tellsLaunches && live.launches
            uses = slot.residencies > 0 && (slot.launches > 0 || !isTold)
            source = .contextSwitches
            method = isTold ? .residencyInFlight : .residency
        } else {
            uses = slot.launches > 0 || slot.waits > 0 || slot.residencies > 0
            if slot.launches > 0 {
                (source, method) = (.launches, .inFlight)
            } else if slot.waits > 0 {
                (source, method) = (.boundaries, .waiting)
            } else if slot.residencies > 0 {
                (source, method) = (.contextSwitches, .residency)
            }
        }
        if slot.isActive { take(index) }
        if uses {
            if !slot.isActive {
                table.slots[index].isActive = true
                table.slots[index].shareSeen = share
                active += 1
            }
            table.slots[index].source = source
            table.slots[index].method = method
            if !slot.isTouched {
                table.slots[index].isTouched = true
                touched.append(Int32(truncatingIfNeeded: index))
            }
        } else if slot.isActive {
            table.slots[index].isActive = false
            active -= 1
        }
    }

    /// Takes the share of an active process up to now.
    private mutating func take(_ index: Int) {
        let taken = share &- table.slots[index].shareSeen
        table.slots[index].shareSeen = share
        table.slots[index].lastActivity = swept
        claim(taken, index)
    }

    private mutating func claim(_ nanoseconds: UInt64, _ index: Int) {
        switch table.slots[index].method {
        case .residency, .residencyTimesLoad: table.slots[index].residencyClaim &+= nanoseconds
        default: table.slots[index].firmClaim &+= nanoseconds
        }
    }

    // MARK: Settlement

    /// Gives out what was claimed since the last settlement; residency only as far as the load of the GPU reaches.
    private mutating func commit(loadPermille: UInt64?) {
        claimAll()
        var residency: UInt64 = 0
        var firm: UInt64 = 0
        for subject in touched {
            residency &+= table.slots[Int(subject)].residencyClaim
            firm &+= table.slots[Int(subject)].firmClaim
        }
        var granted = residency
        if let loadPermille {
            let elapsed = swept - totals.settledUntil
            let used = UInt64(UInt128(elapsed) * UInt128(loadPermille) / 1_000)
            granted = min(residency, used > firm ? used - firm : 0)
        }
        var carry: UInt128 = 0
        for subject in touched {
            let index = Int(subject)
            var given = table.slots[index].firmClaim
            if table.slots[index].residencyClaim > 0 {
                let scaled = UInt128(table.slots[index].residencyClaim) * UInt128(granted) + carry
                let divided = scaled.quotientAndRemainder(dividingBy: UInt128(residency))
                given &+= UInt64(truncatingIfNeeded: divided.quotient)
                carry = divided.remainder
            }
            if table.slots[index].method == .residency || table.slots[index].method == .residencyTimesLoad {
                table.slots[index].method = loadPermille == nil ? .residency : .residencyTimesLoad
            }
            table.slots[index].residencyClaim = 0
            table.slots[index].firmClaim = 0
            table.slots[index].busy &+= given
            if index == GPUTimeTable.nameless {
                totals.unattributedNanoseconds &+= given
            } else {
                totals.processesNanoseconds &+= given
            }
        }
        totals.idleNanoseconds &+= unused &+ (residency - granted)
        totals.unmeasuredNanoseconds &+= unseen
        unused = 0
        unseen = 0
        totals.settledUntil = swept
        forgetInactive()
    }

    /// Claims the shares of all that are active, and gives the nanoseconds that no division could give out to as many
    /// processes, beginning with another one each time.
    private mutating func claimAll() {
        for subject in touched where table.slots[Int(subject)].isActive { take(Int(subject)) }
        // Fewer than were active at once, and those are all here.
        while remainder > 0, !touched.isEmpty {
            turn = (turn + 1) % touched.count
            claim(1, Int(touched[turn]))
            remainder -= 1
        }
    }

    /// Keeps those that are active for the next settlement, and takes those that have ended out of the table.
    private mutating func forgetInactive() {
        var kept = 0
        for position in touched.indices {
            let index = Int(touched[position])
            table.slots[index].isTouched = table.slots[index].isActive
            guard table.slots[index].isActive else { continue }
            touched[kept] = touched[position]
            kept += 1
        }
        touched.removeLast(touched.count - kept)
        for subject in leaving {
            let busy = table.remove(Int(subject))
            totals.processesNanoseconds &-= busy
            totals.exitedNanoseconds &+= busy
        }
        leaving.removeAll(keepingCapacity: true)
    }
}
