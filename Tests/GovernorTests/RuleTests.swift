import Glibc
import SystemCalls
import Testing

@testable import Governor

extension String {
    init(contentsOfFileAt path: String) throws {
        self = try SmallFile.text(path)
    }
}

@Suite struct RuleTests {
    private func process(
        _ executable: String, _ commandLine: String = "", cgroup: String = "/", uid: Int = 0
    ) -> ProcessDescription {
        var process = ProcessDescription()
        process.executable = executable
        process.commandLine = commandLine
        process.cgroup = cgroup
        process.uid = uid
        return process
    }

    private func rule(_ alternatives: WorkloadRule.Condition...) -> WorkloadRule {
        WorkloadRule(name: "x", workloadClass: .training, alternatives: alternatives)
    }

    @Test func allOfOneAlternativeMustHold() {
        var condition = WorkloadRule.Condition()
        condition.executable = "python3"
        condition.commandLine = "train.py"
        #expect(rule(condition).matches(process("/usr/bin/python3", "python3 train.py --lr 1")))
        #expect(!rule(condition).matches(process("/usr/bin/python3", "python3 serve.py")))
        #expect(!rule(condition).matches(process("/usr/bin/python3.11", "python3 train.py")))
        var other = WorkloadRule.Condition()
        other.uid = 1000
        #expect(rule(condition, other).matches(process("/bin/x", uid: 1000)))
    }

    @Test func aWholePathIsNotAName() {
        var condition = WorkloadRule.Condition()
        condition.executable = "/usr/bin/python3"
        #expect(rule(condition).matches(process("/usr/bin/python3")))
        #expect(!rule(condition).matches(process("/home/x/usr/bin/python3")))
    }

    @Test func aUnitIsAComponentOfTheCgroup() {
        var condition = WorkloadRule.Condition()
        condition.unit = "trainer.service"
        #expect(rule(condition).matches(process("/x", cgroup: "/system.slice/trainer.service")))
        #expect(!rule(condition).matches(process("/x", cgroup: "/system.slice/my-trainer.service")))
    }

    @Test func readsACgroupLineOfEitherHierarchy() {
        #expect(ProcessDescription.cgroupPath("0::/user.slice/a:b\n") == "/user.slice/a:b")
        #expect(ProcessDescription.cgroupPath("9:cpu:/c\n1:name=systemd:/s\n") == "/s")
        #expect(ProcessDescription.cgroupPath("torn") == "")
    }

    @Test func describesThisProcess() {
        let description = ProcessDescription(pid: getpid())
        #expect(!description.executable.isEmpty)
        #expect(description.uid == Int(getuid()))
    }

    @Test func namesCannotLeaveTheirDirectory() {
        for hostile in ["../../etc", "a/b", ".", "..", "", "a\nb", String(repeating: "x", count: 500), "\u{0}", "héé"] {
            let name = WorkloadName.sanitised(hostile)
            #expect(WorkloadName.isValid(name), "\(hostile) became \(name)")
        }
    }
}
