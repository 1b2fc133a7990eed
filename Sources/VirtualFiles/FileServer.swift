import Glibc
import Synchronization
public import SystemCalls
import SystemPackage

/// Why a tree could not be served.
public enum FileServerError: Error, Sendable, CustomStringConvertible {
    /// A system call failed.
    case system(SystemCallError)
    /// A FUSE file system is mounted there, and its server answers.
    case occupied(path: String)
    /// This server serves already.
    case alreadyServing
    /// The descriptor is not an open /dev/fuse.
    case notFuseDevice(descriptor: Int32)
    /// The kernel lists mounts by a name of 1 to 32 letters, digits, "-" and "_".
    case badName(String)

    /// What was attempted, what is in the way, and what to do.
    public var description: String {
        switch self {
        case .system(let error):
            error.description
        case .occupied(let path):
            "Could not mount at \(path): a FUSE file system is served there. Stop its server, or unmount it."
        case .alreadyServing:
            "Could not serve: this server serves already. Stop it first."
        case .notFuseDevice(let descriptor):
            "Could not serve descriptor \(descriptor): it is not an open /dev/fuse."
        case .badName(let name):
            "Could not mount under the name \(quoted(name)): expected 1 to 32 letters, digits, \"-\" or \"_\"."
        }
    }
}

/// Shows a `FileTree` to the system through FUSE, from one thread of its own.
///
/// Permissions are checked by the kernel (`default_permissions`) and again here for callers other than root; a caller
/// with a capability but not uid 0 gets no more than its mode bits. Nothing is cached by the kernel: nodes and values
/// may change at any time.
public final class FileServer: Sendable {
    private struct Serving {
        let thread: SystemThread
        let stop: EventSignal
        let mount: Mount?
    }

    private let tree: FileTree
    private let log: @Sendable (String) -> Void
    private let handlesPerUser: Int
    private let serving = Mutex<Serving?>(nil)
    private let progress = SessionProgress()

    /// A server for `tree`. `log` gets a sentence for every refused write (path, caller, reason) and every error of the
    /// server; it is called from the serving thread and from the caller of `stop`, and must not call this server. One
    /// user other than root may hold `handlesPerUser` files open (then EMFILE).
    public init(tree: FileTree, handlesPerUser: Int = 1024, log: @escaping @Sendable (String) -> Void) {
        self.tree = tree
        self.handlesPerUser = handlesPerUser
        self.log = log
    }

    deinit { stop() }

    /// Mounts at `path` as type "fuse.NAME" and serves until `stop`. The directory is made if missing; a mount whose
    /// server has died is taken off first. Refuses a path where a FUSE file system is served. `allowOther` lets users
    /// other than this process's in.
    public func mount(at path: String, name: String, allowOther: Bool = true) throws(FileServerError) {
        try start { () throws(FileServerError) in
            let attached = try Mount.attach(at: path, name: name, allowOther: allowOther)
            return (attached.mount, attached.descriptor, path)
        }
    }

    /// Serves an open /dev/fuse that somebody else has mounted. On success the descriptor belongs to the server, which
    /// closes it; whoever mounted must close its own copy, or clients hang when the server dies.
    public func serve(descriptor: Int32) throws(FileServerError) {
        try start { () throws(FileServerError) in
            var status = stat()
            // 10:229 is /dev/fuse (Documentation/admin-guide/devices.txt).
            guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFCHR,
                status.st_rdev == (10 << 8 | 229)
            else { throw .notFuseDevice(descriptor: descriptor) }
            return (nil, descriptor, "descriptor \(descriptor)")
        }
    }

    /// Unmounts (or just lets go of a descriptor handed over), ends the thread and waits for it. Files still open
    /// give ENOTCONN from then on. Does nothing when nothing is served. From any thread but the serving one.
    public func stop() {
        guard progress.thread.load(ordering: .relaxed) != UInt(pthread_self()) else {
            log("A file server cannot be stopped from one of its own files; it goes on.")
            return
        }
        serving.withLock { serving in
            if let current = serving { end(current) }
            serving = nil
        }
    }

    /// Whether serving has ended: stopped, unmounted by somebody else, or failed. False before the first mount.
    public var hasEnded: Bool { progress.hasEnded.load(ordering: .acquiring) }

    private func start(
        _ attach: () throws(FileServerError) -> (mount: Mount?, descriptor: Int32, place: String)
    ) throws(FileServerError) {
        try serving.withLock { (serving) throws(FileServerError) in
            if let former = serving {
                guard hasEnded else { throw .alreadyServing }
                end(former)
                serving = nil
            }
            let stop: EventSignal
            do throws(SystemCallError) { stop = try EventSignal() } catch { throw .system(error) }
            let (mount, descriptor, place) = try attach()
            progress.isStopping.store(false, ordering: .relaxed)
            progress.hasEnded.store(false, ordering: .relaxed)
            do throws(SystemCallError) {
                let thread = try SystemThread(name: "files") { [tree, log, handlesPerUser, progress] in
                    let files = OpenFiles(tree: tree, handlesPerUser: handlesPerUser, log: log)
                    FuseSession.run(
                        descriptor: descriptor, place: place, files: files, stop: stop, progress: progress, log: log)
                }
                serving = Serving(thread: thread, stop: stop, mount: mount)
            } catch {
                if let mount {
                    // Closed first, so that nothing waits for an answer.
                    _ = Glibc.close(descriptor)
                    detach(mount)
                }
                throw .system(error)
            }
        }
    }

    private func end(_ serving: Serving) {
        progress.isStopping.store(true, ordering: .releasing)
        if let mount = serving.mount { detach(mount) }
        serving.stop.raise()
        serving.thread.join()
    }

    private func detach(_ mount: Mount) {
        do throws(SystemCallError) { try mount.detach(hasServer: !hasEnded) } catch { log(error.description) }
    }
}
