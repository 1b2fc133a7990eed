import Glibc
import SystemPackage

/// The stand-in driver, loaded into this process as a framework does.
@safe final class StandInDriver {
    typealias Handle = OpaquePointer?
    typealias OfFlags = @convention(c) (UInt32) -> Int32
    typealias OfHandle = @convention(c) (Handle) -> Int32
    typealias OfHandleAndFlags = @convention(c) (Handle, UInt32) -> Int32
    typealias OfTwoHandles = @convention(c) (Handle, Handle) -> Int32
    typealias MakeHandle = @convention(c) (UnsafeMutablePointer<Handle>, UInt32) -> Int32
    typealias MakeContext = @convention(c) (UnsafeMutablePointer<Handle>, UInt32, Int32) -> Int32
    typealias LoadModule = @convention(c) (UnsafeMutablePointer<Handle>, UnsafePointer<CChar>) -> Int32
    typealias FindFunction = @convention(c) (UnsafeMutablePointer<Handle>, Handle, UnsafePointer<CChar>) -> Int32
    typealias FromHandle = @convention(c) (Handle, UnsafeMutablePointer<Handle>) -> Int32
    typealias Instantiate = @convention(c) (UnsafeMutablePointer<Handle>, Handle, UInt64) -> Int32
    typealias Launch =
        @convention(c) (
            Handle, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, Handle, UnsafeMutableRawPointer?,
            UnsafeMutableRawPointer?
        ) -> Int32
    typealias LaunchConfigured =
        @convention(c) (UnsafeRawPointer, Handle, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Int32
    typealias FindProcedure =
        @convention(c) (
            UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutableRawPointer?>, Int32, UInt64,
            UnsafeMutablePointer<Int32>?
        ) -> Int32

    /// CUlaunchConfig.
    struct Configuration {
        var grid: (UInt32, UInt32, UInt32) = (1, 1, 1)
        var block: (UInt32, UInt32, UInt32) = (1, 1, 1)
        var sharedBytes: UInt32 = 0
        var stream: Handle = nil
        var attributes: Handle = nil
        var attributeCount: UInt32 = 0
    }

    let library: UnsafeMutableRawPointer
    let path: String

    init(_ path: String) throws {
        guard let library = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else { throw Errno.noSuchFileOrDirectory }
        unsafe self.library = library
        self.path = path
    }

    /// By its exported name.
    func symbol<Function>(_ name: String) throws -> Function {
        guard let found = unsafe dlsym(library, name) else { throw Errno.noSuchAddressOrDevice }
        return unsafe unsafeBitCast(found, to: Function.self)
    }

    /// The address that cuGetProcAddress_v2 gives; nil for none.
    func procedure(_ name: String, flags: UInt64 = 0) throws -> UnsafeMutableRawPointer? {
        let find: FindProcedure = unsafe try symbol("cuGetProcAddress_v2")
        var address: UnsafeMutableRawPointer?
        return unsafe find(name, &address, 12_060, flags, nil) == 0 ? unsafe address : nil
    }
}
