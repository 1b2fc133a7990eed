public import Policy
import Synchronization

/// One Jetson board: finds its knobs below a root, sets power modes and takes them back.
///
/// A mode is a set of caps, as nvpmodel's are: below the cap the kernel's own governors choose the clock. Where a lower
/// bound lies above a new cap it is lowered to the cap, and returns with a higher one. Calls are serialised; each blocks
/// on the files of the board, so none belongs on a path that must not wait.
public final class Board: Sendable {
    /// Stands in a grid and in modes for a frequency that the board does not show at all, as 0 would be no mode.
    public static let unknownFrequency = 1

    /// Which board this is.
    public let identity: BoardIdentity
    /// The modes of this board, as found by `discover`. The CPU list holds what all clusters have. A knob that is missing
    /// leaves one value: for memory the top operating point, as nothing caps it then, else `unknownFrequency`. While a
    /// display is connected, memory clocks that starve it are left out.
    public let grid: ModeGrid
    private let knobSet: Mutex<KnobSet>

    /// Finds the board and its knobs below `root`: "" on a board, or where a virtual board is mounted. Reads only.
    ///
    /// A knob that is not there is no error: it is listed in `missingKnobs`. Call again to look for it anew, for instance
    /// when the GPU's driver has been loaded; the journal goes with whichever board value is in use.
    /// Throws `unknownBoard`, or `unreadable` where there are no CPUs.
    public static func discover(root: String) throws(BoardError) -> Board {
        try discover(root: root, files: SysfsFiles())
    }

    static func discover(root: String, files: any KnobFiles) throws(BoardError) -> Board {
        var root = root
        while root.hasSuffix("/") { root.removeLast() }
        let identity = try BoardIdentity.read(root: root)
        let set = try KnobSet(root: root, table: identity.table, files: files)
        return Board(identity: identity, grid: try set.grid(), set: set)
    }

    private init(identity: BoardIdentity, grid: ModeGrid, set: KnobSet) {
        self.identity = identity
        self.grid = grid
        self.knobSet = Mutex(set)
    }

    /// The knobs that are there, cores first.
    public var knobs: [Knob] { knobSet.withLock { $0.knobs } }

    /// The knobs that should be there and are not, with the reason.
    public var missingKnobs: [MissingKnob] { knobSet.withLock { $0.missing } }

    /// Directory of the GPU's platform device, where nvgpu has `load` and `is_railgated`; nil while the driver is missing.
    public var gpuDevicePath: String? { knobSet.withLock { $0.gpu?.devicePath } }

    /// The mode in force by what the knobs read: cores that are on, and the caps; where clusters differ, the lowest.
    /// Throws `unreadable`.
    public func effectiveMode() throws(BoardError) -> PowerMode {
        try knobSet.withLock { (set) throws(BoardError) in try set.effectiveMode() }
    }

    /// Sets a mode: cores on first, then clocks, then cores off; the journal is on disk before the first write.
    ///
    /// A frequency between two operating points becomes the lower one, one above the top becomes the top; both are told
    /// in the result, as is every knob that reads back another value. What is in force already is not written. A cluster
    /// whose cores all go off is left as it is, since its clock cannot be written then, and set when a mode needs it.
    /// Throws `invalidMode` for a frequency below the lowest operating point or a core count below 1; `writeFailed` after
    /// putting everything back; `journalNotStored`, `journalRefused`, `unreadable`.
    public func apply(_ mode: PowerMode, journal: Journal) throws(BoardError) -> AppliedMode {
        try knobSet.withLock { (set) throws(BoardError) in try set.apply(mode, journal: journal) }
    }

    /// Gives the knobs the values in the journal, verifies them, and removes the journal if all are back. Goes on after a
    /// failure, so that as much as possible is restored. Throws `journalRefused`, before any write, if the journal does
    /// not fit this board; `journalNotStored` if it cannot be removed.
    ///
    /// The knobs in `kept` stay as they are: somebody else has set them since, and the report says so.
    public func restore(_ journal: Journal, keeping kept: Set<String> = []) throws(BoardError) -> RestoreReport {
        try knobSet.withLock { (set) throws(BoardError) in try set.restore(journal, keeping: kept) }
    }

    /// The clocks that a cooling device holds below what we asked for now. Two reads per clock.
    public func limitations() -> [Adjustment] {
        knobSet.withLock { $0.limitations() }
    }

    /// The knobs that no longer read what they read after our last write; empty before the first. One read per knob file.
    public func foreignWrites() -> [ForeignWrite] {
        knobSet.withLock { $0.foreignWrites() }
    }
}
