import CLinux
import Glibc
import Synchronization
import SystemPackage

/// A child process in a process group of its own, so that Ctrl-C in a terminal reaches its parent only, which then stops its
/// children in the order that it wants. Reaped exactly once, by `wait` or at the latest by deinit, which also ends it.
public final class ChildProcess: Sendable {
    /// The child's process id.
    public let pid: Int32
    private let input: Mutex<Int32>
    private let output: Int32
    private let ending = Mutex<Int32?>(nil)

    /// Starts `arguments[0]` (a path, or a name found in PATH). Standard input is a pipe that `closeInput` closes. Standard
    /// output goes to `outputPath` (appended), or to a pipe that `readLine` reads if that is nil; standard error goes to
    /// `errorPath` (appended), or where the parent's goes. `environment` is added to the parent's.
    public init(
        _ arguments: [String], environment: [String: String] = [:], outputPath: String? = nil, errorPath: String? = nil
    ) throws(SystemCallError) {
        let name = arguments.first ?? ""
        func check(_ result: Int32, _ what: String) throws(SystemCallError) {
            guard result == 0 else { throw SystemCallError(what, name, Errno(rawValue: result)) }
        }
        var inputPipe: [Int32] = [-1, -1]
        var outputPipe: [Int32] = [-1, -1]
        try check(unsafe fulcrum_pipe_cloexec(&inputPipe) == 0 ? 0 : Glibc.errno, "make a pipe to")
        if outputPath == nil {
            try check(unsafe fulcrum_pipe_cloexec(&outputPipe) == 0 ? 0 : Glibc.errno, "make a pipe from")
        }

        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, inputPipe[0], STDIN_FILENO)
        if let outputPath {
            unsafe posix_spawn_file_actions_addopen(
                &actions, STDOUT_FILENO, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        } else {
            unsafe posix_spawn_file_actions_adddup2(&actions, outputPipe[1], STDOUT_FILENO)
        }
        if let errorPath {
            unsafe posix_spawn_file_actions_addopen(
                &actions, STDERR_FILENO, errorPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { _ = unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        _ = unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))

        let argv = CStringArray(arguments)
        var variables = [String]()
        var entry = unsafe environ
        while let variable = unsafe entry.pointee {
            let text = unsafe String(cString: variable)
            if !environment.keys.contains(where: { text.hasPrefix($0 + "=") }) { variables.append(text) }
            unsafe entry += 1
        }
        let envp = CStringArray(variables + environment.map { "\($0.key)=\($0.value)" })
        var child: pid_t = 0
        let result = unsafe posix_spawnp(&child, name, &actions, &attributes, argv.pointers, envp.pointers)
        close(inputPipe[0])
        if outputPath == nil { close(outputPipe[1]) }
        guard result == 0 else {
            close(inputPipe[1])
            if outputPath == nil { close(outputPipe[0]) }
            throw SystemCallError("start", name, Errno(rawValue: result))
        }
        pid = child
        input = Mutex(inputPipe[1])
        output = outputPath == nil ? outputPipe[0] : -1
    }

    deinit {
        closeInput()
        if ending.withLock({ $0 }) == nil {
            kill(pid, SIGKILL)
            _ = wait()
        }
        if output >= 0 { close(output) }
    }

    /// Closes the child's standard input.
    public func closeInput() {
        input.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }

    /// Sends a signal, unless the child was reaped already.
    public func signal(_ number: Int32) {
        ending.withLock { if $0 == nil { kill(pid, number) } }
    }

    /// The next line of standard output without its newline; nil at its end, or if nothing came within the timeout.
    public func readLine(timeoutMilliseconds: Int32 = 30_000) -> String? {
        var bytes = [UInt8]()
        while output >= 0, bytes.count < 65_536 {
            var descriptor = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard unsafe Glibc.poll(&descriptor, 1, timeoutMilliseconds) > 0 else { return nil }
            var byte: UInt8 = 0
            guard unsafe read(output, &byte, 1) == 1 else { break }
            if byte == 0x0a { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// Waits for the end. Returns the exit status, or 128 + the signal that ended it, as a shell says it.
    public func wait() -> Int32 {
        if let known = ending.withLock({ $0 }) { return known }
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0, Glibc.errno == EINTR {}
        return remember(status)
    }

    /// The exit status as `wait` gives it, if the child has ended; nil while it runs.
    public func poll() -> Int32? {
        if let known = ending.withLock({ $0 }) { return known }
        var status: Int32 = 0
        guard unsafe waitpid(pid, &status, WNOHANG) == pid else { return nil }
        return remember(status)
    }

    private func remember(_ status: Int32) -> Int32 {
        let signal = status & 0x7f
        let code = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        ending.withLock { $0 = code }
        return code
    }
}

/// A NULL-terminated array of C strings that lives as long as this value.
@safe private final class CStringArray {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        unsafe pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { unsafe pointers[index] = unsafe strdup(string) }
        unsafe pointers[count] = nil
    }

    deinit {
        for index in 0..<count { unsafe free(pointers[index]) }
        unsafe pointers.deallocate()
    }
}
