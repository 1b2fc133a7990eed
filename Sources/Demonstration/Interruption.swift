import Glibc

/// Ctrl-C and SIGTERM, taken as a wish to stop that is noticed between two steps.
struct Interruption: Error {
    /// Blocks the signals in this and all later threads; children get a clean mask from ChildProcess.
    static func arm() {
        var set = signals
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// Waits this long, or throws as soon as the person wants to stop.
    static func pause(milliseconds: Int) throws {
        var set = signals
        var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        if unsafe sigtimedwait(&set, nil, &time) > 0 { throw Interruption() }
    }

    private static var signals: sigset_t {
        var set = sigset_t()
        _ = unsafe sigemptyset(&set)
        for number in [SIGINT, SIGTERM, SIGHUP] { _ = unsafe sigaddset(&set, number) }
        return set
    }
}
