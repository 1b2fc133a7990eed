import VirtualFiles

extension BoardTree {
    /// Who the board is: the device tree's root, the release, the driver library where the release keeps it.
    func addIdentity() throws(FileTreeError) {
        let base = "sys/firmware/devicetree/base"
        try addText("\(base)/model", board.model + "\0")
        try addText("\(base)/compatible", board.compatible.map { $0 + "\0" }.joined())
        try addText("\(base)/serial-number", board.serialNumber + "\0")
        try tree.addLink("proc/device-tree", to: "../sys/firmware/devicetree/base")
        try addText("etc/nv_tegra_release", board.releaseLine)
        let libraries = "usr/lib/aarch64-linux-gnu/nvidia"
        // The one link that leaves the tree: the driver must be a file that the loader can map.
        try tree.addLink("\(libraries)/libcuda.so.1.1", to: libcudaPath)
        try tree.addLink("\(libraries)/libcuda.so.1", to: "libcuda.so.1.1")
        try tree.addLink("\(libraries)/libcuda.so", to: "libcuda.so.1.1")
    }
}
