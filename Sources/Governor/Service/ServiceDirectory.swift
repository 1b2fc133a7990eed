import Glibc
import SystemCalls
import SystemPackage

/// The daemon's directory, /run/fulcrumd: the lock that keeps two governors from one board, and the journal, which lives as
/// long as the knobs do, until reboot.
struct ServiceDirectory: ~Copyable {
    /// Where the journal lies.
    let journalPath: String
    private let lock: OwnedDescriptor

    /// Makes the directory and takes the lock. Fails while another daemon holds it.
    init(_ path: String) throws(SystemCallError) {
        try Directory.create(path)
        try Directory.create(path + "/state", mode: 0o700)
        let lock = try OwnedDescriptor(opening: path + "/lock", flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        guard flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            throw SystemCallError(
                "lock", path + "/lock", Errno(rawValue: Glibc.errno),
                remedy: "Another fulcrumd governs this board; stop it first (systemctl stop fulcrumd).")
        }
        self.lock = lock
        journalPath = path + "/state/journal"
    }
}

/// Looks up the id of a group by name; nil if there is none.
func groupID(_ name: String) -> UInt32? {
    guard let entry = unsafe getgrnam(name) else { return nil }
    return unsafe entry.pointee.gr_gid
}
