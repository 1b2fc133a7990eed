/// Where a process's GPU time comes from, best first; published beside the number.
public enum GPUTimeSource: String, CaseIterable, Sendable {
    /// nvgpu's context-switch device: residency per process. Slices of different processes do not overlap.
    case contextSwitches = "ctxsw"
    /// Launches and waits of libcuda: from the first launch to the wait that drained it. Slices of processes overlap.
    case launches = "cuda launches"
    /// Waits of libcuda alone: from call to return. Slices of processes overlap.
    case boundaries = "cuda boundaries"
    /// Nothing measures it.
    case none = "unmeasured"
}
