import CBPF
import Glibc
import Synchronization
import SystemCalls

/// The eBPF probes on the waits of libcuda (level `boundaries`): loaded by `init`, attached library by library.
///
/// Links are never pinned: they end with this value or with the process. Attaching takes the kernel 5 to 10 ms for each
/// of up to 12 probes of a library, detaching 0.1 s each: call from a thread that may wait. Safe from any thread.
public final class CUDAProbes: Sendable {
    /// No more libraries than this are probed at one time.
    public static let maximumLibraries = 64
    private static let maximumRefusals = 256

    let object: ProbeObject
    private let state = Mutex(State())

    /// Opens the BPF programs, has the kernel verify them and makes the maps. Nothing is attached yet.
    ///
    /// - Throws: why the kernel or our privileges do not allow it.
    public init() throws(ProbeError) {
        object = try ProbeObject()
    }

    /// Attaches to the library that `path` leads to, for all processes, running and to come. A file that is attached
    /// already stays as it is.
    ///
    /// - Throws: why the library was refused, by name (only files of root that nobody else can write), or why the
    ///   kernel did not attach.
    @discardableResult
    public func attach(libraryAt path: String) throws(ProbeError) -> AttachedLibrary {
        try state.withLock { (state) throws(ProbeError) in
            try attach(path, through: path, followsPath: true, &state).library
        }
    }

    /// Attaches to the system's own libcuda wherever it lies under `root` ("" on a board), and to `extraPaths` as they
    /// are. Call again at a low rate: a driver may be installed later. Only what is new is reported.
    public func attachSystemLibraries(root: String = "", extraPaths: [String] = []) -> AttachReport {
        let candidates = CUDALibrary.systemPaths.map { root + $0 }.filter { Directory.exists($0) }
        return state.withLock { state in
            var report = AttachReport()
            for path in candidates + extraPaths { attach(path, through: path, true, &state, &report) }
            return report
        }
    }

    /// Attaches to every copy of libcuda that a running process has mapped: started before us, in a container, or
    /// replaced on disk meanwhile. Lets go of copies that nobody maps any more and no path leads to. One walk over
    /// /proc: call at the start and at a low rate. Only what is new is reported.
    public func attachRunning() -> AttachReport {
        let mapped = MappedLibraries()
        return state.withLock { state in
            var report = AttachReport()
            var inUse = Set<FileIdentity>()
            for library in mapped.libraries {
                if let identity = attach(library.path, through: library.mapFile, false, &state, &report) {
                    inUse.insert(identity)
                }
            }
            if mapped.isComplete { detachUnused(except: inUse, &state, &report) }
            return report
        }
    }

    /// The libraries that are probed now, in the order of attaching.
    public var libraries: [AttachedLibrary] {
        state.withLock { state in state.attachments.map(\.library) }
    }

    /// What went missing since `init`. One system call per number.
    public var losses: ProbeLosses {
        ProbeLosses(
            records: object.loss(FULCRUM_LOSS_RECORDS), processes: object.loss(FULCRUM_LOSS_PROCESSES),
            waits: object.loss(FULCRUM_LOSS_WAITS))
    }

    // MARK: Attaching

    private struct State {
        var exit: ProbeLink?
        var attachments = [Attachment]()
        /// Refused files, so that each is named once and not at every scan.
        var refused = Set<Refusal>()
    }

    private struct Attachment {
        let identity: FileIdentity
        var library: AttachedLibrary
        var followsPath: Bool
        let links: [ProbeLink]

        mutating func followPath(_ path: String) {
            library = AttachedLibrary(
                path: path, device: library.device, inode: library.inode, functions: library.functions)
            followsPath = true
        }
    }

    private struct Refusal: Hashable {
        let path: String
        let reason: String
    }

    /// Attaches and takes the outcome into `report`; the file's identity, unless it was refused.
    @discardableResult
    private func attach(
        _ name: String, through path: String, _ followsPath: Bool, _ state: inout State, _ report: inout AttachReport
    ) -> FileIdentity? {
        do {
            let (attachment, isNew) = try attachment(name, through: path, followsPath: followsPath, &state)
            if isNew { report.attached.append(attachment.library) }
            return attachment.identity
        } catch {
            // A process that went away between the scan and the attach took its map_files with it.
            if !followsPath && !Directory.exists(path) { return nil }
            if state.refused.count >= Self.maximumRefusals { state.refused.removeAll() }
            if state.refused.insert(Refusal(path: name, reason: error.description)).inserted {
                report.refused.append(RefusedLibrary(path: name, reason: error.description))
            }
            return nil
        }
    }

    private func attach(
        _ name: String, through path: String, followsPath: Bool, _ state: inout State
    ) throws(ProbeError) -> Attachment {
        try attachment(name, through: path, followsPath: followsPath, &state).attachment
    }

    private func attachment(
        _ name: String, through path: String, followsPath: Bool, _ state: inout State
    ) throws(ProbeError) -> (attachment: Attachment, isNew: Bool) {
        let file = try CUDALibrary.open(path)
        let identity = try CUDALibrary.identify(file, path: name)
        if let index = state.attachments.firstIndex(where: { $0.identity == identity }) {
            // Found in a process first and by its path now: from here on it stays while the path leads to it.
            if followsPath && !state.attachments[index].followsPath { state.attachments[index].followPath(name) }
            return (state.attachments[index], false)
        }
        guard state.attachments.count < Self.maximumLibraries else {
            throw ProbeError(
                .refused,
                "The library \(name) was not probed: \(Self.maximumLibraries) libraries are probed already.")
        }
        let functions = try ELFSymbols.functions(named: CUDALibrary.waits.map(\.function), in: file, path: name)
        guard !functions.isEmpty else {
            throw ProbeError(
                .refused, "The library \(name) has none of libcuda's synchronisation functions: it was not probed.")
        }
        // Before the first wait can be seen: no process may enter the table that nothing takes out again.
        if state.exit == nil {
            state.exit = try object.attachRawTracepoint("process_exit", "sched_process_exit")
        }
        var links = [ProbeLink]()
        var offsets = Set<UInt64>()
        for function in functions where offsets.insert(function.fileOffset).inserted {
            guard let program = CUDALibrary.waits.first(where: { $0.function == function.name })?.program else {
                continue
            }
            // By descriptor, so that the file checked is the file probed. The entry first: a return without its entry
            // would count as lost.
            let opened = "/proc/self/fd/\(file.rawValue)"
            for atReturn in [false, true] {
                do {
                    links.append(
                        try object.attachUprobe(
                            program + (atReturn ? "_leave" : "_enter"), atReturn: atReturn, path: opened,
                            fileOffset: function.fileOffset))
                } catch {
                    throw ProbeError(error.kind, "\(function.name) of \(name) was not probed. \(error)")
                }
            }
        }
        let library = AttachedLibrary(
            path: name, device: identity.device, inode: identity.inode, functions: functions.map(\.name))
        let made = Attachment(identity: identity, library: library, followsPath: followsPath, links: links)
        state.attachments.append(made)
        return (made, true)
    }

    private func detachUnused(except inUse: Set<FileIdentity>, _ state: inout State, _ report: inout AttachReport) {
        state.attachments.removeAll { attachment in
            if inUse.contains(attachment.identity) { return false }
            if attachment.followsPath, let file = try? CUDALibrary.open(attachment.library.path),
                (try? CUDALibrary.identify(file, path: attachment.library.path)) == attachment.identity
            {
                return false
            }
            report.detached.append(attachment.library)
            return true
        }
    }
}
