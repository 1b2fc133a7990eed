import CVirtualGPU
import Glibc
import SystemPackage

/// The CPU side of training: loads minibatches ahead of the GPU. On a real board this is the framework's own worker pool; here
/// the board's engine keeps its time.
@safe struct DataLoader: ~Copyable {
    private let client: OpaquePointer

    /// Claims a loading lane of the board at `gpuPath` for the workload `surface`.
    init(gpuPath: String, surface: String) throws(WorkloadError) {
        var opened: OpaquePointer?
        let result = unsafe vgpu_open(gpuPath, &opened)
        guard result == 0, let opened = unsafe opened else {
            throw WorkloadError(
                description: "Could not open the virtual board's GPU \(gpuPath): \(Errno(rawValue: -result)). "
                    + "Start virtual-jetson, or set VIRTUAL_JETSON_GPU to the path that it printed.")
        }
        guard unsafe vgpu_set_surface(opened, surface) == 0 else {
            unsafe vgpu_close(opened)
            throw WorkloadError(
                description:
                    "The virtual board knows no surface \"\(surface)\". Give it one with virtual-jetson --table.")
        }
        unsafe client = opened
    }

    deinit { unsafe vgpu_close(client) }

    /// Asks for the next minibatch; returns its number.
    func request() throws(WorkloadError) -> UInt64 {
        var count: UInt64 = 0
        try check(unsafe vgpu_submit_load(client, &count))
        return count
    }

    /// Blocks until minibatch `number` is there.
    func wait(for number: UInt64) throws(WorkloadError) { try check(unsafe vgpu_wait_load(client, number)) }

    private func check(_ result: Int32) throws(WorkloadError) {
        guard result != 0 else { return }
        throw WorkloadError(
            description: "Loading data stopped: \(Errno(rawValue: -result)). Does the virtual board still run?")
    }
}
