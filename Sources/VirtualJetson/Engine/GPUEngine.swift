import CLinux
import CVirtualGPU
import Glibc
import Synchronization
import SystemCalls
public import SystemPackage

/// Why an engine could not start, as a sentence.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    /// What was attempted, on which path, what the system said, what to do.
    public let description: String
    /// What the system said.
    public let errno: Errno
}

/// The GPU of the virtual board: one thread that serves all contexts of one shared-memory file.
///
/// The thread sleeps on the file's doorbell until the next thing happens by itself. Accounts are ideal: a launch that was
/// queued when the one before it ended starts at that end, however late the thread woke up.
public final class GPUEngine: Sendable {
    /// What the engine is made of.
    struct Configuration: Sendable {
        var path: String
        var surfaces: [String: any WorkloadSurface]
        var idle: IdlePower
        var chips: [[SupplyRail?]]
        var timeScale: Double
        var railScale: Double
        var clocks: Clocks
    }

    private struct Inbox {
        var requests: [(time: UInt64, action: EngineLoop.Action)] = []
        var isStopping = false
        /// Nil once the memory is unmapped.
        var memory: EngineMemory?
    }

    private let configuration: Configuration
    private let inbox: Mutex<Inbox>
    private let published: Mutex<EngineReadings>
    private let thread = Mutex<SystemThread?>(nil)
    /// The context-switch trace.
    let trace: ContextSwitchTrace

    /// Makes the file and starts the thread.
    init(_ configuration: Configuration) throws(EngineError) {
        let memory = try EngineMemory(path: configuration.path)
        let names = configuration.surfaces.keys.sorted()
        for (index, name) in names.enumerated() { memory.publish(surface: name, at: index) }
        self.configuration = configuration
        trace = ContextSwitchTrace(epoch: MonotonicClock.nanoseconds())
        // Files may be read before the thread has done its first step.
        var readings = EngineReadings()
        var idle = EngineLoop(memory: memory, trace: trace, configuration: configuration)
        idle.publish(in: &readings)
        published = Mutex(readings)
        inbox = Mutex(Inbox(memory: memory))
        do {
            let started = try SystemThread(name: "virtual-gpu") { [self] in
                // The default slack of 50 us would show in every wait of every client.
                vgpu_use_fine_timers()
                serve(memory)
            }
            thread.withLock { $0 = started }
        } catch {
            memory.destroy()
            throw EngineError(description: error.description, errno: error.errno)
        }
    }

    /// Sets the clocks from now on; running work feels it at once.
    func setClocks(_ clocks: Clocks) { send(.clocks(clocks)) }

    /// Sets how many samples a power monitor averages.
    func setSamples(_ samples: Int, monitor: Int) { send(.samples(samples, monitor: monitor)) }

    /// The state as of the engine's last step: at most one averaging window old.
    public var readings: EngineReadings {
        var readings = published.withLock { $0 }
        let trace = trace.totals
        readings.totals.traceRecords = trace.records
        readings.totals.traceRecordsLost = trace.lost
        readings.totals.traceEntries = trace.entries
        readings.totals.traceEntriesDropped = trace.dropped
        return readings
    }

    /// GPU memory by the process that allocated it, as the clients tell it: pid and bytes, in order of pid.
    var allocations: [(pid: UInt32, bytes: UInt64)] {
        var bytes: [UInt32: UInt64] = [:]
        let contexts = readings.contexts
        inbox.withLock { inbox in
            guard let memory = inbox.memory else { return }
            for context in contexts {
                let more = memory.allocatedBytes(context.index)
                if more > 0 { bytes[context.pid, default: 0] &+= more }
            }
        }
        return bytes.sorted { $0.key < $1.key }.map { (pid: $0.key, bytes: $0.value) }
    }

    /// Ends the thread and removes the file. Clients find out within a second. Harmless when called again.
    func stop() {
        inbox.withLock {
            $0.isStopping = true
            $0.memory?.ring()
        }
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
        inbox.withLock {
            $0.memory?.destroy()
            $0.memory = nil
        }
    }

    private func send(_ action: EngineLoop.Action) {
        inbox.withLock {
            guard let memory = $0.memory, !$0.isStopping else { return }
            // Taken under the lock, so that requests are in order of time.
            $0.requests.append((MonotonicClock.nanoseconds(), action))
            memory.ring()
        }
    }

    private func serve(_ memory: EngineMemory) {
        var loop = EngineLoop(memory: memory, trace: trace, configuration: configuration)
        while true {
            let seen = loop.memory.doorbell
            let requests: [(time: UInt64, action: EngineLoop.Action)]? = inbox.withLock { inbox in
                if inbox.isStopping { return nil }
                defer { inbox.requests.removeAll(keepingCapacity: true) }
                return inbox.requests
            }
            guard let requests else { return }
            let now = MonotonicClock.nanoseconds()
            loop.collect(until: now)
            for (time, action) in requests { loop.add(action, at: time) }
            loop.advance(until: now)
            published.withLock { loop.publish(in: &$0) }
            loop.deliver()
            loop.memory.wait(seen: seen, nanoseconds: loop.sleep(from: MonotonicClock.nanoseconds()))
        }
    }
}
