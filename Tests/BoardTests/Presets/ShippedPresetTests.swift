import Policy
import Testing

@testable import Board

/// The files of the boards, as far as they are documented.
@Suite struct ShippedPresetTests {
    private let r35GPU = "/sys/devices/17000000.ga10b/devfreq/17000000.ga10b"
    private let r36GPU = "/sys/devices/platform/17000000.gpu/devfreq_dev"

    @Test func readsTheR36FileOfAnAGXOrin() throws {
        let file = try PresetFile(parsing: Array(AGXOrinPresetTexts.r36.utf8), file: "r36.conf")
        #expect(file.file == "r36.conf")
        #expect(file.remarks.isEmpty)
        #expect(file.presets.map(\.id) == [0, 1, 2, 3])
        #expect(file.presets.map(\.name) == ["MAXN", "MODE_15W", "MODE_30W", "MODE_50W"])
        #expect(file.defaultPreset.name == "MODE_30W")
        #expect(
            file.parameters.map(\.name) == [
                "CPU_ONLINE", "TPC_POWER_GATING", "GPU_POWER_CONTROL_ENABLE", "GPU_POWER_CONTROL_DISABLE", "CPU_A78_0",
                "CPU_A78_1", "CPU_A78_2", "GPU", "EMC", "DLA0_CORE", "DLA0_FALCON", "DLA1_CORE", "DLA1_FALCON",
                "PVA0_VPS", "PVA0_AXI",
            ])
        let gpu = try #require(file.parameter(named: "GPU"))
        #expect(gpu.kind == .clock)
        #expect(gpu.arguments.map(\.name) == ["FREQ_TABLE", "MAX_FREQ", "MIN_FREQ"])
        let table = try #require(gpu[argument: "FREQ_TABLE"])
        #expect(table.path == .file("\(r35GPU)/available_frequencies"))
        #expect(table.nextKernelPath == .file("\(r36GPU)/available_frequencies"))
        #expect(file.parameter(named: "CPU_A78_0")?[argument: "MAX_FREQ"]?.nextKernelPath == nil)
    }

    @Test func keepsTheOrderAndBothPathsOfSettings() throws {
        let file = try PresetFile(parsing: Array(AGXOrinPresetTexts.r36.utf8), file: "r36.conf")
        let preset = try #require(file.preset(id: 2))
        #expect(preset.settings.count == 12 + 1 + 1 + 4 + 2 + 1 + 1 + 6)
        #expect(
            preset.settings[12...].prefix(10).map { "\($0.parameter) \($0.argument)" } == [
                "TPC_POWER_GATING TPC_PG_MASK", "GPU_POWER_CONTROL_ENABLE GPU_PWR_CNTL_EN", "CPU_A78_0 MIN_FREQ",
                "CPU_A78_0 MAX_FREQ", "CPU_A78_1 MIN_FREQ", "CPU_A78_1 MAX_FREQ", "GPU MIN_FREQ", "GPU MAX_FREQ",
                "GPU_POWER_CONTROL_DISABLE GPU_PWR_CNTL_DIS", "EMC MAX_FREQ",
            ])
        #expect(
            preset.settings[12...].prefix(10).map(\.knob) == [
                .powerGatingMask, .gpuPowerControl, .cpuMinimum(0), .cpuMaximum(0), .cpuMinimum(4), .cpuMaximum(4),
                .gpuMinimum, .gpuMaximum, .gpuPowerControl, .emcMaximum,
            ])
        let gpu = try #require(preset.settings.first { $0.knob == .gpuMaximum })
        #expect(gpu.value == .number(612_000_000))
        #expect(gpu.path == .file("\(r35GPU)/max_freq"))
        #expect(gpu.nextKernelPath == .file("\(r36GPU)/max_freq"))
        let lines = AGXOrinPresetTexts.r36.split(separator: "\n", omittingEmptySubsequences: false)
        for setting in file.presets.flatMap(\.settings) {
            #expect(lines[setting.line - 1].hasPrefix("\(setting.parameter) \(setting.argument) "))
        }
        #expect(lines[preset.line - 1] == "< POWER_MODEL ID=2 NAME=MODE_30W >")
        let control = preset.settings.filter { $0.knob == .gpuPowerControl }
        #expect(control.map(\.value) == [.text("on"), .text("auto")])
        #expect(preset.settings.last?.knob == .other)
        #expect(preset.setsPowerGatingMask)
    }

    /// r35 writes "no memory cap" as 0, r36 as -1.
    @Test(arguments: [35, 36])
    func meansTheSameModesOnBothReleases(release: Int) throws {
        let text = release == 35 ? AGXOrinPresetTexts.r35 : AGXOrinPresetTexts.r36
        let file = try PresetFile(parsing: Array(text.utf8), file: "orin.conf")
        let modes = file.presets.map { $0.powerMode(on: .orinAGX441).description }
        #expect(
            modes == [
                "12_2201600_1300500000_3199000000", "4_1036800_318750000_2133000000",
                "8_1651200_522750000_3199000000", "12_1344000_726750000_3199000000",
            ])
        let grid = try #require(
            ModeGrid(
                cores: Array(1...12), cpuKHz: FakeBoard.cpuKHz, gpuHz: FakeBoard.gpuHz, emcHz: FakeBoard.emcHz))
        #expect(
            file.presets.map { $0.powerMode(on: grid).description } == [
                grid.highest.description, "4_1113600_408000000_2133000000", "8_1728000_612000000_3199000000",
                "12_1497600_816000000_3199000000",
            ])
    }

    @Test func readsTheR35FileOfAnAGXOrin() throws {
        let file = try PresetFile(parsing: Array(AGXOrinPresetTexts.r35.utf8), file: "r35.conf")
        #expect(file.remarks.isEmpty)
        #expect(file.presets.flatMap(\.settings).allSatisfy { $0.nextKernelPath == nil && $0.path != nil })
        let emc = try #require(file.preset(id: 2)?.settings.first { $0.knob == .emcMaximum })
        #expect(emc.path == .file("/sys/kernel/nvpmodel_emc_cap/emc_iso_cap"))
        #expect(emc.value == .number(0))
        #expect(emc.cap == nil)
    }

    @Test func readsTheFileOfAnOrinNXWithAClockForEachCore() throws {
        let file = try PresetFile(parsing: Array(OrinNXPresetTexts.r36.utf8), file: "nx.conf")
        #expect(file.remarks.isEmpty)
        #expect(file.defaultPreset.name == "40W")
        let limits = file.presets.map(\.limits)
        #expect(limits.map(\.cores) == [8, 4, 4, 8, 8])
        #expect(limits.map(\.cpuKHz) == [nil, 1_190_400, 1_420_800, 1_497_600, 1_497_600])
        #expect(limits.map(\.gpuHz) == [nil, 612_000_000, 612_000_000, 408_000_000, 1_173_000_000])
        #expect(limits.map(\.emcHz) == [nil, 2_133_000_000, nil, nil, nil])
        let clocks = file.defaultPreset.settings.compactMap {
            if case .cpuMaximum(let cpu) = $0.knob { cpu } else { nil }
        }
        #expect(clocks == Array(0..<8))
        let mask = try #require(file.parameter(named: "FBP_POWER_GATING")?[argument: "FBP_PG_MASK"])
        #expect(mask.nextKernelPath == .file("/sys/devices/platform/gpu.0/fbp_pg_mask"))
    }

    @Test func readsCurrentLimitsOfAXavierNX() throws {
        let file = try PresetFile(parsing: Array(OlderPresetTexts.xavierNX.utf8), file: "xavier.conf")
        #expect(file.remarks.isEmpty)
        #expect(file.presets.map(\.id) == [0, 3, 8])
        #expect(file.parameter(named: "VDDIN_OC_LIMIT")?.kind == .hwmon)
        let limits = try #require(file.preset(id: 3)?.settings.suffix(2))
        let folder = "/sys/devices/platform/c250000.i2c/i2c-7/7-0040/hwmon"
        #expect(
            limits.map(\.path) == [
                .hwmon(directory: folder, attribute: "curr1_max"), .hwmon(directory: folder, attribute: "curr1_crit"),
            ])
        #expect(limits.map(\.value) == [.text("3000"), .text("5000")])
        #expect(limits.first?.path?.description == "\(folder)/hwmon*/curr1_max")
        // 520 MHz is not in this table; the kernel takes the next lower point.
        let grid = try #require(
            ModeGrid(
                cores: Array(1...6), cpuKHz: [115_200, 1_420_800, 1_497_600, 1_907_200],
                gpuHz: [114_750_000, 510_000_000, 599_250_000, 1_109_250_000], emcHz: [1_600_000_000, 1_866_000_000]))
        #expect(
            file.preset(id: 3)?.powerMode(on: grid)
                == PowerMode(cores: 2, cpuKHz: 1_497_600, gpuHz: 510_000_000, emcHz: 1_600_000_000))
        #expect(
            file.preset(id: 8)?.powerMode(on: grid)
                == PowerMode(cores: 6, cpuKHz: 115_200, gpuHz: 599_250_000, emcHz: 1_866_000_000))
    }

    @Test func readsTheFileOfANano() throws {
        let file = try PresetFile(parsing: Array(OlderPresetTexts.nano.utf8), file: "nano.conf")
        #expect(file.remarks.isEmpty)
        #expect(file.defaultPreset.name == "MAXN")
        let saving = try #require(file.presets(named: "5W").first)
        #expect(!saving.setsPowerGatingMask)
        #expect(saving.limits.cores == 2)
        #expect(saving.limits.cpuKHz == 918_000)
        #expect(saving.limits.gpuHz == 640_000_000)
        #expect(saving.limits.emcHz == 1_600_000_000)
        #expect(file.defaultPreset.limits.cores == 4)
        #expect(file.defaultPreset.limits.gpuHz == nil)
    }
}
