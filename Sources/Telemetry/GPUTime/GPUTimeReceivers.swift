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
        let pid = event.process.pid
        let ticks = event.process.startTimeTicks
        switch event.kind {
        case .launch, .graphLaunch:
            workBegan(.launches, pid: pid, startTimeTicks: ticks, at: event.beginNanoseconds)
        case .streamWait, .contextWait, .eventWait:
            if event.launches == 0 {
                let slice = GPUSlice(
                    pid: pid, startNanoseconds: event.beginNanoseconds, endNanoseconds: event.endNanoseconds)
                workDrained(.boundaries, slice, startTimeTicks: ticks)
            } else if let busyBegin {
                let slice = GPUSlice(pid: pid, startNanoseconds: busyBegin, endNanoseconds: event.endNanoseconds)
                workDrained(.launches, slice, startTimeTicks: ticks)
            }
        }
    }

    /// The process leaves the table once the horizon has passed.
    public func processExited(_ process: ProcessIdentity, counts: CUDACounts) {
        exited(process, at: MonotonicClock.nanoseconds())
    }

    /// `observed` sets right what was lost.
    public func recordsLost(of process: ProcessIdentity, counts: CUDACounts) {}
}
