import Glibc

/// CLOCK_MONOTONIC, the clock of bpf_ktime_get_ns: stamps of the probes and of this process compare.
public enum MonotonicClock {
    /// Nanoseconds since an arbitrary start; does not run while the machine sleeps.
    public static func nanoseconds() -> UInt64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
