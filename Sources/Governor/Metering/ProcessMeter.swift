import Board
import Policy
import SystemCalls
import Telemetry

/// What each process takes of the GPU and of the power: joins the GPU's time account, CPU times and the rails' energy.
///
/// For the loop's thread. `advance` settles twice a second, whatever the tick: O(processes), two system calls for each.
final class ProcessMeter {
    /// What is known of a process, joined.
    struct Metered {
        var process: ProcessIdentity
        var uid: UInt32
        var time: ProcessGPUTime
        /// Nil below the probe level `launches`.
        var launches: CUDAAccount?
        var energy: ProcessEnergy?
    }

    private static let periodNanoseconds: UInt64 = 500_000_000
    private static let modeLimit = 4_096

    /// As of the last settlement, ordered by process.
    private(set) var processes: [Metered] = []
    private(set) var gpuTotals = GPUTimeTotals()
    /// Time that the GPU worked for anybody since the start; nil while no source tells.
    var gpuBusyNanoseconds: UInt64? {
        guard gpuTotals.unmeasuredNanoseconds < gpuTotals.elapsedNanoseconds else { return nil }
        return gpuTotals.processesNanoseconds &+ gpuTotals.exitedNanoseconds &+ gpuTotals.unattributedNanoseconds
    }
    var gpuLoad: GPULoad.Reading { load?.reading ?? .init() }

    private let observer: GPUObserver
    private let trace: TraceFeed
    private var load: GPULoad?
    private var rest = TraceRest()
    private let cpuTimes = CPUTimes()
    private var attribution: EnergyAttribution
    private var settledAt: UInt64 = 0
    private var modes: [PowerMode: Int] = [:]
    private var owners: [ProcessIdentity: UInt32] = [:]
    // Kept from settlement to settlement for their memory.
    private var gpuTimes: [ProcessGPUTime] = []
    private var identities: [ProcessIdentity] = []
    private var cpuNanoseconds: [UInt64?] = []
    private var times: [ProcessTimes] = []

    init(observer: GPUObserver, board: Board, trace: TraceFeed) {
        self.observer = observer
        self.trace = trace
        load = board.gpuDevicePath.map { GPULoad(device: $0) }
        attribution = EnergyAttribution(rails: board.identity.table.rails.map(Self.attributed))
    }

    private static func attributed(_ rail: PowerRail) -> AttributedRail {
        let consumer: AttributedRail.Consumer =
            switch rail.consumer {
            case .gpu: .gpu
            case .cpu: .cpu
            case .gpuAndCPU: .gpuAndCPU
            case .shared: .shared
            }
        return AttributedRail(rail.label, consumer, in: rail.upstream)
    }

    /// Where each rail's energy went.
    var rails: [RailAccount] { attribution.rails }
    /// What ended processes had got.
    var exited: ExitedEnergy { attribution.exited }

    /// One process; nil where nothing has told of it. O(log n).
    func process(_ identity: ProcessIdentity) -> Metered? {
        var (low, high) = (0, processes.count)
        while low < high {
            let middle = (low + high) / 2
            if processes[middle].process < identity { low = middle + 1 } else { high = middle }
        }
        return low < processes.count && processes[low].process == identity ? processes[low] : nil
    }

    /// Settles if it is time. `mode` is the one in force since the last settlement.
    func advance(at now: UInt64, rails: RailSampler, mode: PowerMode?) {
        guard now >= settledAt &+ Self.periodNanoseconds else { return }
        settledAt = now
        readLoad(at: now)
        observer.settle(now: now, load: load?.reading)
        gpuTotals = observer.account.snapshot(into: &gpuTimes)
        identify(at: now)
        // One that has ended stays until the account lets go of it: what it used last comes out late.
        gpuTimes.removeAll { $0.process.startTimeTicks == 0 }
        gpuTimes.sort { $0.process < $1.process }
        readCPUTimes(at: now)
        settleEnergy(at: now, rails: rails, mode: mode)
        let readsLaunches = observer.probes?.level == .launches
        processes = gpuTimes.lazy.filter(\.isLive).map { time in
            Metered(
                process: time.process, uid: owner(of: time.process), time: time,
                launches: readsLaunches ? observer.probes?.account(of: time.process.pid) : nil,
                energy: attribution.energy(of: time.process))
        }
        forgetOwners()
    }

    private func readLoad(at now: UInt64) {
        load?.update(now: now)
        guard let reading = load?.reading else { return }
        let wasPaused = rest.isPaused
        rest.update(
            loadPermille: reading.permille, isGated: reading.isGated, busyNanoseconds: gpuBusyNanoseconds, at: now)
        if rest.isPaused != wasPaused { observer.pauseContextSwitches(rest.isPaused) }
    }

    /// Finds out who the processes are that only the context switches know.
    private func identify(at now: UInt64) {
        for index in gpuTimes.indices where gpuTimes[index].isLive && gpuTimes[index].process.startTimeTicks == 0 {
            let pid = gpuTimes[index].process.pid
            guard let process = try? ProcessIdentity(running: pid) else {
                observer.account.exited(gpuTimes[index].process, at: now)
                continue
            }
            observer.account.identify(process, at: now)
            gpuTimes[index].process = process
        }
    }

    private func readCPUTimes(at now: UInt64) {
        identities.removeAll(keepingCapacity: true)
        identities.append(contentsOf: gpuTimes.lazy.map(\.process))
        cpuTimes.read(identities, into: &cpuNanoseconds)
        // Nobody tells of exits where there are no probes; one that is told twice is the same exit.
        for (time, nanoseconds) in zip(gpuTimes, cpuNanoseconds) where nanoseconds == nil && time.isLive {
            observer.account.exited(time.process, at: now)
        }
    }

    private func settleEnergy(at now: UInt64, rails: RailSampler, mode: PowerMode?) {
        times.removeAll(keepingCapacity: true)
        for (time, cpu) in zip(gpuTimes, cpuNanoseconds) {
            times.append(
                ProcessTimes(process: time.process, gpuBusyNanoseconds: time.busyNanoseconds, cpuNanoseconds: cpu))
        }
        let cpu = cpuTimes.readSystem()
        attribution.settle(
            at: now, mode: number(of: mode),
            rails: zip(rails.samples, rails.descriptions).map { RailEnergy($0, $1) }, processes: times,
            system: SystemTimes(
                cpuBusyNanoseconds: cpu?.busyNanoseconds, cpuIdleNanoseconds: cpu?.idleNanoseconds,
                gpuBusyNanoseconds: gpuBusyNanoseconds, gpuUntilNanoseconds: gpuTotals.settledUntil))
    }

    /// A number for each mode that was in force.
    private func number(of mode: PowerMode?) -> Int {
        guard let mode else { return 0 }
        if let number = modes[mode] { return number }
        if modes.count >= Self.modeLimit { modes.removeAll() }
        let number = modes.count + 1
        modes[mode] = number
        return number
    }

    private func owner(of process: ProcessIdentity) -> UInt32 {
        if let uid = owners[process] { return uid }
        let uid = UInt32(exactly: ProcessDescription(pid: process.pid).uid) ?? 0
        owners[process] = uid
        trace.arrived(process.pid, name: ProcessDescription.commandName(process.pid))
        return uid
    }

    private func forgetOwners() {
        guard owners.count > processes.count else { return }
        let living = Set(processes.map(\.process))
        let pids = Set(living.map(\.pid))
        for process in owners.keys where !living.contains(process) {
            owners[process] = nil
            // A pid that is used again has its new owner's name already.
            if !pids.contains(process.pid) { trace.left(process.pid) }
        }
    }
}
