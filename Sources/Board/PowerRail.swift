/// A power rail of a board as its device tree labels it: what it feeds, and what it is a part of.
public struct PowerRail: Hashable, Sendable {
    /// Who draws the power of a rail.
    public enum Consumer: String, Sendable {
        /// The GPU; on AGX Orin with the rest of the SoC.
        case gpu
        /// The CPU clusters; on AGX boards with the vision engines.
        case cpu
        /// GPU and CPU clusters on one supply.
        case gpuAndCPU = "gpu+cpu"
        /// Memory, input/output, regulators, or the SoC without GPU and CPU: no process has it alone.
        case shared
    }

    /// The device tree's label, "VDD_GPU_SOC".
    public let label: String
    /// Who draws its power; for a rail that others are parts of, who draws the rest.
    public let consumer: Consumer
    /// The rail that measures this one's power a second time, as it lies upstream; nil for one that is nobody's part.
    public let upstream: String?

    init(_ label: String, _ consumer: Consumer, in upstream: String? = nil) {
        self.label = label
        self.consumer = consumer
        self.upstream = upstream
    }

    /// VDDQ_VDD2_1V8AO, of the chip at 0x41, is fed from VIN_SYS_5V0: adding it would count the memory twice.
    static let agxOrin = [
        PowerRail("VDD_GPU_SOC", .gpu), PowerRail("VDD_CPU_CV", .cpu), PowerRail("VIN_SYS_5V0", .shared),
        PowerRail("VDDQ_VDD2_1V8AO", .shared, in: "VIN_SYS_5V0"),
    ]
    /// Orin NX and Nano, and Xavier NX: one supply measured at the module's input.
    static let smallModule = [
        PowerRail("VDD_IN", .shared), PowerRail("VDD_CPU_GPU_CV", .gpuAndCPU, in: "VDD_IN"),
        PowerRail("VDD_SOC", .shared, in: "VDD_IN"),
    ]
    static let agxXavier = [
        PowerRail("GPU", .gpu), PowerRail("CPU", .cpu), PowerRail("SOC", .shared), PowerRail("CV", .shared),
        PowerRail("VDDRQ", .shared), PowerRail("SYS5V", .shared),
    ]
    static let nano = [
        PowerRail("POM_5V_IN", .shared), PowerRail("POM_5V_GPU", .gpu, in: "POM_5V_IN"),
        PowerRail("POM_5V_CPU", .cpu, in: "POM_5V_IN"),
    ]
    static let tx2 = [
        PowerRail("VDD_IN", .shared), PowerRail("VDD_SYS_GPU", .gpu, in: "VDD_IN"),
        PowerRail("VDD_SYS_CPU", .cpu, in: "VDD_IN"), PowerRail("VDD_SYS_SOC", .shared, in: "VDD_IN"),
        PowerRail("VDD_SYS_DDR", .shared, in: "VDD_IN"),
    ]
    /// VIN is the INA238 at the module's input.
    static let thor = [
        PowerRail("VIN", .shared), PowerRail("VDD_GPU", .gpu, in: "VIN"),
        PowerRail("VDD_CPU_SOC_MSS", .cpu, in: "VIN"), PowerRail("VIN_SYS_5V0", .shared, in: "VIN"),
    ]
}
