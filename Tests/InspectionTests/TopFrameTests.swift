import Testing

@testable import Inspection

@Suite("Screens of top")
struct TopFrameTests {
    /// What a daemon on an AGX Orin would show.
    static func fill(_ tree: ScratchTree) throws {
        for (name, text) in [
            ("version", "0.1.0"), ("state", "settled on the fastest mode within 30 W"),
            ("decision", "train.resnet18 runs at 12_2201600_1300500000_3199000000: expected 57.2 ms and 28.9 W."),
            ("events", "decisions 12\nprobe_records_lost 0\nslices_lost 7\nboundaries_unknown 0\nover_budget_uj 5"),
            ("power/total_uw", "28743210"), ("budget/power_uw", "30000000"),
            ("mode/requested", "unmeasured"), ("mode/effective", "12 2201600 1300500000 3199000000"),
            ("rail/VDD_GPU_SOC/power_uw", "15904000"), ("rail/VDD_CPU_CV/power_uw", "7952000"),
            ("rail/VIN_SYS_5V0/power_uw", "4887210"), ("rail/VDDQ_VDD2_1V8AO/power_uw", "unmeasured"),
            ("thermal/cpu/temp_mc", "48350"), ("thermal/gpu/temp_mc", "-5250"), ("thermal/cv0/temp_mc", "unmeasured"),
            ("fan/pwmfan/rpm", "2140"), ("fan/pwmfan/pwm", "92"), ("gpu/load_permille", "941"), ("gpu/state", "on"),
            ("memory/gpu_bytes", "3221225472"),
            (
                "power/energy.stat",
                "energy_uj 1834567890\nprocesses_uj 1211000000\nunattributed_uj 601567890\nexited_uj 22000000\nerror_uj 14000000"
            ),
            ("workload/train.resnet18/pids", "4711"), ("workload/infer.mobilenetv3/pids", "4712\n4713"),
        ] { try tree.write(text, name) }
        try task(tree, 4711, "ctxsw", gpu: (71_234_000, "712", 3_120, "2254857830"), energy: ("918273645", "17211000"))
        try task(
            tree, 4712, "cuda launches", gpu: (22_310_000, "229", 51_200, "402653184"), energy: ("274000000", "5511499")
        )
        try task(
            tree, 900, "cuda boundaries", gpu: (1_000, "unmeasured", 31, "unmeasured"),
            energy: ("unmeasured", "unmeasured"))
        for (pid, name) in [(4711, "resnet18-train"), (4712, "mobilenet\u{1b}[2J"), (900, "日本語の名前")] {
            try tree.write(name, "proc/\(pid)/comm")
        }
    }

    static func task(
        _ tree: ScratchTree, _ pid: Int, _ source: String,
        gpu: (busy: Int, permille: String, minibatches: Int, memory: String),
        energy: (total: String, power: String)
    ) throws {
        try tree.write(source, "task/\(pid)/source")
        try tree.write(
            """
            busy_us \(gpu.busy)
            busy_permille \(gpu.permille)
            launches 100
            minibatches \(gpu.minibatches)
            memory_bytes \(gpu.memory)
            """, "task/\(pid)/gpu.stat")
        try tree.write("total_uj \(energy.total)\ngpu_uj 1\npower_uw \(energy.power)", "task/\(pid)/energy.stat")
    }

    /// The screen after four seconds in which 4711 had the GPU for 2,850 ms and made 72 minibatches.
    private func screen(columns: Int, order: ProcessOrder = .gpu) throws -> String {
        let tree = try ScratchTree()
        try Self.fill(tree)
        let files = TreeFiles(root: tree.path)
        var watch = ProcessWatch(tree: files, procfs: tree.path + "/proc", shortestNanoseconds: 1)
        _ = watch.read { 1_000_000_000 }
        try Self.task(
            tree, 4711, "ctxsw", gpu: (71_234_000 + 2_850_000, "712", 3_192, "2254857830"),
            energy: ("918273645", "17211000"))
        let list = watch.read { 5_000_000_000 }
        var processes = watch.described(order.sorted(list.processes))
        for index in processes.indices { processes[index].user = "robot" }
        return TopFrame(
            BoardReading(of: files), processes, total: processes.count, denied: 2, columns: columns
        ).lines.joined(separator: "\n")
    }

    @Test("In 80 columns every column is there")
    func eightyColumns() throws {
        #expect(
            try screen(columns: 80) == #"""
                fulcrum  settled on the fastest mode within 30 W
                decision train.resnet18 runs at 12_2201600_1300500000_3199000000: expected 57.2+
                power    28.7 W of 30.0 W  GPU load 94.1 %  GPU memory 3.0G
                         pwmfan 2140 rpm 36.0 %
                rails    VDDQ_VDD2_1V8AO -  VDD_CPU_CV 8.0 W  VDD_GPU_SOC 15.9 W
                         VIN_SYS_5V0 4.9 W
                temp     cpu 48.4 C  cv0 -  gpu -5.3 C
                mode     requested -  effective 12 cores 2201 / 1300 / 3199 MHz
                energy   total 1835 J  processes 1211 J  exited 22.0 J  unattributed 601.6 J
                         error 14.0 J
                LOST     slices_lost 7

                    PID USER   COMMAND    WORKLOAD  GPU%  ms/s     mW      J   MEM mini/s SOURCE
                   4711 robot  resnet18-+ train.r+  71.2 712.5  17211  918.3  2.0G   18.0 ctxsw
                   4712 robot  mobilenet+ infer.m+  22.9   0.0   5511  274.0  384M    0.0 launch
                    900 robot  日本語の+  -            -   0.0      -      -     -    0.0 bounds
                3 processes, 2 more that only root, their owner and group fulcrum may read
                """#)
    }

    @Test("In 120 columns names are whole, and a name that would clear the screen is only text")
    func wide() throws {
        let screen = try screen(columns: 120, order: .energy)
        #expect(
            screen.split(separator: "\n").suffix(5).joined(separator: "\n") == #"""
                    PID USER         COMMAND         WORKLOAD              GPU%  ms/s     mW      J   MEM mini/s SOURCE
                   4711 robot        resnet18-train  train.resnet18        71.2 712.5  17211  918.3  2.0G   18.0 ctxsw
                   4712 robot        mobilenet\u{1b+ infer.mobilenetv3     22.9   0.0   5511  274.0  384M    0.0 cuda launches
                    900 robot        日本語の名前    -                        -   0.0      -      -     -    0.0 cuda boundaries
                3 processes, 2 more that only root, their owner and group fulcrum may read
                """#)
        #expect(!screen.contains("\u{1b}"))
    }

    @Test("No line is wider than the terminal", arguments: [1, 10, 40, 79, 80, 81, 100, 119, 120, 200])
    func widths(columns: Int) throws {
        for line in try screen(columns: columns).split(separator: "\n") {
            #expect(DisplayText.width(String(line)) <= columns, "\(line)")
        }
    }

    @Test("A tree in which nothing is measured shows dashes and no zeros")
    func nothingMeasured() throws {
        let tree = try ScratchTree()
        try tree.write("0.1.0", "version")
        for name in ["power/total_uw", "budget/power_uw", "mode/effective", "gpu/load_permille", "memory/gpu_bytes"] {
            try tree.write("unmeasured", name)
        }
        let board = BoardReading(of: TreeFiles(root: tree.path))
        let process = ProcessReading(pid: 7)
        #expect(
            TopFrame(board, [process], total: 1, denied: 0, columns: 80).lines.joined(separator: "\n") == """
                fulcrum  -
                decision -
                power    - of -  GPU load -  GPU memory -
                mode     requested -  effective -

                    PID USER   COMMAND    WORKLOAD  GPU%  ms/s     mW      J   MEM mini/s SOURCE
                      7 -      -          -            -     -      -      -     -      - -
                1 process
                """)
    }

    @Test("Each order sorts by its number, unmeasured last, equal ones by pid")
    func orders() {
        var processes = (1...4).map { ProcessReading(pid: $0) }
        processes[1].gpuPermille = 5
        processes[2].gpuPermille = 700
        processes[0].powerMicrowatts = 1
        processes[3].energyMicrojoules = 0
        processes[3].memoryBytes = 9
        processes[2].memoryBytes = 8
        #expect(ProcessOrder.gpu.sorted(processes).map(\.pid) == [3, 2, 1, 4])
        #expect(ProcessOrder.power.sorted(processes).map(\.pid) == [1, 2, 3, 4])
        #expect(ProcessOrder.energy.sorted(processes).map(\.pid) == [4, 1, 2, 3])
        #expect(ProcessOrder.memory.sorted(processes).map(\.pid) == [4, 3, 1, 2])
    }
}
