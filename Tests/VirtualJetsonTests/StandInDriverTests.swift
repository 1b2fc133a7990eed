import Foundation
import Glibc
import SystemCalls
import Testing

@testable import VirtualJetson

private let isBuilt = Directory.exists(MountedBoard.products + "/libcuda.so")

/// One suite, as the board is named by the environment of this process.
@Suite(
    "Stand-in driver", .serialized, .enabled(if: MountedBoard.canMount, "\(MountedBoard.reason)"),
    .enabled(if: isBuilt, "libcuda.so is not built beside the tests."))
struct StandInDriverTests {
    typealias Handle = StandInDriver.Handle

    /// A context with a plain module, in the calling thread.
    private struct Session {
        let driver: StandInDriver
        var context: Handle = nil
        var function: Handle = nil
        var stream: Handle = nil

        init(_ board: MountedBoard) throws {
            unsafe setenv("VIRTUAL_JETSON_GPU", board.board.gpuPath, 1)
            driver = try StandInDriver(board.board.libcudaPath)
            let initialise: StandInDriver.OfFlags = try driver.symbol("cuInit")
            let create: StandInDriver.MakeContext = unsafe try driver.symbol("cuCtxCreate_v2")
            let load: StandInDriver.LoadModule = unsafe try driver.symbol("cuModuleLoadData")
            let find: StandInDriver.FindFunction = unsafe try driver.symbol("cuModuleGetFunction")
            let makeStream: StandInDriver.MakeHandle = unsafe try driver.symbol("cuStreamCreate")
            var module: Handle = nil
            try #require(initialise(0) == 0)
            try #require(unsafe create(&context, 0, 0) == 0)
            try #require(unsafe load(&module, "plain") == 0)
            try #require(unsafe find(&function, module, "kernel") == 0)
            var same: Handle = nil
            var other: Handle = nil
            try #require(unsafe find(&same, module, "kernel") == 0)
            try #require(unsafe find(&other, module, "another") == 0)
            #expect(same == function && other != function)
            try #require(unsafe makeStream(&stream, 0) == 0)
        }

        func launch(_ name: String = "cuLaunchKernel", on stream: Handle) throws -> Int32 {
            let launch: StandInDriver.Launch = unsafe try driver.symbol(name)
            return unsafe launch(function, 100, 1, 1, 64, 1, 1, 0, stream, nil, nil)
        }

        func call(_ name: String, _ handle: Handle) throws -> Int32 {
            let call: StandInDriver.OfHandle = unsafe try driver.symbol(name)
            return unsafe call(handle)
        }

        func close() throws { #expect(try call("cuCtxDestroy_v2", context) == 0) }
    }

    @Test("Launches on a capturing stream run only when their graph does, each time all of them")
    func graphs() throws {
        let board = try MountedBoard(preset: "maxn")
        let session = try Session(board)
        let begin: StandInDriver.OfHandleAndFlags = unsafe try session.driver.symbol("cuStreamBeginCapture_v2")
        let end: StandInDriver.FromHandle = unsafe try session.driver.symbol("cuStreamEndCapture")
        let instantiate: StandInDriver.Instantiate = unsafe try session.driver.symbol("cuGraphInstantiateWithFlags")
        let launch: StandInDriver.OfTwoHandles = unsafe try session.driver.symbol("cuGraphLaunch")
        var graph: Handle = nil
        var executable: Handle = nil
        #expect(begin(nil, 0) == 900)
        #expect(unsafe begin(session.stream, 0) == 0)
        for _ in 0..<5 { #expect(try session.launch(on: session.stream) == 0) }
        #expect(unsafe end(session.stream, &graph) == 0)
        #expect(unsafe end(session.stream, &graph) == 903)
        #expect(unsafe instantiate(&executable, graph, 0) == 0)
        // The executable outlives its graph.
        #expect(try session.call("cuGraphDestroy", graph) == 0)
        #expect(try session.call("cuStreamSynchronize", session.stream) == 0)
        #expect(board.board.readings?.totals.launchesCompleted == 0)
        for _ in 0..<300 { #expect(unsafe launch(executable, session.stream) == 0) }
        #expect(try session.call("cuStreamSynchronize", session.stream) == 0)
        #expect(board.board.readings?.totals.launchesCompleted == 1500)
        // A wait spoils a capture.
        #expect(unsafe begin(session.stream, 0) == 0)
        #expect(try session.call("cuStreamSynchronize", session.stream) == 900)
        #expect(try session.launch(on: session.stream) == 901)
        #expect(unsafe end(session.stream, &graph) == 901)
        #expect(graph == nil)
        #expect(try session.launch(on: session.stream) == 0)
        #expect(try session.call("cuGraphExecDestroy", executable) == 0)
        try session.close()
        #expect(board.waits { $0.finished.last?.launchesCompleted == 1501 })
    }

    @Test("Every form of launch and wait does its work once")
    func forms() throws {
        let board = try MountedBoard(preset: "maxn")
        let session = try Session(board)
        for name in [
            "cuLaunchKernel", "cuLaunchKernel_ptsz", "cuLaunchCooperativeKernel", "cuLaunchCooperativeKernel_ptsz",
        ] {
            #expect(try session.launch(name, on: nil) == 0)
        }
        for name in ["cuLaunchKernelEx", "cuLaunchKernelEx_ptsz"] {
            let launch: StandInDriver.LaunchConfigured = unsafe try session.driver.symbol(name)
            var configuration = unsafe StandInDriver.Configuration(stream: session.stream)
            #expect(unsafe launch(&configuration, session.function, nil, nil) == 0)
        }
        #expect(try session.call("cuStreamSynchronize_ptsz", nil) == 0)
        #expect(try session.call("cuStreamSynchronize", nil) == 0)
        #expect(board.board.readings?.totals.launchesCompleted == 6)
        try session.close()
    }

    @Test("The per-thread default stream waits for this thread's launches, the legacy one for all")
    func perThreadStream() throws {
        let board = try MountedBoard(preset: "maxn")
        let session = try Session(board)
        // Two hours of GPU after one short launch of this thread.
        let launch: StandInDriver.Launch = unsafe try session.driver.symbol("cuLaunchKernel")
        #expect(try session.launch("cuLaunchKernel_ptsz", on: nil) == 0)
        for _ in 0..<8 {
            #expect(unsafe launch(session.function, 1 << 30, 1, 1, 1024, 1, 1, 0, session.stream, nil, nil) == 0)
        }
        #expect(try session.call("cuStreamSynchronize_ptsz", nil) == 0)
        #expect(board.board.readings?.totals.launchesCompleted == 1)
        #expect(try session.call("cuStreamQuery", nil) == 600)
        // The board stops: what waits learns it, and so does the destruction of the context.
        board.stop()
        #expect(try session.call("cuStreamSynchronize", nil) == 46)
        try session.close()
    }

    @Test("cuGetProcAddress finds the newest form, and the per-thread one where it is asked for")
    func procedures() throws {
        let board = try MountedBoard()
        let driver = try StandInDriver(board.board.libcudaPath)
        for (name, flags, found) in [
            ("cuCtxCreate", UInt64(0), "cuCtxCreate_v2"), ("cuGetProcAddress", 0, "cuGetProcAddress_v2"),
            ("cuGraphInstantiate", 0, "cuGraphInstantiateWithFlags"), ("cuLaunchKernel", 0, "cuLaunchKernel"),
            ("cuLaunchKernel", 2, "cuLaunchKernel_ptsz"), ("cuLaunchKernelEx", 2, "cuLaunchKernelEx_ptsz"),
            ("cuStreamSynchronize", 2, "cuStreamSynchronize_ptsz"), ("cuEventRecord", 2, "cuEventRecord_ptsz"),
            ("cuGraphLaunch", 2, "cuGraphLaunch_ptsz"), ("cuMemAlloc", 2, "cuMemAlloc_v2"),
        ] {
            #expect(unsafe try driver.procedure(name, flags: flags) == dlsym(driver.library, found), "\(name)")
        }
        #expect(try driver.procedure("cuNothing") == nil)
    }

    @Test("Every exported function is found by name, and starts with the nop that makes probes cheap")
    func exports() throws {
        let board = try MountedBoard()
        let driver = try StandInDriver(board.board.libcudaPath)
        let nm = Process()
        let output = Pipe()
        nm.executableURL = URL(fileURLWithPath: "/usr/bin/nm")
        nm.arguments = ["-D", "--defined-only", driver.path]
        nm.standardOutput = output
        try nm.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        // The linker adds marks of its own, which are no functions.
        let names = text.split(separator: "\n").filter { $0.contains(" T ") }
            .compactMap { $0.split(separator: " ").last.map(String.init) }
        #expect(names.count >= 50 && names.allSatisfy { $0.hasPrefix("cu") })
        var addresses: Set<UnsafeMutableRawPointer> = []
        for name in names {
            let address = unsafe try #require(dlsym(driver.library, name))
            // No two names are one function: a probe on each counts a call once.
            #expect(unsafe addresses.insert(address).inserted, "\(name)")
            #expect(unsafe try driver.procedure(name) == address || name == "cuGetProcAddress", "\(name)")
            #if arch(x86_64)
                // endbr64 may come first. Where another program's probes are on it just now, a breakpoint stands in its place.
                let code = unsafe UnsafeRawBufferPointer(start: address, count: 5)
                let first = unsafe code[0] == 0xf3 ? code[4] : code[0]
                #expect([0x90, 0xcc].contains(first), "\(name)")
            #endif
        }
    }
}
