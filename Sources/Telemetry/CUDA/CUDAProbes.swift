import CBPF
import Glibc
import Synchronization
import SystemCalls

/// The eBPF probes on libcuda: loaded by `init`, attached library by library.
///
/// Links are never pinned: they end with this value or with the process. Attaching takes the kernel 5 to 10 ms for each
/// probe of a library (up to 10 at level `boundaries`, 37 at `launches`), detaching 0.1 s each: call from a thread that
/// may wait. Safe from any thread.
public final class CUDAProbes: Sendable {
    /// How much is watched.
    public enum Level: String, CaseIterable, Sendable {
        /// Nothing.
        case off
        /// The waits for the GPU: boundaries of minibatches, and that a process waits.
        case boundaries
        /// Also launches, streams, events and contexts: what is in flight.
        case launches
    }

    /// No more libraries than this are probed at one time.
    public static let maximumLibraries = 64
    private static let maximumRefusals = 256

    /// How much is watched.
    public let level: Level
    let object: ProbeObject
    /// Entered by the ring's reader.
    let processes = Mutex(ProbedProcesses(capacity: Int(FULCRUM_PROBE_MAX_PROCESSES)))
    private let libraryLimit: Int
    private let state = Mutex(State())

    /// Opens the BPF programs, has the kernel verify them and makes the maps. Nothing is attached yet; at level `off`
    /// nothing ever is.
    ///
    /// - Throws: why the kernel or our privileges do not allow it.
    public convenience init(level: Level = .boundaries) throws(ProbeError) {
        try self.init(level: level, libraryLimit: Self.maximumLibraries)
    }

    init(level: Level, libraryLimit: Int) throws(ProbeError) {
        self.level = level
        self.libraryLimit = libraryLimit
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
        var losses = ProbeLosses()
        losses.launchRecords = object.loss(FULCRUM_LOSS_LAUNCH_RECORDS)
        losses.waitRecords = object.loss(FULCRUM_LOSS_WAIT_RECORDS)
        losses.exitRecords = object.loss(FULCRUM_LOSS_EXIT_RECORDS)
        losses.processes = object.loss(FULCRUM_LOSS_PROCESSES)
        losses.waits = object.loss(FULCRUM_LOSS_WAITS)
        losses.streams = object.loss(FULCRUM_LOSS_STREAMS)
        losses.accounts = object.loss(FULCRUM_LOSS_ACCOUNTS)
        return losses
    }

    // MARK: Attaching

    private struct State {
        var processEnds = [ProbeLink]()
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
        guard state.attachments.count < libraryLimit else {
            throw ProbeError(
                .refused, "The library \(name) was not probed: \(libraryLimit) libraries are probed already.")
        }
        let watched = CUDAFunction.watched(at: level)
        let functions = try ELFSymbols.functions(named: watched.map(\.name), in: file, path: name)
        let names = Set(functions.map(\.name))
        guard CUDAFunction.watched(at: .boundaries).contains(where: { names.contains($0.name) }) else {
            throw ProbeError(
                .refused, "The library \(name) has none of libcuda's synchronisation functions: it was not probed.")
        }
        // Before the first call can be seen: no process may enter the table that nothing takes out again.
        if state.processEnds.isEmpty {
            state.processEnds = [
                try object.attachRawTracepoint("process_exit", "sched_process_exit"),
                try object.attachRawTracepoint("process_exec", "sched_process_exec"),
            ]
        }
        // By descriptor, so that the file checked is the file probed.
        let links = try attach(watched, functions, through: "/proc/self/fd/\(file.rawValue)", name: name)
        let library = AttachedLibrary(
            path: name, device: identity.device, inode: identity.inode,
            functions: watched.map(\.name).filter { names.contains($0) })
        let made = Attachment(identity: identity, library: library, followsPath: followsPath, links: links)
        state.attachments.append(made)
        return (made, true)
    }

    /// Attaches to each place once, in the order of `watched`. The entry of a function first: a return without its entry
    /// would count as lost.
    private func attach(
        _ watched: [CUDAFunction], _ found: [ELFSymbols.Function], through path: String, name: String
    ) throws(ProbeError) -> [ProbeLink] {
        var links = [ProbeLink]()
        var offsets = Set<UInt64>()
        for function in watched {
            for place in found where place.name == function.name && offsets.insert(place.fileOffset).inserted {
                do {
                    for (program, atReturn) in [(function.atCall, false), (function.atReturn, true)] {
                        guard let program else { continue }
                        links.append(
                            try object.attachUprobe(
                                program, atReturn: atReturn, path: path, fileOffset: place.fileOffset))
                    }
                } catch {
                    throw ProbeError(error.kind, "\(function.name) of \(name) was not probed. \(error)")
                }
            }
        }
        return links
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
