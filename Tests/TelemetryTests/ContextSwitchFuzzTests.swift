import Glibc
import SystemCalls
import SystemPackage
import Testing

/// Two CPU seconds of each; `make fuzz` runs longer.
@Suite("Damaged input")
struct ContextSwitchFuzzTests {
    static let program: String = {
        guard let path = unsafe realpath("/proc/self/exe", nil) else { return "fuzz" }
        defer { unsafe free(path) }
        return FilePath(unsafe String(cString: path)).removingLastComponent().appending("fuzz").string
    }()

    @Test(
        "Ring records, context-switch bytes and kernel text: damaged input breaks nothing",
        .enabled(if: Directory.exists(program), "fuzz is not built beside the tests."),
        arguments: ["ctxsw", "ring", "sysfs"])
    func short(subject: String) throws {
        let fuzz = try ChildProcess([Self.program, subject, "--cpu-seconds", "2"])
        let line = fuzz.readLine(timeoutMilliseconds: 120_000)
        #expect(fuzz.wait() == 0, "\(line ?? "It said nothing.")")
        let words = (line ?? "").split(separator: " ")
        #expect(words.count > 3 && words[1] == subject && (Int(words[3]) ?? 0) > 1_000, "\(line ?? "")")
    }
}
