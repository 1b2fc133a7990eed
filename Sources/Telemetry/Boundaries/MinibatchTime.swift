/// What one minibatch took.
public struct MinibatchTime: Hashable, Sendable {
    /// When it ended, CLOCK_MONOTONIC nanoseconds; of an averaged one an interpolation.
    public var endNanoseconds: UInt64
    /// From the end of the one before to its end, milliseconds. For inference the time between requests is in it.
    public var milliseconds: Double
    /// From its first launch, or from the begin of its wait where launches are not seen, to its end, milliseconds.
    public var serviceMilliseconds: Double
    /// It is the mean of several that were seen to end together.
    public var isAveraged: Bool

    /// States a time.
    public init(endNanoseconds: UInt64, milliseconds: Double, serviceMilliseconds: Double, isAveraged: Bool) {
        self.endNanoseconds = endNanoseconds
        self.milliseconds = milliseconds
        self.serviceMilliseconds = serviceMilliseconds
        self.isAveraged = isAveraged
    }
}
