/// The account of one process.
struct GPUTimeSlot {
    var process: ProcessIdentity
    /// Changes when another process takes the slot.
    var generation: UInt32
    var isUsed = true

    // What holds at the time that the sweep has reached.
    var residencies: Int32 = 0
    var launches: Int32 = 0
    var waits: Int32 = 0
    /// Whether launches in flight are told as they happen, so that their absence says that the process is idle.
    var tellsLaunches = false

    /// Whether it takes part in sharing.
    var isActive = false
    /// Whether it has taken part since the last settlement.
    var isTouched = false
    /// Value of the common share when it was last looked at.
    var shareSeen: UInt64 = 0
    /// Nanoseconds of its share since the last settlement: of residency, which a load may lower, and of all else.
    var residencyClaim: UInt64 = 0
    var firmClaim: UInt64 = 0
    var source = GPUTimeSource.none
    var method = GPUTimeMethod.none

    // What has been given out.
    var busy: UInt64 = 0
    var windowStartBusy: UInt64 = 0
    var windowBusy: UInt64 = 0
    var lastActivity: UInt64 = 0

    // What the sources have said and the sweep has not reached yet.
    var hasOpenLaunches = false
    var hasOpenWait = false
    /// Lists of open work, one after the other, in which it was missing.
    var missedLists = 0
    /// When it ended; max while it lives.
    var exitTime = UInt64.max

    init(_ process: ProcessIdentity, generation: UInt32) {
        self.process = process
        self.generation = generation
    }
}
