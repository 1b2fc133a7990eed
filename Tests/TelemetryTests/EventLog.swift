import Glibc
import Synchronization
import SystemCalls

@testable import Telemetry

/// A receiver that keeps everything, for tests that look at each event.
final class EventLog: CUDAEventReceiver {
    struct Kept {
        var events = [CUDAEvent]()
        var busyBegins = [UInt64?]()
        var exits = [(process: ProcessIdentity, counts: CUDACounts)]()
        var losses = [(process: ProcessIdentity, counts: CUDACounts)]()
    }

    private let kept = Mutex(Kept())
    private let signal: EventSignal

    init() throws {
        signal = try EventSignal()
    }

    func receive(_ event: CUDAEvent, busyBegin: UInt64?) {
        kept.withLock {
            $0.events.append(event)
            $0.busyBegins.append(busyBegin)
        }
        signal.raise()
    }

    func processExited(_ process: ProcessIdentity, counts: CUDACounts) {
        kept.withLock { $0.exits.append((process, counts)) }
        signal.raise()
    }

    func recordsLost(of process: ProcessIdentity, counts: CUDACounts) {
        kept.withLock { $0.losses.append((process, counts)) }
        signal.raise()
    }

    /// What has come, when `isEnough` of it has, or after 20 s without anything new, which only a failure takes.
    func wait(_ isEnough: (Kept) -> Bool) -> Kept {
        while true {
            let now = kept.withLock { $0 }
            if isEnough(now) { return now }
            var waiting = pollfd(fd: signal.rawDescriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&waiting, 1, 20_000) > 0 else { return now }
            signal.clear()
        }
    }

    /// Counts at the end of `pid`; nil if it is not seen to go.
    func lastCounts(_ pid: Int32) -> CUDACounts? {
        wait { $0.exits.contains { $0.process.pid == pid } }.exits.last { $0.process.pid == pid }?.counts
    }

    /// The events of `pid` once its exit has come.
    func events(_ pid: Int32) -> [CUDAEvent] {
        wait { $0.exits.contains { $0.process.pid == pid } }.events.filter { $0.process.pid == pid }
    }

    /// What is kept is dropped.
    func forget() {
        kept.withLock { $0 = Kept() }
    }
}
