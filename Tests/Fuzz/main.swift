// Feeds damaged input to what reads input from outside, for a given CPU time, and stops at the first promise that is broken.
//
//   fuzz ctxsw|ring|sysfs [--cpu-seconds 10] [--seed 1] [--only EXECUTION]
//
// Prints one line: executions, bytes and CPU seconds. Exit 1, with the seed and the number of the execution, when something
// broke; a trap is told the same way. --only runs that execution again: with ctxsw and sysfs each stands for itself, and ring
// needs those before it, from --seed on.
import Glibc
import Synchronization

/// For the signal handler.
let execution = Atomic<UInt64>(0)

func fail(_ sentence: String) -> Never {
    let line = Array("fuzz: \(sentence)\n".utf8)
    _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    exit(1)
}

func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Tells which execution trapped, with what a signal handler may call.
func tellTraps() {
    for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE] {
        _ = Glibc.signal(signal) { number in
            var digits: [24 of UInt8] = .init(repeating: 0x20)
            var rest = execution.load(ordering: .relaxed)
            var place = 22
            digits[23] = 0x0a
            repeat {
                digits[place] = 0x30 + UInt8(rest % 10)
                rest /= 10
                place -= 1
            } while rest > 0 && place >= 0
            withUnsafeBytes(of: &digits) { _ = write(2, $0.baseAddress, 24) }
            _exit(128 + number)
        }
    }
}

func run<Subject: FuzzedSubject>(_: Subject.Type, name: String, seconds: Double, seed: UInt64, only: UInt64?) {
    var subject = Subject()
    var bytes = 0
    var count: UInt64 = 0
    let start = cpuSeconds()
    while true {
        // Asking for the CPU time costs as much as a short execution.
        if only == nil, count & 255 == 0, cpuSeconds() - start >= seconds { break }
        let number = only ?? count
        execution.store(number, ordering: .relaxed)
        var random = SeededGenerator(seed: seed &+ number &* 0x1000_0001)
        switch subject.run(&random) {
        case .held(let size): bytes += size
        case .broken(let sentence): fail("\(name), seed \(seed), execution \(number): \(sentence)")
        }
        count += 1
        if only != nil { break }
    }
    let used = Int((cpuSeconds() - start) * 1_000)
    print("fuzz \(name) executions \(count) bytes \(bytes) cpu_ms \(used) seed \(seed)")
}

var arguments = CommandLine.arguments.dropFirst()
let usage = "use: fuzz ctxsw|ring|sysfs [--cpu-seconds 10] [--seed 1] [--only EXECUTION]"
guard let name = arguments.popFirst() else { fail(usage) }
var seconds = 10.0
var seed: UInt64 = 1
var only: UInt64?
while let option = arguments.popFirst() {
    guard let value = arguments.popFirst() else { fail("\(option) needs a value; \(usage)") }
    switch option {
    case "--cpu-seconds":
        guard let number = Double(value), number > 0 else { fail("\"\(value)\" is no number of seconds.") }
        seconds = number
    case "--seed":
        guard let number = UInt64(value) else { fail("\"\(value)\" is no seed.") }
        seed = number
    case "--only":
        guard let number = UInt64(value) else { fail("\"\(value)\" is no number of an execution.") }
        only = number
    default: fail("There is no option \(option); \(usage)")
    }
}
// With SWIFT_BACKTRACE set, the runtime prints where it trapped instead.
if getenv("SWIFT_BACKTRACE") == nil { tellTraps() }
switch name {
case "ctxsw": run(ContextSwitchFuzz.self, name: name, seconds: seconds, seed: seed, only: only)
case "ring": run(RingFuzz.self, name: name, seconds: seconds, seed: seed, only: only)
case "sysfs": run(SysfsFuzz.self, name: name, seconds: seconds, seed: seed, only: only)
default: fail("There is nothing named \(name) to fuzz; \(usage)")
}
