public import ArgumentParser
import Board
import Glibc
import Inspection
import SystemCalls
public import Telemetry

extension CUDAProbes.Level: ExpressibleByArgument {}

/// `fulcrumctl observe`: the daemon's own eyes without the daemon, on any machine with a CUDA driver.
struct ObserveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "observe", abstract: "Count GPU time, launches and minibatches per process, without the daemon.",
        discussion: """
            Probes the CUDA driver (root only) and, on a Jetson, reads its context switches. Prints "observing" when it has \
            begun, and one line for each process at the end: after --seconds, at Ctrl-C, or at SIGTERM. No knob is touched.
            Exit status: 0, or 1 where nothing can be observed.
            """)

    @Option(help: "How long to observe; without it, until it is stopped.") var seconds: Double?
    @Option(help: "What to probe: boundaries or launches.") var level = CUDAProbes.Level.launches
    @Option(help: "A further CUDA driver library to probe, an absolute path.") var libcuda: [String] = []
    @Option(help: "Put in front of every path of the board.") var root = ""

    func validate() throws {
        guard seconds.map({ $0 > 0 && $0 <= 86_400 }) ?? true else {
            throw ValidationError("--seconds takes more than 0 and at most 86400.")
        }
    }

    func run() throws {
        let signals = try StopSignals()
        var settings = GPUObserver.Settings()
        settings.root = root
        settings.level = level
        let observer = GPUObserver(settings, listener: nil, news: try EventSignal())
        defer { observer.stop() }
        if let reason = observer.probeAnswer.reason, let other = observer.contextSwitchAnswer.reason {
            throw InspectionError("Nothing can be observed. \(reason) \(other)")
        }
        for report in [
            observer.probes?.attachSystemLibraries(root: root, extraPaths: libcuda), observer.probes?.attachRunning(),
        ] {
            for refused in report?.refused ?? [] { print("refused \(DisplayText.printable(refused.reason))") }
        }
        print("observing libraries \(observer.probes?.libraries.count ?? 0)")
        fflush(nil)
        watch(observer, until: signals)
        // Taking the probes away takes the kernel seconds: nobody should wait for that.
        fflush(nil)
    }

    private func watch(_ observer: GPUObserver, until signals: borrowing StopSignals) {
        let end = seconds.map { MonotonicClock.nanoseconds() &+ UInt64($0 * 1e9) }
        var seen: [ProcessIdentity: ProcessGPUTime] = [:]
        var times: [ProcessGPUTime] = []
        var load = (try? Board.discover(root: root))?.gpuDevicePath.map { GPULoad(device: $0) }
        while signals.next() == nil {
            let now = MonotonicClock.nanoseconds()
            load?.update(now: now)
            observer.settle(now: now, load: load?.reading)
            // A process leaves the account soon after its end: what it had at last is kept here.
            _ = observer.account.snapshot(into: &times)
            for time in times where time.process.startTimeTicks != 0 { seen[time.process] = time }
            if let end, now >= end { break }
            var waiting = pollfd(fd: signals.rawDescriptor, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&waiting, 1, 100)
        }
        let activities = Dictionary(observer.minibatches.snapshot().map { ($0.process, $0) }) { $1 }
        for process in Set(seen.keys).union(activities.keys).sorted() {
            print(line(process, seen[process], activities[process]))
        }
        if let losses = observer.probes?.losses, losses.records > 0 { print("lost records \(losses.records)") }
    }

    private func line(_ process: ProcessIdentity, _ time: ProcessGPUTime?, _ activity: ProcessActivity?) -> String {
        func number(_ value: (some BinaryInteger)?) -> String { value.map { "\($0)" } ?? "unmeasured" }
        let launches = level == .launches ? activity?.calls.launches : nil
        return "process \(process.pid) busy_us \(number(time.map { $0.busyNanoseconds / 1000 })) source "
            + "\"\((time?.source ?? .none).rawValue)\" launches \(number(launches)) waits \(number(activity?.calls.waits)) "
            + "minibatches \(number(activity?.minibatches)) told_by \"\(activity?.state.description ?? "unknown")\" "
            + "confidence_permille \(number(activity.map { Int(($0.confidence * 1000).rounded()) }))"
    }
}
