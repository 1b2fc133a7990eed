import Glibc
import Synchronization
import SystemCalls
import Testing

@testable import Telemetry

@Suite("A kernel without BTF")
struct HiddenBTFTests {
    @Test(
        "Programs load and attach while the kernel's BTF is hidden",
        .enabled(if: CUDAProbesTests.canRun, CUDAProbesTests.reason))
    func loads() throws {
        let driver = try ScratchCUDA(isSlim: true)
        let outcome = Mutex("the thread did not run")
        // A thread of its own: its mount namespace goes with it, and nobody else sees it.
        let thread = try SystemThread(name: "hidden-btf") {
            let text: String
            do {
                text = try hideKernelBTF() ?? attach(driver.library)
            } catch {
                text = "\(error)"
            }
            outcome.withLock { $0 = text }
        }
        thread.join()
        #expect(outcome.withLock { $0 } == "attached to cuStreamSynchronize")
    }
}

private func attach(_ library: String) throws -> String {
    let probes = try CUDAProbes(level: .boundaries)
    let attached = try probes.attach(libraryAt: library)
    return "attached to \(attached.functions.joined(separator: ", "))"
}

/// Gives the calling thread a mount namespace in which /sys/kernel/btf is empty. Returns what failed.
private func hideKernelBTF() -> String? {
    typealias Unshare = @convention(c) (Int32) -> Int32
    typealias Mount =
        @convention(c) (
            UnsafePointer<CChar>?, UnsafePointer<CChar>, UnsafePointer<CChar>?, UInt, UnsafeRawPointer?
        ) -> Int32
    // Glibc's module has neither function.
    guard let unshareAddress = unsafe dlsym(nil, "unshare"), let mountAddress = unsafe dlsym(nil, "mount") else {
        return "no unshare or mount in the C library"
    }
    let unshare = unsafe unsafeBitCast(unshareAddress, to: Unshare.self)
    let mount = unsafe unsafeBitCast(mountAddress, to: Mount.self)
    let newNamespace: Int32 = 0x2_0000
    let isPrivate: UInt = 1 << 18 | 1 << 14
    guard unshare(newNamespace) == 0 else { return "unshare: errno \(errno)" }
    guard unsafe mount("none", "/", nil, isPrivate, nil) == 0 else { return "make / private: errno \(errno)" }
    guard Directory.exists("/sys/kernel/btf") else { return nil }
    guard unsafe mount("none", "/sys/kernel/btf", "tmpfs", 0, nil) == 0 else { return "hide BTF: errno \(errno)" }
    return Directory.exists("/sys/kernel/btf/vmlinux") ? "the kernel's BTF is still there" : nil
}
