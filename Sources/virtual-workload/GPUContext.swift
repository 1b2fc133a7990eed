/// A CUDA context with one module, shared by the threads of the process.
@safe final class GPUContext: Sendable {
    let driver: Driver
    // The driver's handles may be used from any thread.
    private nonisolated(unsafe) let context: OpaquePointer?
    private nonisolated(unsafe) let module: OpaquePointer?

    /// `image` is the module: "surface=NAME", or anything for launches that are priced in cycles.
    init(driver: Driver, image: String) throws(WorkloadError) {
        var context: OpaquePointer?
        var module: OpaquePointer?
        try driver.check(driver.initialise(0), "cuInit")
        try driver.check(unsafe driver.contextCreate(&context, 0, 0), "cuCtxCreate")
        try driver.check(unsafe driver.moduleLoad(&module, image), "cuModuleLoadData of \"\(image)\"")
        self.driver = driver
        unsafe self.context = context
        unsafe self.module = module
    }

    deinit { _ = unsafe driver.contextDestroy(context) }

    /// Makes it the calling thread's context.
    func makeCurrent() throws(WorkloadError) {
        try driver.check(unsafe driver.contextSetCurrent(context), "cuCtxSetCurrent")
    }

    func kernel(_ name: String, blocks: UInt32) throws(WorkloadError) -> Kernel {
        var function: OpaquePointer?
        try driver.check(unsafe driver.moduleFunction(&function, module, name), "cuModuleGetFunction")
        return unsafe Kernel(function: function, blocks: blocks)
    }

    /// Device memory of `bytes`.
    func allocate(bytes: Int) throws(WorkloadError) -> UInt64 {
        var address: UInt64 = 0
        try driver.check(unsafe driver.memoryAllocate(&address, bytes), "cuMemAlloc")
        return address
    }
}

/// A kernel and its grid, which is its price: parts per million of a minibatch where the module has a surface.
@safe struct Kernel: @unchecked Sendable {
    // A handle of the driver, which any thread may use.
    fileprivate let function: OpaquePointer?
    var blocks: UInt32

    fileprivate init(function: OpaquePointer?, blocks: UInt32) {
        unsafe self.function = function
        self.blocks = blocks
    }

    func launch(_ driver: Driver, stream: OpaquePointer?) throws(WorkloadError) {
        try driver.check(
            unsafe driver.launchKernel(function, blocks, 1, 1, 1, 1, 1, 0, stream, nil, nil), "cuLaunchKernel")
    }
}
