/// Which functions of the driver are watched, and by which programs of bpf/cuda.bpf.c.
///
/// Names: cuda.h of CUDA 12 and 13. `_ptsz` and `_ptds` are the forms for per-thread default streams; cuGetProcAddress,
/// which the runtime library, PyTorch and TensorRT ask, hands out these same functions for names without a version.
struct CUDAFunction: Sendable {
    let name: String
    /// Runs at the call; nil if only the return matters.
    let atCall: String?
    /// Runs at the return; nil if only the call matters.
    let atReturn: String?

    private init(_ name: String, atCall: String? = nil, atReturn: String? = nil) {
        self.name = name
        self.atCall = atCall
        self.atReturn = atReturn
    }

    /// Those that return when the GPU has done what was asked.
    private static let waits = [
        CUDAFunction("cuStreamSynchronize", atCall: "stream_wait", atReturn: "wait_return"),
        CUDAFunction("cuStreamSynchronize_ptsz", atCall: "stream_wait_ptsz", atReturn: "wait_return"),
        CUDAFunction("cuCtxSynchronize", atCall: "context_wait", atReturn: "wait_return"),
        CUDAFunction("cuCtxSynchronize_v2", atCall: "context_wait", atReturn: "wait_return"),
        CUDAFunction("cuEventSynchronize", atCall: "event_wait", atReturn: "wait_return"),
    ]

    /// The copies that return when the bytes have arrived on the host, so everything before them is done too. Other
    /// copies without `Async` in their name may return early (cuda.h, "API synchronization behavior").
    private static let copies = [
        CUDAFunction("cuMemcpyDtoH_v2", atCall: "copy_wait", atReturn: "wait_return"),
        CUDAFunction("cuMemcpyDtoH_v2_ptds", atCall: "copy_wait_ptds", atReturn: "wait_return"),
        CUDAFunction("cuMemcpyAtoH_v2", atCall: "copy_wait", atReturn: "wait_return"),
        CUDAFunction("cuMemcpyAtoH_v2_ptds", atCall: "copy_wait_ptds", atReturn: "wait_return"),
    ]

    private static let contexts = [
        CUDAFunction("cuCtxCreate_v2", atReturn: "context_created"),
        CUDAFunction("cuCtxCreate_v3", atReturn: "context_created"),
        CUDAFunction("cuCtxCreate_v4", atReturn: "context_created"),
        CUDAFunction("cuCtxDestroy_v2", atReturn: "context_destroyed"),
        CUDAFunction("cuDevicePrimaryCtxRetain", atReturn: "primary_retained"),
        CUDAFunction("cuDevicePrimaryCtxRelease", atReturn: "primary_released"),
        CUDAFunction("cuDevicePrimaryCtxRelease_v2", atReturn: "primary_released"),
    ]

    private static let launches = [
        CUDAFunction("cuEventRecord", atCall: "event_record"),
        CUDAFunction("cuEventRecord_ptsz", atCall: "event_record_ptsz"),
        CUDAFunction("cuEventRecordWithFlags", atCall: "event_record"),
        CUDAFunction("cuEventRecordWithFlags_ptsz", atCall: "event_record_ptsz"),
        CUDAFunction("cuLaunchKernel", atCall: "kernel_launch"),
        CUDAFunction("cuLaunchKernel_ptsz", atCall: "kernel_launch_ptsz"),
        CUDAFunction("cuLaunchKernelEx", atCall: "configured_launch"),
        CUDAFunction("cuLaunchKernelEx_ptsz", atCall: "configured_launch_ptsz"),
        CUDAFunction("cuLaunchCooperativeKernel", atCall: "kernel_launch"),
        CUDAFunction("cuLaunchCooperativeKernel_ptsz", atCall: "kernel_launch_ptsz"),
        CUDAFunction("cuGraphLaunch", atCall: "graph_launch"),
        CUDAFunction("cuGraphLaunch_ptsz", atCall: "graph_launch_ptsz"),
    ]

    /// In the order of attaching: what ends work comes before what begins it, so that nothing is begun that no probe
    /// would see end.
    static func watched(at level: CUDAProbes.Level) -> [CUDAFunction] {
        switch level {
        case .off: []
        case .boundaries: waits
        case .launches: waits + copies + contexts + launches
        }
    }
}
