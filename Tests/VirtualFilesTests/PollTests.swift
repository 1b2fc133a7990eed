import Glibc
import Synchronization
import SystemCalls
import SystemPackage
import Testing

@testable import VirtualFiles

@Suite(.enabled(if: Fuse.isUsable, Fuse.reason)) struct PollTests {
    /// Reads and waits in turn, and counts what woke it.
    private final class Poller: Sendable {
        let wakes = Atomic<Int>(0)
        let woke: EventSignal
        private let mounted: MountedTree

        init(_ mounted: MountedTree) throws {
            self.mounted = mounted
            woke = try EventSignal()
        }

        func run(rounds: Int) {
            guard let file = try? mounted.open("events") else { return }
            _ = file.text()
            woke.raise()
            for _ in 0..<rounds {
                guard let events = file.poll(POLLPRI, milliseconds: 60_000), events & POLLPRI != 0 else { break }
                wakes.add(1, ordering: .sequentiallyConsistent)
                _ = file.text()
                woke.raise()
            }
            woke.raise()
        }

        /// Waits until the poller has read. False long before its own poll() would give up and look once more.
        func await() -> Bool {
            var wait = pollfd(fd: woke.rawDescriptor, events: Int16(POLLIN), revents: 0)
            _ = unsafe Glibc.poll(&wait, 1, 10_000)
            return woke.clear()
        }
    }

    @Test func wakesEveryPollerOnceForEachChange() throws {
        let mounted = try MountedTree()
        try mounted.tree.add("events", .readOnly { () throws(Errno) -> String in "x" })
        let pollers = try [Poller(mounted), Poller(mounted)]
        let threads = try pollers.map { poller in try SystemThread(name: "poller") { poller.run(rounds: 100) } }
        for poller in pollers { try #require(poller.await()) }
        for round in 1...100 {
            mounted.tree.notify("events")
            for poller in pollers {
                try #require(poller.await())
                #expect(poller.wakes.load(ordering: .sequentiallyConsistent) == round)
            }
        }
        for thread in threads { thread.join() }
    }

    @Test func saysWhatSysfsSays() throws {
        let mounted = try MountedTree()
        try mounted.tree.add("events", .readOnly { () throws(Errno) -> String in "x" })
        try mounted.tree.add("other", .readOnly { () throws(Errno) -> String in "x" })
        let file = try mounted.open("events")
        // Never read: whatever the value is, it is news (kernfs starts handles that way).
        #expect(file.poll(POLLPRI) == POLLPRI | POLLERR)
        _ = file.text()
        #expect(file.poll(POLLPRI) == nil)
        #expect(file.poll(POLLIN) == POLLIN)
        mounted.tree.notify("other")
        mounted.tree.notify("nothing")
        #expect(file.poll(POLLPRI, milliseconds: 30) == nil)
        mounted.tree.notify("events")
        mounted.tree.notify("events")
        #expect(file.poll(POLLPRI | POLLIN, milliseconds: 10_000) == POLLPRI | POLLERR | POLLIN)
        _ = file.text(at: 1)
        #expect(file.poll(POLLPRI) == POLLPRI | POLLERR)
        _ = file.text()
        #expect(file.poll(POLLPRI, milliseconds: 30) == nil)
    }

    @Test func removalWakesAPoller() throws {
        let mounted = try MountedTree()
        try mounted.tree.add("events", .readOnly { () throws(Errno) -> String in "x" })
        let poller = try Poller(mounted)
        let thread = try SystemThread(name: "poller") { poller.run(rounds: 1) }
        try #require(poller.await())
        // The handle is kept by the poll() that goes to sleep: from then on only a wake-up helps.
        #expect(waitUntil { mounted.tree.pollerCount == 1 })
        mounted.tree.remove("events")
        #expect(poller.await())
        thread.join()
        #expect(waitUntil { mounted.tree.pollerCount == 0 })
        #expect(poller.wakes.load(ordering: .sequentiallyConsistent) == 1)
    }

    @Test func aChangeDuringTheReadIsNotLost() throws {
        let mounted = try MountedTree()
        let tree = mounted.tree
        try tree.add(
            "events",
            .readOnly { () throws(Errno) -> String in
                tree.notify("events")
                return "x"
            })
        let file = try mounted.open("events")
        _ = file.text()
        #expect(file.poll(POLLPRI) == POLLPRI | POLLERR)
    }
}
