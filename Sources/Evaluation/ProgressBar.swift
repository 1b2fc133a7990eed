import Glibc
import Synchronization
import SystemCalls

/// One line on a terminal that says how far the work is; nothing at all where the descriptor is not a terminal.
public final class ProgressBar: Sendable {
    private static let width = 40
    private static let nanosecondsBetweenDraws: UInt64 = 100_000_000

    private let label: String
    let total: Int
    private let descriptor: Int32
    private let isShown: Bool
    private let done = Atomic<Int>(0)
    private let lastDraw = Mutex<UInt64>(0)

    /// A bar for `total` steps on standard error.
    public convenience init(label: String, total: Int) {
        self.init(label: label, total: total, descriptor: STDERR_FILENO)
    }

    init(label: String, total: Int, descriptor: Int32) {
        self.label = label
        self.total = max(1, total)
        self.descriptor = descriptor
        isShown = isatty(descriptor) == 1
    }

    /// Steps counted so far.
    var count: Int { done.load(ordering: .relaxed) }

    /// Counts `steps` as done, and draws from time to time. From any thread.
    public func advance(by steps: Int = 1) {
        let done = done.add(steps, ordering: .relaxed).newValue
        guard isShown else { return }
        // A thread that finds another one drawing has better things to do than wait.
        _ = lastDraw.withLockIfAvailable { last in
            let now = MonotonicClock.nanoseconds()
            guard now &- last >= Self.nanosecondsBetweenDraws else { return }
            last = now
            write(Self.line(label: label, done: done, total: total))
        }
    }

    /// Removes the line. Call once, when the work is over.
    public func finish() {
        guard isShown else { return }
        // Carriage return, then erase to the end of the line.
        lastDraw.withLock { _ in write("\r\u{1B}[K") }
    }

    static func line(label: String, done: Int, total: Int) -> String {
        let share = Double(min(done, total)) / Double(total)
        let filled = Int(share * Double(width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        return "\r\(label) [\(bar)] \(Int(share * 100)) %"
    }

    private func write(_ text: String) {
        let bytes = [UInt8](text.utf8)
        // A terminal that is gone is no reason to stop.
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
