/// When to stop tracing context switches on an idle GPU.
///
/// A GPU that gates although it is traced shows that the trace does not keep it awake: it goes on. One that has rested for long
/// and is still powered may be kept so by the driver's thread that empties the trace's ring: the trace stops until somebody
/// uses the GPU again. What that somebody does first is then known from the probes alone.
struct TraceRest {
    /// Twenty times the GPU's own delay before it gates (500 ms on ga10b).
    static let restNanoseconds: UInt64 = 10_000_000_000

    private(set) var isPaused = false
    private var idleSince: UInt64?
    private var busySeen: UInt64?
    private var wasGated = false

    /// Takes in what is known at `now`, CLOCK_MONOTONIC nanoseconds: the load and the gate as read last, and the GPU time that has
    /// been given out. Nothing is stopped where load or gate are not measured.
    mutating func update(loadPermille: Int?, isGated: Bool?, busyNanoseconds: UInt64?, at now: UInt64) {
        let isUsed = loadPermille != 0 || busyNanoseconds != busySeen
        busySeen = busyNanoseconds
        let hasWoken = wasGated && isGated == false
        wasGated = isGated == true
        if isUsed || hasWoken {
            idleSince = nil
            isPaused = false
            return
        }
        guard isGated == false else { return idleSince = nil }
        let since = idleSince ?? now
        idleSince = since
        if now >= since &+ Self.restNanoseconds { isPaused = true }
    }
}
