import FoundationEssentials
import Policy
import Testing

@testable import Board

/// What presets mean as power modes, and how they are listed.
@Suite struct PresetLimitsTests {
    private let grid = ModeGrid.orinAGX441

    /// A preset of `uses` over the definitions of an AGX Orin.
    private func preset(_ uses: [String]) throws -> Preset {
        let text =
            AGXOrinPresetTexts.r36 + "\n< POWER_MODEL ID=50 NAME=TEST >\n" + uses.map { $0 + "\n" }.joined()
        return try #require(try PresetFile(parsing: Array(text.utf8), file: "test.conf").preset(id: 50))
    }

    @Test func nothingSaidIsTheTop() throws {
        #expect(try preset([]).powerMode(on: grid) == grid.highest)
        #expect(try preset([]).limits.cores == nil)
    }

    @Test(arguments: ["-1", "0", "2147483647", "9223372036854775807"])
    func noCapIsTheTop(value: String) throws {
        let mode = try preset([
            "CPU_A78_0 MAX_FREQ \(value)", "GPU MAX_FREQ \(value)", "EMC MAX_FREQ \(value)",
        ]).powerMode(on: grid)
        #expect(mode == grid.highest)
    }

    @Test(arguments: [
        (318_749_999, 114_750_000), (318_750_000, 318_750_000), (318_750_001, 318_750_000), (1, 114_750_000),
        (1_300_500_001, 1_300_500_000), (Int.max - 1, 1_300_500_000),
    ])
    func roundsToTheLowerPoint(cap: Int, expected: Int) throws {
        #expect(try preset(["GPU MAX_FREQ \(cap)"]).powerMode(on: grid).gpuHz == expected)
    }

    @Test func roundsTheOtherDimensionsAlike() throws {
        let mode = try preset(
            (0..<12).map { "CPU_ONLINE CORE_\($0) \($0 < 7 ? 1 : 0)" } + [
                "CPU_A78_0 MAX_FREQ 1344001", "EMC MAX_FREQ 1",
            ]
        ).powerMode(on: grid)
        #expect(mode == PowerMode(cores: 4, cpuKHz: 1_344_000, gpuHz: 1_300_500_000, emcHz: 665_600_000))
    }

    @Test func theLowestClusterCounts() throws {
        let caps = ["CPU_A78_0 MAX_FREQ 1651200", "CPU_A78_1 MAX_FREQ -1", "CPU_A78_2 MAX_FREQ 729600"]
        #expect(try preset(caps).limits.cpuKHz == 729_600)
        #expect(try preset(caps + ["CPU_ONLINE CORE_8 0"]).limits.cpuKHz == 1_651_200, "a cluster that is off")
        #expect(try preset(["CPU_ONLINE CORE_8 0"] + caps).limits.cpuKHz == 1_651_200, "whatever comes first")
    }

    @Test func theLaterOfTwoLinesCounts() throws {
        let limits = try preset([
            "GPU MAX_FREQ 1", "GPU MAX_FREQ -1", "CPU_A78_0 MAX_FREQ -1", "CPU_A78_0 MAX_FREQ 9", "EMC MAX_FREQ 5",
            "EMC MAX_FREQ 6", "CPU_ONLINE CORE_1 1", "CPU_ONLINE CORE_1 0",
        ]).limits
        #expect(limits.gpuHz == nil)
        #expect(limits.cpuKHz == 9)
        #expect(limits.emcHz == 6)
        #expect(limits.cores == 1)
    }

    /// TX2's file has no CORE_0, and its Denver cores, 1 and 2, can be off while 3 to 5 are on.
    @Test func cpu0IsOnWithoutALine() throws {
        let uses = (1..<6).map { "CPU_ONLINE CORE_\($0) \($0 < 3 ? 0 : 1)" }
        #expect(try preset(uses).limits.cores == 4)
    }

    @Test func cpu0StaysOnAgainstItsLine() throws {
        let text = AGXOrinPresetTexts.r36.replacing(
            "CPU_ONLINE CORE_0 1", with: "CPU_ONLINE CORE_0 0", maxReplacements: 1)
        let file = try PresetFile(parsing: Array(text.utf8), file: "test.conf")
        #expect(file.presets[0].limits.cores == 12)
        #expect(file.remarks.count == 1)
        let remark = try #require(file.remarks.first)
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false)[remark.line - 1] == "CPU_ONLINE CORE_0 0")
    }

    @Test func aCapThatIsDeclaredAsTextIsACap() throws {
        let text = AGXOrinPresetTexts.r36.replacing("TYPE=CLOCK NAME=GPU >", with: "TYPE=FILE NAME=GPU >")
        let file = try PresetFile(parsing: Array(text.utf8), file: "test.conf")
        #expect(file.preset(id: 2)?.limits.gpuHz == 612_000_000)
        #expect(file.preset(id: 0)?.limits.gpuHz == nil)
    }

    @Test func switchesThatAreDeclaredAsClocksAreSwitches() throws {
        let text = AGXOrinPresetTexts.r36.replacing("TYPE=FILE NAME=CPU_ONLINE >", with: "TYPE=CLOCK NAME=CPU_ONLINE >")
        let file = try PresetFile(parsing: Array(text.utf8), file: "test.conf")
        #expect(file.presets.map(\.limits.cores) == [12, 4, 8, 12])
    }

    @Test func lowerBoundsAndMasksAreNoCaps() throws {
        let other = try preset([
            "GPU MIN_FREQ 114750000", "CPU_A78_0 MIN_FREQ 1", "TPC_POWER_GATING TPC_PG_MASK 240",
            "DLA0_CORE MAX_FREQ 7",
        ])
        #expect(other.powerMode(on: grid) == grid.highest)
    }

    @Test(arguments: [
        ("/sys/devices/system/cpu/cpu11/online", PresetKnob.core(11)), ("/sys/devices/system/cpu/cpux/online", .other),
        ("/sys/devices/system/cpu/cpu/online", .other),
        ("/sys/devices/system/cpu/cpu99999999999999999999/online", .other),
        ("/sys/devices/system/cpu/cpufreq/policy4/scaling_max_freq", .cpuMaximum(4)),
        ("/sys/devices/system/cpu/cpu6/cpufreq/scaling_min_freq", .cpuMinimum(6)),
        ("/sys/devices/system/cpu/cpu6/cpufreq/scaling_available_frequencies", .other),
        ("/sys/devices/gpu.0/devfreq/17000000.gp10b/max_freq", .gpuMaximum),
        ("/sys/devices/17000000.gv11b/devfreq_dev/min_freq", .gpuMinimum),
        ("/sys/class/devfreq/gpu-gpc-0/max_freq", .gpuMaximum),
        ("/sys/devices/platform/host1x/15340000.vic/devfreq_dev/max_freq", .other),
        ("/sys/devices/platform/host1x/15340000.vic/power/control", .other),
        ("/sys/devices/gpu.0/power/control", .gpuPowerControl), ("/sys/devices/gpu.0/gpc_pg_mask", .powerGatingMask),
        ("/sys/kernel/nvpmodel_clk_cap/emc", .emcMaximum), ("/sys/kernel/nvpmodel_emc_cap/emc_iso_cap", .emcMaximum),
        ("/", .other), ("/emc", .other),
    ])
    func knowsKnobsByPath(path: String, knob: PresetKnob) {
        let parameter = PresetParameter(name: "X", kind: .clock, line: 1)
        let old = PresetArgument(name: "MAX_FREQ", path: .file(path), line: 2)
        let new = PresetArgument(name: "MAX_FREQ", nextKernelPath: .file(path), line: 2)
        #expect(PresetKnob(parameter: parameter, argument: old) == knob)
        #expect(PresetKnob(parameter: parameter, argument: new) == knob)
    }

    @Test func knowsGPUAndMemoryByNameWhereThePathIsNew() {
        let argument = PresetArgument(name: "MAX_FREQ", path: .file("/sys/new/place"), line: 2)
        for (name, knob) in [("GPU", PresetKnob.gpuMaximum), ("EMC", .emcMaximum), ("NVENC", .other)] {
            let parameter = PresetParameter(name: name, kind: .clock, line: 1)
            #expect(PresetKnob(parameter: parameter, argument: argument) == knob)
        }
    }

    @Test func listsAsJSON() throws {
        struct Listing: Decodable {
            struct Preset: Decodable {
                let id: Int
                let name: String
                let settings: [Setting]
            }
            struct Setting: Decodable {
                let param: String
                let argument: String
                let path: String?
                let next_kernel_path: String?
                let line: Int
            }
            let `default`: Int
            let presets: [Preset]
        }
        let file = try PresetFile(parsing: Array(AGXOrinPresetTexts.r36.utf8), file: "r36.conf")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = try encoder.encode(file)
        let listing = try JSONDecoder().decode(Listing.self, from: json)
        #expect(listing.default == 2)
        #expect(listing.presets.map(\.id) == [0, 1, 2, 3])
        #expect(listing.presets.map(\.name) == file.presets.map(\.name))
        #expect(listing.presets.map(\.settings.count) == file.presets.map(\.settings.count))
        let text = String(decoding: json, as: UTF8.self)
        let emc = try #require(file.presets[2].settings.first { $0.knob == .emcMaximum })
        #expect(
            text.contains(
                #"{"argument":"MAX_FREQ","line":\#(emc.line),"next_kernel_path":"/sys/kernel/nvpmodel_clk_cap/emc","#
                    + #""param":"EMC","path":"/sys/kernel/nvpmodel_emc_cap/emc_iso_cap","value":-1}"#))
        #expect(text.contains(#""param":"CPU_ONLINE","path":"/sys/devices/system/cpu/cpu1/online","value":"1"}"#))
    }
}
