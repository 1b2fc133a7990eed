/// Each return of a wait is a boundary; launches say nothing.
extension MinibatchLedger: CUDAEventReceiver {
    /// Takes a wait as a boundary.
    public func receive(_ event: CUDAEvent, busyBegin: UInt64?) {
        switch event.kind {
        case .launch, .graphLaunch: return
        case .streamWait, .contextWait, .eventWait:
            _ = recordBoundary(
                of: event.process, counter: event.waits, at: event.endNanoseconds, admitsUnknown: true)
        }
    }

    /// Takes the exit and the final count.
    public func processExited(_ process: ProcessIdentity, counts: CUDACounts) {
        _ = recordExit(of: process, counter: counts.waits)
    }

    /// Takes over the count.
    public func recordsLost(of process: ProcessIdentity, counts: CUDACounts) {
        _ = catchUp(process, counter: counts.waits)
    }
}
