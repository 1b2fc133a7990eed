import CBPF

/// One record of the probes' ring, taken apart. Its bytes are checked here and nowhere else.
package struct CUDARecord: Equatable, Sendable {
    /// What it tells.
    package enum Kind: Equatable, Sendable {
        /// A launch or the return of a wait.
        case call(CUDAEvent.Kind)
        /// The process went away.
        case exit
        /// The process became another program.
        case exec
    }

    /// What it tells.
    package let kind: Kind
    /// Thread group id in the initial pid namespace; above 0.
    package let pid: Int32
    /// Thread id in the initial pid namespace; above 0.
    package let tid: Int32
    /// With the pid, names the process; 0 when the programs keep no account of it.
    package let instance: UInt64
    /// Counts of the process with this record; 0 without an account.
    package let counts: CUDACounts
    /// Launches that no wait has covered yet.
    package let launchesInFlight: UInt64
    /// CLOCK_MONOTONIC nanoseconds at the call or the exit.
    package let beginNanoseconds: UInt64
    /// The same clock at the return of a wait; not before the begin.
    package let endNanoseconds: UInt64
    /// First launch of the work that a wait found all done.
    package let busyBeginNanoseconds: UInt64?
    /// The stream's handle, 0 for the default streams.
    package let stream: UInt64
    /// Which work was launched; 0 for waits.
    package let token: UInt64

    /// Takes `bytes` apart (struct fulcrum_probe_record of bpf/abi.h). Nil for another ABI version, a kind that is not
    /// known, a process that cannot be, or too few bytes. O(1), allocates nothing.
    package static func parse(_ bytes: UnsafeRawBufferPointer) -> CUDARecord? {
        guard bytes.count >= MemoryLayout<fulcrum_probe_record>.size else { return nil }
        let record = unsafe bytes.loadUnaligned(as: fulcrum_probe_record.self)
        guard Int32(record.abi_version) == FULCRUM_PROBE_ABI_VERSION, let kind = kind(UInt32(record.kind)),
            let pid = Int32(exactly: record.pid), pid > 0, let tid = Int32(exactly: record.tid), tid > 0
        else { return nil }
        // A handle is the address of something, and aligned to more than 2.
        let isDefault =
            record.stream == FULCRUM_STREAM_LEGACY || record.stream & 0xffff_ffff == FULCRUM_STREAM_PER_THREAD
        let begin = record.begin_ns
        let busyBegin = record.busy_begin_ns
        return CUDARecord(
            kind: kind, pid: pid, tid: tid, instance: record.instance,
            counts: CUDACounts(launches: record.launches, waits: record.waits),
            launchesInFlight: UInt64(record.in_flight), beginNanoseconds: begin,
            endNanoseconds: max(begin, record.end_ns),
            busyBeginNanoseconds: busyBegin == 0 || busyBegin > record.end_ns ? nil : busyBegin,
            stream: isDefault ? 0 : record.stream, token: record.token)
    }

    private static func kind(_ number: UInt32) -> Kind? {
        switch number {
        case FULCRUM_RECORD_STREAM_WAIT.rawValue, FULCRUM_RECORD_COPY_WAIT.rawValue: .call(.streamWait)
        case FULCRUM_RECORD_CONTEXT_WAIT.rawValue: .call(.contextWait)
        case FULCRUM_RECORD_EVENT_WAIT.rawValue: .call(.eventWait)
        case FULCRUM_RECORD_LAUNCH.rawValue: .call(.launch)
        case FULCRUM_RECORD_GRAPH_LAUNCH.rawValue: .call(.graphLaunch)
        case FULCRUM_RECORD_EXIT.rawValue: .exit
        case FULCRUM_RECORD_EXEC.rawValue: .exec
        default: nil
        }
    }
}
