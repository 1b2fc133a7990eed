import BPFObjects
import CBPF
import Glibc
import SystemPackage

/// The BPF programs and maps in the kernel: opened and loaded, nothing attached. They go when this value goes.
///
/// Unchecked: libbpf only reads a loaded object when it attaches, and the maps are the kernel's.
@safe final class ProbeObject: @unchecked Sendable {
    private let handle: OpaquePointer
    /// Descriptors of the maps; the object owns them.
    let recordsMap: Int32
    private let accountsMap: Int32
    private let waitsMap: Int32
    private let lossesMap: Int32
    private let possibleCPUs: Int

    /// Verifies and loads `source` into the kernel.
    init(_ source: BPFObject = .cuda) throws(ProbeError) {
        let bytes = source.bytes
        var opened: OpaquePointer?
        let (openResult, openLog) = LibbpfLog.capturing {
            unsafe bytes.withUnsafeBytes { buffer in
                unsafe fulcrum_bpf_object_open(buffer.baseAddress, buffer.count, "\(source.name)", &opened)
            }
        }
        guard openResult == 0, let opened = unsafe opened else {
            throw Self.loadFailure("open", source, openResult, openLog)
        }
        unsafe handle = opened
        let (loadResult, loadLog) = LibbpfLog.capturing { unsafe fulcrum_bpf_object_load(opened) }
        var numbers = [Int32]()
        for name in ["records", "accounts", "waits", "losses"] {
            unsafe numbers.append(fulcrum_bpf_map_descriptor(opened, name))
        }
        recordsMap = numbers[0]
        accountsMap = numbers[1]
        waitsMap = numbers[2]
        lossesMap = numbers[3]
        possibleCPUs = Int(max(libbpf_num_possible_cpus(), 1))
        // All properties are set by here, so a throw runs deinit, which closes the object.
        guard loadResult == 0 else { throw Self.loadFailure("load", source, loadResult, loadLog) }
        guard numbers.allSatisfy({ $0 >= 0 }) else {
            throw ProbeError(
                .failed, "The BPF object \(source.name) lacks one of its maps: it does not fit this program.")
        }
    }

    deinit {
        unsafe bpf_object__close(handle)
    }

    /// Attaches `program` to every process at `fileOffset` of the file behind `path`.
    func attachUprobe(
        _ program: String, atReturn: Bool, path: String, fileOffset: UInt64
    ) throws(ProbeError) -> ProbeLink {
        var link: OpaquePointer?
        let (result, log) = LibbpfLog.capturing {
            unsafe fulcrum_bpf_attach_uprobe(handle, program, atReturn ? 1 : 0, path, fileOffset, &link)
        }
        guard result == 0, let link = unsafe link else {
            throw Self.attachFailure("program \(program) at file offset \(fileOffset)", result, log)
        }
        return unsafe ProbeLink(adopting: link)
    }

    /// Attaches `program` to a tracepoint that needs no tracefs.
    func attachRawTracepoint(_ program: String, _ tracepoint: String) throws(ProbeError) -> ProbeLink {
        var link: OpaquePointer?
        let (result, log) = LibbpfLog.capturing {
            unsafe fulcrum_bpf_attach_raw_tracepoint(handle, program, tracepoint, &link)
        }
        guard result == 0, let link = unsafe link else {
            throw Self.attachFailure("program \(program) to tracepoint \(tracepoint)", result, log)
        }
        return unsafe ProbeLink(adopting: link)
    }

    /// What the programs know of `pid`; nil if they have not met it, or have seen it go.
    func account(of pid: Int32) -> CUDAAccount? {
        var pid = UInt32(bitPattern: pid)
        return unsafe withUnsafeTemporaryAllocation(of: fulcrum_account.self, capacity: 1) { buffer in
            guard let account = buffer.baseAddress, unsafe fulcrum_bpf_map_lookup(accountsMap, &pid, account) == 0
            else { return nil }
            return unsafe CUDAAccount(account)
        }
    }

    /// Drops the account of a process that has gone.
    func removeAccount(of pid: Int32) {
        var pid = UInt32(bitPattern: pid)
        // Fails only if the account is gone already.
        _ = unsafe fulcrum_bpf_map_delete(accountsMap, &pid)
    }

    /// Calls `body` with each account and its pid, also with those of processes that have gone meanwhile.
    func forEachAccount(_ body: (UInt32, CUDAAccount) -> Void) {
        unsafe forEach(in: accountsMap) { (pid: UInt32, account: UnsafePointer<fulcrum_account>) in
            unsafe body(pid, CUDAAccount(account))
        }
    }

    /// Calls `body` with the pid of each thread that is inside a wait, and since when (CLOCK_MONOTONIC nanoseconds).
    func forEachWait(_ body: (UInt32, UInt64) -> Void) {
        unsafe forEach(in: waitsMap) { (thread: UInt64, wait: UnsafePointer<fulcrum_wait>) in
            unsafe body(UInt32(truncatingIfNeeded: thread >> 32), wait.pointee.begin_ns)
        }
    }

    /// Goes through a map of `Key` and `Value` in batches, which the kernel copies without stopping its writers.
    private func forEach<Key: BitwiseCopyable, Value: BitwiseCopyable>(
        in map: Int32, _ body: (Key, UnsafePointer<Value>) -> Void
    ) {
        let capacity = 64
        unsafe withUnsafeTemporaryAllocation(of: Key.self, capacity: capacity) { keys in
            unsafe withUnsafeTemporaryAllocation(of: Value.self, capacity: capacity) { values in
                guard let first = values.baseAddress else { return }
                var position: UInt32 = 0
                // A bound for a map that is filled as fast as it is read.
                for batch in 0..<2 * Int(FULCRUM_PROBE_MAX_WAITS) / capacity {
                    var count = UInt32(capacity)
                    let result = unsafe fulcrum_bpf_map_entries(
                        map, batch == 0 ? 1 : 0, &position, keys.baseAddress, first, &count)
                    guard result >= 0 else { return }
                    for index in 0..<min(Int(count), capacity) { unsafe body(keys[index], first + index) }
                    if result == 1 { return }
                }
            }
        }
    }

    /// One loss counter, summed over all CPUs.
    func loss(_ what: fulcrum_loss) -> UInt64 {
        var index = what.rawValue
        return unsafe withUnsafeTemporaryAllocation(of: UInt64.self, capacity: possibleCPUs) { values in
            guard unsafe fulcrum_bpf_map_lookup(lossesMap, &index, values.baseAddress) == 0 else { return 0 }
            var sum: UInt64 = 0
            for index in values.indices { unsafe sum &+= values[index] }
            return sum
        }
    }

    private static func loadFailure(
        _ verb: String, _ source: BPFObject, _ result: Int32, _ log: String
    ) -> ProbeError {
        let errno = Errno(rawValue: -result)
        let said = "\(errno) (errno \(-result))\(log.isEmpty ? "" : "; libbpf: \(log)")"
        let remedy: String
        switch errno {
        case .notPermitted, .permissionDenied:
            remedy = "Run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN."
        case .noFunction:
            remedy = "This kernel was built without CONFIG_BPF_SYSCALL; JetPack 6 or later has it."
        case .invalidArgument:
            remedy = "The kernel may be too old: the programs need the BPF ring buffer of Linux 5.8."
        default:
            remedy = ""
        }
        let kind: ProbeError.Kind = errno == .noMemory || errno == .tooManyOpenFiles ? .failed : .unsupported
        return ProbeError(
            kind, "Could not \(verb) the BPF object \(source.name): \(said).\(remedy.isEmpty ? "" : " " + remedy)")
    }

    private static func attachFailure(_ what: String, _ result: Int32, _ log: String) -> ProbeError {
        let errno = Errno(rawValue: -result)
        let said = "\(errno) (errno \(-result))\(log.isEmpty ? "" : "; libbpf: \(log)")"
        switch errno {
        case .notPermitted, .permissionDenied:
            return ProbeError(
                .unsupported, "Could not attach \(what): \(said). Uprobes need CAP_SYS_ADMIN: run as root or grant it.")
        case .invalidArgument:
            return ProbeError(
                .unsupported, "Could not attach \(what): \(said). The kernel may lack CONFIG_BPF_EVENTS.")
        default:
            return ProbeError(.failed, "Could not attach \(what): \(said).")
        }
    }
}

/// One program attached to one place; detached when this value goes, which takes the kernel about 0.1 s.
///
/// Unchecked: the pointer is used once, when the last reference goes.
@safe final class ProbeLink: @unchecked Sendable {
    private let handle: OpaquePointer

    init(adopting handle: OpaquePointer) {
        unsafe self.handle = handle
    }

    deinit {
        _ = unsafe bpf_link__destroy(handle)
    }
}
