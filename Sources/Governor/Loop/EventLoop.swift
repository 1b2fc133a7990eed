import CLinux
import Glibc
import SystemCalls
import SystemPackage

/// What the loop can wake for.
enum LoopEvent: Equatable {
    /// The periodic timer.
    case tick
    /// One of the signals SIGTERM, SIGINT, SIGHUP.
    case signal(Int32)
    /// The event signal with this index was raised.
    case raised(Int)
    /// Standard input was closed.
    case endOfInput
    /// A configuration file was written, replaced or removed.
    case configurationChanged
}

/// Waits on a timer, on signals and on event signals in one epoll; nothing polls. Made on the main thread before any other
/// thread starts, so that the signals it takes are blocked in all of them.
struct EventLoop: ~Copyable {
    private let epoll: OwnedDescriptor
    private let timer: OwnedDescriptor
    private let signals: OwnedDescriptor
    private let watched: [EventSignal]
    private let configuration: ConfigurationWatch

    private enum Token {
        static let timer: UInt64 = 1
        static let signal: UInt64 = 2
        static let input: UInt64 = 3
        static let configuration: UInt64 = 4
        static let firstSignal: UInt64 = 16
    }

    init(
        watching watched: [EventSignal], configurationIn directories: [String], stopAtEndOfInput: Bool
    ) throws(SystemCallError) {
        let epoll = try Self.owned(epoll_create1(Int32(EPOLL_CLOEXEC)), "epoll")
        let timer = try Self.owned(
            timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC) | Int32(TFD_NONBLOCK)), "timerfd")
        var set = sigset_t()
        _ = unsafe sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { _ = unsafe sigaddset(&set, number) }
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        // A reader of our tree or socket may go at any time; that is an error return, not a death.
        _ = Glibc.signal(SIGPIPE, SIG_IGN)
        let signals = try Self.owned(unsafe signalfd(-1, &set, Int32(SFD_CLOEXEC) | Int32(SFD_NONBLOCK)), "signalfd")
        try Self.add(timer.rawValue, Token.timer, to: epoll)
        try Self.add(signals.rawValue, Token.signal, to: epoll)
        for (index, signal) in watched.enumerated() {
            try Self.add(signal.rawDescriptor, Token.firstSignal + UInt64(index), to: epoll)
        }
        let configuration = try ConfigurationWatch(directories: directories)
        try Self.add(configuration.rawDescriptor, Token.configuration, to: epoll)
        if stopAtEndOfInput { try Self.add(STDIN_FILENO, Token.input, to: epoll) }
        self.watched = watched
        self.configuration = configuration
        self.epoll = epoll
        self.timer = timer
        self.signals = signals
    }

    /// Starts or changes the period of `tick`.
    func tick(everyNanoseconds period: UInt64) throws(SystemCallError) {
        let interval = timespec(tv_sec: Int(period / 1_000_000_000), tv_nsec: Int(period % 1_000_000_000))
        var specification = itimerspec(it_interval: interval, it_value: interval)
        guard unsafe timerfd_settime(timer.rawValue, 0, &specification, nil) == 0 else {
            throw SystemCallError("set", "timerfd", Errno(rawValue: Glibc.errno))
        }
    }

    /// Waits for at least one event; hands over all that are due.
    func wait(_ handle: (LoopEvent) -> Void) {
        var ready = unsafe [epoll_event](repeating: epoll_event(), count: 16)
        let count = unsafe epoll_wait(epoll.rawValue, &ready, Int32(ready.count), -1)
        guard count > 0 else { return }
        for position in 0..<Int(count) {
            switch unsafe ready[position].data.u64 {
            case Token.timer:
                var expirations: UInt64 = 0
                _ = unsafe read(timer.rawValue, &expirations, 8)
                handle(.tick)
            case Token.signal:
                var information = signalfd_siginfo()
                while unsafe read(signals.rawValue, &information, MemoryLayout<signalfd_siginfo>.size) > 0 {
                    handle(.signal(Int32(bitPattern: information.ssi_signo)))
                }
            case Token.input:
                var discarded: UInt64 = 0
                let count = unsafe read(STDIN_FILENO, &discarded, 8)
                if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { handle(.endOfInput) }
            case Token.configuration:
                if configuration.takeChanges() { handle(.configurationChanged) }
            case let token:
                let index = Int(token - Token.firstSignal)
                if watched.indices.contains(index), watched[index].clear() { handle(.raised(index)) }
            }
        }
    }

    private static func add(
        _ descriptor: Int32, _ token: UInt64, to epoll: borrowing OwnedDescriptor
    ) throws(SystemCallError) {
        var event = unsafe epoll_event()
        unsafe event.events = UInt32(EPOLLIN.rawValue)
        unsafe event.data.u64 = token
        guard unsafe epoll_ctl(epoll.rawValue, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            throw SystemCallError("watch descriptor \(descriptor) with", "epoll", Errno(rawValue: Glibc.errno))
        }
    }

    private static func owned(_ descriptor: Int32, _ what: String) throws(SystemCallError) -> OwnedDescriptor {
        guard descriptor >= 0 else { throw SystemCallError("create", what, Errno(rawValue: Glibc.errno)) }
        return OwnedDescriptor(adopting: descriptor)
    }
}
