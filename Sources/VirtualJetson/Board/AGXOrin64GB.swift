extension BoardDescription {
    /// Jetson AGX Orin 64 GB with L4T r36 (JetPack 6): tables and modes as in nvpmodel_p3701_0000.conf.
    ///
    /// The idle power belongs to the fit of `FittedSurface`: what the published measurements leave after taking away the
    /// work; how it is spread over the domains is an assumption.
    public static let agxOrin64GB = BoardDescription(
        name: "orin-agx-64gb", release: "r36",
        model: "NVIDIA Jetson AGX Orin Developer Kit",
        compatible: ["nvidia,p3737-0000+p3701-0005", "nvidia,tegra234"],
        serialNumber: "1420000000000",
        releaseLine: "# R36 (release), REVISION: 4.4, GCID: 0, BOARD: generic, EABI: aarch64, DATE: virtual board",
        cores: 12, coresPerCluster: 4,
        cpuKHz: (0...27).map { 115_200 + 76_800 * $0 } + [2_201_600],
        gpuHz: [
            306_000_000, 408_000_000, 510_000_000, 612_000_000, 714_000_000, 816_000_000, 918_000_000, 1_020_000_000,
            1_122_000_000, 1_224_000_000, 1_300_500_000,
        ],
        emcHz: [204_000_000, 665_600_000, 2_133_000_000, 3_199_000_000],
        gpuDevice: "17000000.gpu", gpuNode: "gpu", i2cAdapter: "c240000.i2c",
        chips: [
            PowerMonitorChip(
                device: "1-0040", hwmon: 3,
                channels: [
                    SupplyRail(
                        label: "VDD_GPU_SOC", millivolts: 20_000, shuntMicroohms: 2000,
                        share: DomainPower(gpu: 1, memory: 0.4), countsTowardTotal: true),
                    SupplyRail(
                        label: "VDD_CPU_CV", millivolts: 20_000, shuntMicroohms: 2000, share: DomainPower(cpu: 1),
                        countsTowardTotal: true),
                    SupplyRail(
                        label: "VIN_SYS_5V0", millivolts: 5000, shuntMicroohms: 2000,
                        share: DomainPower(memory: 0.6, system: 1), countsTowardTotal: true),
                ]),
            // Fed from VIN_SYS_5V0, so its power is already in the total.
            PowerMonitorChip(
                device: "1-0041", hwmon: 4,
                channels: [
                    nil,
                    SupplyRail(
                        label: "VDDQ_VDD2_1V8AO", millivolts: 5000, shuntMicroohms: 2000,
                        share: DomainPower(memory: 0.6), countsTowardTotal: false),
                    nil,
                ]),
        ],
        thermalZones: [
            ("cpu-thermal", .cpu), ("gpu-thermal", .gpu), ("soc0-thermal", .soc), ("soc1-thermal", .soc),
            ("soc2-thermal", .soc), ("tj-thermal", .hottest),
        ],
        idle: IdlePower(
            fixed: DomainPower(gpu: 3.6, cpu: 1.4, memory: 1.2, system: 4.1479), coreWatts: 0.0604,
            coreCubicWatts: 0.0136, gpuCubicWatts: 1.8421, memoryWatts: 0.9975),
        presets: [
            Preset(name: "maxn", cores: 12),
            Preset(
                name: "15w", cores: 4, cpuMinimumKHz: 729_600, cpuMaximumKHz: 1_113_600, gpuMaximumHz: 408_000_000,
                emcMaximumHz: 2_133_000_000),
            Preset(
                name: "30w", cores: 8, cpuMinimumKHz: 729_600, cpuMaximumKHz: 1_728_000, gpuMaximumHz: 612_000_000),
            Preset(
                name: "50w", cores: 12, cpuMinimumKHz: 729_600, cpuMaximumKHz: 1_497_600, gpuMaximumHz: 816_000_000),
        ],
        defaultPreset: "30w")
}
