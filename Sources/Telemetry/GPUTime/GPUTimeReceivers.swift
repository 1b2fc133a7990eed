import SystemCalls

extension GPUTimeAccount: ContextSwitchReceiver {
    /// Residency is known from here on.
    public func tracingBegan(at nanoseconds: UInt64) {
        began(.contextSwitches, at: nanoseconds)
    }

    /// Adds residency.
    public func received(_ slice: ContextSwitchSlice) {
        record(slice.slice, from: .contextSwitches)
    }

    /// The horizon may move up to here.
    public func delivered(until nanoseconds: UInt64) {
        contextSwitchesDelivered(until: nanoseconds)
    }

    /// Residency is not known from here on.
    public func tracingEnded(at nanoseconds: UInt64) {
        ended(.contextSwitches, at: nanoseconds)
    }
}

extension GPUTimeAccount: CUDAEventReceiver {
    /// At level `launches` a process is busy from a launch to the wait that found all done; at `boundaries`, while it waits.
    public func receive(_ event: CUDAEvent, busyBegin: UInt64?) {
        if event.kind == .launch || event.kind == .graphLaunch {
            workBegan(
                .launches, pid: event.process.pid, startTimeTicks: event.process.startTimeTicks,
                at: event.beginNanoseconds)
        } else if let (slice, source) = event.drainedWork(busyBegin: busyBegin) {
            workDrained(source, slice, startTimeTicks: event.process.startTimeTicks)
        }
    }

    /// The process leaves the table once the horizon has passed.
    public func processExited(_ process: ProcessIdentity, counts: CUDACounts) {
        exited(process, at: MonotonicClock.nanoseconds())
    }

    /// `observed` sets right what was lost.
    public func recordsLost(of process: ProcessIdentity, counts: CUDACounts) {}
}

extension CUDAEvent {
    /// The work on the GPU that a wait shows to be over, and how it is known: at level `launches` from the first launch, if all
    /// is done; at `boundaries` the wait itself. Nil for a launch, and while work goes on.
    func drainedWork(busyBegin: UInt64?) -> (slice: GPUSlice, source: GPUTimeSource)? {
        guard kind != .launch, kind != .graphLaunch else { return nil }
        let seesLaunches = launches > 0
        guard let start = seesLaunches ? busyBegin : beginNanoseconds else { return nil }
        let slice = GPUSlice(pid: process.pid, startNanoseconds: start, endNanoseconds: endNanoseconds)
        return (slice, seesLaunches ? .launches : .boundaries)
    }
}
