/// How much of the time the GPU works, as nvgpu's smoothed counter says, without keeping an idle GPU awake.
///
/// Each read of `load` on a GPU that is on puts off its gating, by 500 ms on ga10b. So it is read at most every 500 ms, after a
/// reading of 0 only when twice the gating delay has passed, and never while the GPU is gated, which is asked first by
/// attributes that do not wake it. For one thread.
public struct GPULoad {
    /// What is known at a time.
    public struct Reading: Hashable, Sendable {
        /// Nothing yet.
        public init() {}

        /// Per mille of the time that the GPU worked: measured, or 0 while it is gated. Nil is unmeasured.
        public internal(set) var permille: Int?
        /// Whether its power is off; nil where the driver does not say.
        public internal(set) var isGated: Bool?
        /// When `permille` was read, CLOCK_MONOTONIC nanoseconds; 0 = never.
        public internal(set) var readNanoseconds: UInt64 = 0
        /// Load times time since the first reading, nanoseconds: what the whole GPU has worked. Derived; nil before the first.
        public internal(set) var busyNanoseconds: UInt64?
    }

    /// The latest state.
    public private(set) var reading = Reading()
    private var files: any GPUFileReading
    private var readAgainAt: UInt64 = 0
    private let gatingNanoseconds: UInt64

    /// The least time between reads of `load`.
    private static let shortestInterval: UInt64 = 500_000_000
    /// Readings further apart say nothing about the time in between.
    private static let longestInterval: UInt64 = 5_000_000_000

    /// - Parameter device: the GPU's device directory, for instance what `device` of its devfreq directory links to. It need
    ///   not exist yet.
    public init(device: String) {
        self.init(files: GPUDeviceFiles(directory: device))
    }

    init(files: any GPUFileReading) {
        var files = files
        let delay = files.read(.railgateDelay) ?? 500
        gatingNanoseconds = UInt64(min(max(delay, 500), 10_000)) * 1_000_000
        self.files = files
    }

    /// Brings `reading` up to date; may be called at any rate. At most three reads; allocates nothing while the files stay.
    public mutating func update(now: UInt64) {
        guard now >= readAgainAt || readAgainAt > now &+ 2 * gatingNanoseconds else { return }
        reading.isGated = gatingState()
        let permille = reading.isGated == true ? 0 : files.read(.load)
        guard let permille, (0...1_000).contains(permille) else {
            reading.permille = nil
            readAgainAt = now &+ Self.shortestInterval
            return
        }
        let last = reading.permille
        reading.permille = permille
        if let last, now > reading.readNanoseconds {
            let elapsed = now - reading.readNanoseconds
            if elapsed <= Self.longestInterval {
                reading.busyNanoseconds = (reading.busyNanoseconds ?? 0) &+ elapsed * UInt64(last + permille) / 2_000
            }
        }
        if reading.busyNanoseconds == nil { reading.busyNanoseconds = 0 }
        reading.readNanoseconds = now
        let mayRest = permille == 0 && reading.isGated != true
        readAgainAt = now &+ (mayRest ? 2 * gatingNanoseconds : Self.shortestInterval)
    }

    /// The two attributes do not always exist both. Either can say that the power is off.
    private mutating func gatingState() -> Bool? {
        let isRailgated = files.read(.isRailgated).map { $0 != 0 }
        if isRailgated == true { return true }
        return files.read(.isPoweredOn).map { $0 == 0 } ?? isRailgated
    }
}
