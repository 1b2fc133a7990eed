import VirtualFiles

extension BoardTree {
    /// The memory clock: the cap of nvpmodel-clk-cap.c and what BPMP's debugfs shows. The clock stays at its cap; the
    /// bandwidth manager's scaling is not modelled.
    func addMemory() throws(FileTreeError) {
        try addKnob("sys/kernel/nvpmodel_clk_cap/emc", mode: 0o664, read: { String($0.emcHz) }) {
            (text: String, knobs: inout Knobs) throws(Rejection) in
            knobs.setEMCCap(try KernelNumber.whole(text))
        }
        try tree.addDirectory("sys/kernel/debug", mode: 0o700)
        let clock = "sys/kernel/debug/bpmp/debug/clk/emc"
        try addValue("\(clock)/rate") { String($0.emcHz) }
        try addText("\(clock)/min_rate", String(board.emcHz.first ?? 0))
        try addText("\(clock)/max_rate", String(board.emcHz.last ?? 0))
        try addText("\(clock)/mrq_rate_locked", "0")
    }
}
