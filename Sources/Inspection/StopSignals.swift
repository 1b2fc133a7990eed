import CLinux
import Glibc
import SystemCalls
import SystemPackage

/// Signals as something to poll: blocked for this thread and those it starts, and read from a signalfd. The old mask comes back
/// when this goes. Make it before other threads start.
public struct StopSignals: ~Copyable {
    /// What asks a program to end.
    public static let ending = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    private let descriptor: OwnedDescriptor
    private let before: sigset_t

    /// Takes over `signals`, by default those that ask a program to end. A reader that goes away (SIGPIPE) becomes an error
    /// of write().
    public init(_ signals: [Int32] = StopSignals.ending) throws(InspectionError) {
        var set = sigset_t()
        var before = sigset_t()
        _ = unsafe sigemptyset(&set)
        for number in signals { _ = unsafe sigaddset(&set, number) }
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, &before)
        _ = Glibc.signal(SIGPIPE, SIG_IGN)
        self.before = before
        let number = unsafe signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK))
        guard number >= 0 else {
            throw InspectionError(SystemCallError("create", "signalfd", Errno(rawValue: Glibc.errno)))
        }
        descriptor = OwnedDescriptor(adopting: number)
    }

    deinit {
        var before = before
        _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    /// Readable in poll while a signal is pending.
    public var rawDescriptor: Int32 { descriptor.rawValue }

    /// The next signal that came; nil if there is none.
    public func next() -> Int32? {
        var information = signalfd_siginfo()
        let count = unsafe withUnsafeMutableBytes(of: &information) {
            unsafe read(descriptor.rawValue, $0.baseAddress, $0.count)
        }
        return count == MemoryLayout<signalfd_siginfo>.size ? Int32(truncatingIfNeeded: information.ssi_signo) : nil
    }
}
