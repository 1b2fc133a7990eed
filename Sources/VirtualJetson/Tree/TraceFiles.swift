import SystemPackage
import VirtualFiles

extension BoardTree {
    /// nvgpu's context-switch device under its new and its old name: one device, one opener.
    func addContextSwitchTrace() throws(FileTreeError) {
        let trace = state.engine.trace
        let names = ["dev/nvgpu/igpu0/ctxsw", "dev/nvhost-ctxsw-gpu"]
        for name in names {
            try tree.add(
                name,
                .stream(mode: 0o660) { (_: Caller) throws(Errno) -> any VirtualStream in
                    try ContextSwitchDevice(trace)
                })
        }
        // The tree holds the engine: this must not hold the tree.
        trace.onArrival { [weak tree] in
            for name in names { tree?.notify(name) }
        }
    }
}
