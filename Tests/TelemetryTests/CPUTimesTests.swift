import Foundation
import Testing

@testable import Telemetry

@Suite("CPU time")
struct CPUTimesTests {
    private func process(_ text: String) -> ProcStatText.ProcessLine? {
        ProcStatText.process(Array(text.utf8).span)
    }

    private func system(_ text: String) -> ProcStatText.SystemLine? {
        ProcStatText.system(Array(text.utf8).span)
    }

    @Test("A process's line: user and system time, and the start; its name can say what it likes")
    func processLine() {
        let rest = "S 1 2 3 4 -1 5 6 7 8 9 120 34 77 88 20 0 3 0 9876 1000 200 18446744073709551615 1 1\n"
        for name in ["cat", "a) R 1 2 3 (", "", ") ) )", "\u{1}\n 5"] {
            #expect(process("42 (\(name)) \(rest)") == .init(cpuTicks: 154, startTimeTicks: 9_876), "\(name)")
        }
    }

    @Test(
        "What is cut off, missing or no number is no line",
        arguments: [
            "", "42 (cat", "42 (cat)", "42 (cat) S 1 2",
            "42 (cat) S 1 2 3 4 5 6 7 8 9 10 x 12 13 14 15 16 17 18 19 20 ",
            "42 (cat) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19",
            "42 (cat) S 1 2 3 4 5 6 7 8 9 10 -11 12 13 14 15 16 17 18 19 20 ",
            "42 (cat) S 1 2 3 4 5 6 7 8 9 10 9999999999999999999 9999999999999999999 13 14 15 16 17 18 19 20 ",
            "42 (cat) S 1 2 3 4 5 6 7 8 9 10 99999999999999999999 1 13 14 15 16 17 18 19 20 ",
        ])
    func brokenProcessLines(text: String) {
        #expect(process(text) == nil)
    }

    @Test("The system's line: what is idle, and what is not; guests are counted once")
    func systemLine() {
        let text = "cpu  100 20 30 4000 50 6 7 8 90 10\ncpu0 1 2 3\n"
        #expect(system(text) == .init(busyTicks: 171, idleTicks: 4_050))
        for broken in [
            "", "cpu", "cpu ", "cpu0 1 2 3 4 5 6 7 8 9 10\n", "cpu 1 2 3 4 5 6 7", "cpu 1 2 3 4 5 6 7 8", "cpx 1",
        ] {
            #expect(system(broken) == nil, "\(broken)")
        }
    }

    @Test("No text makes the parsers trap")
    func hostile() {
        var random = SeededGenerator(seed: 11)
        let alphabet = Array("0123456789 ()cpuS-\n".utf8) + [0, 0xff]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            _ = ProcStatText.process(bytes.span)
            _ = ProcStatText.system(bytes.span)
        }
    }

    @Test("Our own time is what getrusage says, within two ticks, and the system was busy at least as long")
    func ownTime() throws {
        let times = CPUTimes()
        let own = try ProcessIdentity(running: getpid())
        var values = [UInt64?]()
        let systemBefore = try #require(times.readSystem())
        times.read([own], into: &values)
        let before = try #require(values[0])
        let usedBefore = Self.used()
        var sum: UInt64 = 0
        while Self.used() - usedBefore < 100_000_000 { sum &+= 1 }
        let used = Self.used() - usedBefore
        times.read([own], into: &values)
        let after = try #require(values[0])
        // Reading is not instant: other tests run beside this one.
        #expect(after - before + 20_000_000 >= used)
        #expect(after <= Self.used() + 20_000_000)
        #expect(try #require(times.readSystem()).busyNanoseconds > systemBefore.busyNanoseconds)
        #expect(sum > 0)
    }

    private static func used() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    @Test("A process that is gone is nil, and so is one whose pid belongs to another now")
    func goneAndReused() throws {
        let times = CPUTimes()
        let input = Pipe()
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/bin/cat")
        child.standardInput = input
        try child.run()
        let identity = try ProcessIdentity(running: child.processIdentifier)
        let earlier = ProcessIdentity(pid: identity.pid, startTimeTicks: identity.startTimeTicks - 1)
        var values = [UInt64?]()
        times.read([identity, earlier], into: &values)
        #expect(values[0] != nil)
        #expect(values[1] == nil)
        try input.fileHandleForWriting.close()
        child.waitUntilExit()
        times.read([identity, earlier], into: &values)
        #expect(values == [nil, nil])
    }

    @Test("Files stay open for the processes in the list, no more than allowed, and are closed when they leave it")
    func descriptors() throws {
        let directory = try ScratchDirectory()
        let line = "S 1 2 3 4 -1 5 6 7 8 9 120 1 1 88 20 0 3 0 77 1000 200 0\n"
        let processes = (1...6).map { ProcessIdentity(pid: $0, startTimeTicks: 77) }
        for process in processes { try directory.write("\(process.pid) (x) \(line)", "\(process.pid)/stat") }
        let times = CPUTimes(path: directory.path, mostOpen: 4)
        var values = [UInt64?]()
        for _ in 0..<3 {
            times.read(processes, into: &values)
            #expect(values == [UInt64?](repeating: 1_210_000_000, count: 6))
            #expect(openFiles(below: directory.path) == 4)
        }
        times.read([processes[0], processes[5]], into: &values)
        #expect(values == [1_210_000_000, 1_210_000_000])
        times.read([processes[5]], into: &values)
        #expect(openFiles(below: directory.path) == 1)
        times.read([], into: &values)
        #expect(values.isEmpty)
        #expect(openFiles(below: directory.path) == 0)
        #expect(times.readSystem() == nil)
    }

    private func openFiles(below path: String) -> Int {
        let links = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return links.filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.hasPrefix(path) == true
        }.count
    }
}
