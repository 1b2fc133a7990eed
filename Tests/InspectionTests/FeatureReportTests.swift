import Testing

@testable import Inspection

@Suite("What doctor says")
struct FeatureReportTests {
    @Test("Groups, three answers, and a mark at what is needed and missing")
    func page() {
        let report = FeatureReport(
            text: """
                cuda_probes no This kernel was built without CONFIG_UPROBE_EVENTS. Use JetPack 6.
                ctxsw yes
                profile_store no Profiles are in memory only.
                power_rails yes
                knob_cpu yes
                knob_gpu unknown It is off now.
                knob_emc maybe
                gpu_memory unknown
                broken

                """)
        #expect(
            report.text == """
                GPU time of each process (one is enough)
                  no   cuda_probes      This kernel was built without CONFIG_UPROBE_EVENTS. Use JetPack 6.
                  yes  ctxsw
                Power
                  yes  power_rails
                Clocks and cores
                  yes  knob_cpu
                ! ?    knob_gpu         It is off now.
                ! ?    knob_emc         It says maybe.
                Beside (the governor works without)
                  no   profile_store    Profiles are in memory only.
                  ?    gpu_memory
                Missing: knob_gpu, knob_emc.
                """)
        #expect(report.missing == ["knob_gpu", "knob_emc"])
    }

    @Test("One source of GPU time is enough, none is not, and what nobody asked for is not missing")
    func sources() {
        let powered = "power_rails yes\nknob_cpu yes\n"
        #expect(FeatureReport(text: powered + "cuda_probes yes\nctxsw unknown ?").missing == [])
        let without = FeatureReport(text: powered + "cuda_probes no x\nctxsw no y")
        #expect(without.missing == ["ctxsw or cuda_probes"])
        #expect(without.text.contains("! no   cuda_probes"))
        #expect(FeatureReport(text: powered).missing == ["ctxsw or cuda_probes"])
    }
}
