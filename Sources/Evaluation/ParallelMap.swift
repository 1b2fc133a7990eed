import Glibc
import Synchronization
import SystemCalls

/// Independent pieces of work spread over the cores.
public enum ParallelMap {
    /// More threads than this are not started.
    public static let threadLimit = 64

    /// The cores that the calling thread may run on, at least 1.
    public static var coreCount: Int {
        // Glibc's module lacks sched_getaffinity(), which says the same.
        (try? SmallFile.text("/proc/thread-self/status")).flatMap(allowedCores)
            ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// The bits of the line `Cpus_allowed` of a thread's status (proc(5)): hexadecimal digits with commas between words. Nil without
    /// such a line, or where it has no bit.
    static func allowedCores(status: String) -> Int? {
        let name = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        let count = line.dropFirst(name.count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        return count > 0 ? count : nil
    }

    /// `body` of 0..<count, in order, whatever the number of threads. The calling thread works too.
    ///
    /// Throws what the lowest index threw; later ones may not have been tried. `body` must not depend on the order in which
    /// the indices are done.
    static func map<Result: Sendable>(
        count: Int, threads: Int, _ body: @escaping @Sendable (Int) throws(EvaluationError) -> Result
    ) throws(EvaluationError) -> [Result] {
        let work = Work(count: count, body)
        var helpers: [SystemThread] = []
        for number in 1..<max(1, min(threads, count, threadLimit)) {
            // Without the thread the others do its share.
            guard let helper = try? SystemThread(name: "evaluate-\(number)", { work.run() }) else { break }
            helpers.append(helper)
        }
        work.run()
        for helper in helpers { helper.join() }
        return try work.results()
    }

    private final class Work<Result: Sendable>: Sendable {
        private struct Done {
            var results: [Result?]
            var failure: (index: Int, error: EvaluationError)?
        }

        private let count: Int
        private let body: @Sendable (Int) throws(EvaluationError) -> Result
        private let next = Atomic<Int>(0)
        private let done: Mutex<Done>

        init(count: Int, _ body: @escaping @Sendable (Int) throws(EvaluationError) -> Result) {
            self.count = count
            self.body = body
            done = Mutex(Done(results: Array(repeating: nil, count: count)))
        }

        func run() {
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                do {
                    let result = try body(index)
                    done.withLock { $0.results[index] = result }
                } catch {
                    // Indices are handed out in order: all below this one are done or under way.
                    next.store(count, ordering: .relaxed)
                    done.withLock {
                        if let earlier = $0.failure, earlier.index < index { return }
                        $0.failure = (index, error)
                    }
                }
            }
        }

        func results() throws(EvaluationError) -> [Result] {
            let (results, failure) = done.withLock { ($0.results.compactMap { $0 }, $0.failure) }
            if let failure { throw failure.error }
            return results
        }
    }
}
