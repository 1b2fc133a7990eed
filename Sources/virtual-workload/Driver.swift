import Glibc

/// What went wrong, as a sentence.
struct WorkloadError: Error, CustomStringConvertible {
    let description: String
}

/// The CUDA driver, found as frameworks find it: dlopen, then cuGetProcAddress for everything else.
@safe struct Driver: Sendable {
    typealias Launch =
        @convention(c) (
            OpaquePointer?, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, OpaquePointer?,
            UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        ) -> Int32
    typealias OfFlags = @convention(c) (UInt32) -> Int32
    typealias OfNothing = @convention(c) () -> Int32
    typealias OfHandle = @convention(c) (OpaquePointer?) -> Int32
    typealias OfHandleAndFlags = @convention(c) (OpaquePointer?, UInt32) -> Int32
    typealias OfTwoHandles = @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32
    typealias MakeHandle = @convention(c) (UnsafeMutablePointer<OpaquePointer?>, UInt32) -> Int32
    typealias MakeContext = @convention(c) (UnsafeMutablePointer<OpaquePointer?>, UInt32, Int32) -> Int32
    typealias LoadModule = @convention(c) (UnsafeMutablePointer<OpaquePointer?>, UnsafePointer<CChar>) -> Int32
    typealias FindFunction =
        @convention(c) (UnsafeMutablePointer<OpaquePointer?>, OpaquePointer?, UnsafePointer<CChar>) -> Int32
    typealias ElapsedTime = @convention(c) (UnsafeMutablePointer<Float>, OpaquePointer?, OpaquePointer?) -> Int32
    typealias EndCapture = @convention(c) (OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>) -> Int32
    typealias Instantiate = @convention(c) (UnsafeMutablePointer<OpaquePointer?>, OpaquePointer?, UInt64) -> Int32
    typealias Allocate = @convention(c) (UnsafeMutablePointer<UInt64>, Int) -> Int32
    typealias CopyToDevice = @convention(c) (UInt64, UnsafeRawPointer, Int, OpaquePointer?) -> Int32
    typealias FindProcedure =
        @convention(c) (
            UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutableRawPointer?>, Int32, UInt64,
            UnsafeMutablePointer<Int32>?
        ) -> Int32
    typealias ErrorText = @convention(c) (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Int32

    let launchKernel: Launch
    let initialise: OfFlags
    let contextSynchronize: OfNothing
    let contextDestroy: OfHandle
    let contextSetCurrent: OfHandle
    let streamSynchronize: OfHandle
    let eventSynchronize: OfHandle
    let eventRecord: OfTwoHandles
    let eventElapsed: ElapsedTime
    let streamCreate: MakeHandle
    let eventCreate: MakeHandle
    let contextCreate: MakeContext
    let moduleLoad: LoadModule
    let moduleFunction: FindFunction
    let beginCapture: OfHandleAndFlags
    let endCapture: EndCapture
    let graphInstantiate: Instantiate
    let graphLaunch: OfTwoHandles
    let memoryAllocate: Allocate
    let copyToDevice: CopyToDevice
    private let errorText: ErrorText

    /// Opens the driver at `path`, a file or a name for the loader to search.
    init(_ path: String) throws(WorkloadError) {
        guard let library = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let reason = unsafe dlerror().map { unsafe String(cString: $0) } ?? "no reason given"
            throw WorkloadError(
                description:
                    "Could not load the CUDA driver \(path): \(reason). Give the path that virtual-jetson printed "
                    + "with --libcuda.")
        }
        guard let find = unsafe dlsym(library, "cuGetProcAddress_v2") else {
            throw WorkloadError(description: "Could not use \(path): it has no cuGetProcAddress_v2.")
        }
        let finder = unsafe Finder(path: path, find: unsafeBitCast(find, to: FindProcedure.self))
        unsafe launchKernel = try finder.find("cuLaunchKernel")
        initialise = try finder.find("cuInit")
        contextSynchronize = try finder.find("cuCtxSynchronize")
        unsafe contextDestroy = try finder.find("cuCtxDestroy")
        unsafe contextSetCurrent = try finder.find("cuCtxSetCurrent")
        unsafe streamSynchronize = try finder.find("cuStreamSynchronize")
        unsafe eventSynchronize = try finder.find("cuEventSynchronize")
        unsafe eventRecord = try finder.find("cuEventRecord")
        unsafe eventElapsed = try finder.find("cuEventElapsedTime")
        unsafe streamCreate = try finder.find("cuStreamCreate")
        unsafe eventCreate = try finder.find("cuEventCreate")
        unsafe contextCreate = try finder.find("cuCtxCreate")
        unsafe moduleLoad = try finder.find("cuModuleLoadData")
        unsafe moduleFunction = try finder.find("cuModuleGetFunction")
        unsafe beginCapture = try finder.find("cuStreamBeginCapture")
        unsafe endCapture = try finder.find("cuStreamEndCapture")
        unsafe graphInstantiate = try finder.find("cuGraphInstantiate")
        unsafe graphLaunch = try finder.find("cuGraphLaunch")
        unsafe memoryAllocate = try finder.find("cuMemAlloc")
        unsafe copyToDevice = try finder.find("cuMemcpyHtoDAsync")
        unsafe errorText = try finder.find("cuGetErrorString")
    }

    /// Throws a sentence unless `result` is CUDA_SUCCESS.
    func check(_ result: Int32, _ call: String) throws(WorkloadError) {
        guard result != 0 else { return }
        var text: UnsafePointer<CChar>?
        let known = unsafe errorText(result, &text) == 0
        let reason = unsafe text.map { unsafe String(cString: $0) }
        throw WorkloadError(
            description: "\(call) failed: \(known ? reason ?? "" : "unknown error") (CUDA error \(result)).")
    }

    @safe private struct Finder {
        let path: String
        let find: FindProcedure

        func find<Function>(_ name: String) throws(WorkloadError) -> Function {
            var address: UnsafeMutableRawPointer?
            var status: Int32 = 0
            guard unsafe find(name, &address, 12_060, 0, &status) == 0, let address = unsafe address else {
                throw WorkloadError(description: "Could not use \(path): it has no \(name).")
            }
            return unsafe unsafeBitCast(address, to: Function.self)
        }
    }
}
