import CVirtualGPU
import Glibc
import SystemCalls
import SystemPackage
import Testing

@testable import VirtualJetson

/// An engine without a tree, in a directory of its own.
private final class BareEngine {
    let path: String
    let engine: GPUEngine

    init(timeScale: Double = 1000) throws {
        var template = Array("/tmp/virtual-gpu-test.XXXXXX".utf8CString)
        let directory = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) }.map { unsafe String(cString: $0) }
        }
        path = try #require(directory) + "/gpu"
        let board = BoardDescription.agxOrin64GB
        let knobs = Knobs(board, preset: board.presets[0])
        engine = try GPUEngine(
            .init(
                path: path, surfaces: VirtualBoard.builtInSurfaces, idle: board.idle,
                chips: board.chips.map(\.channels), timeScale: timeScale, railScale: 1, clocks: knobs.clocks))
    }

    deinit {
        engine.stop()
        _ = unsafe rmdir(String(path.dropLast("/gpu".count)))
    }

    func waits(until condition: (EngineReadings) -> Bool) -> Bool {
        for _ in 0..<10_000 {
            if condition(engine.readings) { return true }
            usleep(1000)
        }
        return false
    }
}

@Suite("Shared memory") struct SharedMemoryTests {
    @Test("All launches complete, also many more than the ring holds; a full ring blocks and loses nothing")
    func ringOverflow() throws {
        let bare = try BareEngine()
        let client = try GPUClient(bare.path)
        #expect(client.setSurface("resnet18-train") == 0)
        for number in 1...5003 { #expect(try client.submit(share: 1000) == UInt64(number)) }
        #expect(client.wait(5003) == 0)
        #expect(bare.engine.readings.totals.launchesCompleted == 5003)
        #expect(client.completion(5003) > client.completion(5002))
        // Its entry was used again since.
        #expect(client.completion(1) == 0)
    }

    @Test("A board has 2,048 contexts; one client more is told, and a freed one is given out again")
    func contexts() throws {
        let bare = try BareEngine()
        var clients = try (0..<2048).map { _ in try GPUClient(bare.path) }
        #expect(bare.waits { $0.contexts.count == 2048 })
        #expect(throws: Errno(rawValue: EUSERS)) { try GPUClient(bare.path) }
        clients.remove(at: 1000)
        #expect(bare.waits { $0.contexts.count == 2047 })
        clients.append(try GPUClient(bare.path))
        #expect(bare.waits { $0.contexts.count == 2048 })
        // All work at once, and each gets its own; a launch may be cut, and each cut round up.
        let counts = try clients.map { try $0.submit(cycles: 1_300_500) }
        for (client, count) in zip(clients, counts) { #expect(client.wait(count) == 0) }
        let readings = bare.engine.readings
        #expect(readings.totals.launchesCompleted == 2048)
        #expect(
            readings.contexts.allSatisfy { $0.launchesCompleted == 1 && (1000...1010).contains($0.busyNanoseconds) })
        #expect(readings.totals.contextSwitches == 2048)
    }

    @Test("Work that the board cannot price is refused, not run")
    func refusal() throws {
        let bare = try BareEngine()
        let client = try GPUClient(bare.path)
        #expect(client.setSurface("no-such-surface") == -ENOENT)
        let count = try client.submit(share: 10)
        #expect(client.wait(count) == -ECANCELED)
        #expect(throws: Errno(rawValue: ECANCELED)) { try client.submit(share: 10) }
        #expect(bare.engine.readings.totals.launchesCompleted == 0)
    }

    @Test("A waiting client learns that the engine has gone")
    func engineGone() throws {
        let bare = try BareEngine(timeScale: 1)
        let client = try GPUClient(bare.path)
        // Two hours of GPU.
        let count = try client.submit(cycles: 1_300_500_000 * 7200)
        bare.engine.stop()
        #expect(client.wait(count) == -EPIPE)
        #expect(throws: Errno.self) { try GPUClient(bare.path) }
    }

    @Test("A second engine does not take a served file; a stale file is replaced")
    func secondEngine() throws {
        let bare = try BareEngine()
        #expect(throws: EngineError.self) { try EngineMemory(path: bare.path) }
        let stale = bare.path + ".stale"
        try SmallFile.replaceAtomically(stale, with: [1, 2, 3])
        let memory = try EngineMemory(path: stale)
        memory.destroy()
        #expect(!Directory.exists(stale))
    }

    @Test("Random bytes all over the memory stop neither the engine nor its accounts", arguments: [1, 2, 3, 4])
    func hostileBytes(seed: UInt64) throws {
        let bare = try BareEngine()
        var state = seed &* 0x9e37_79b9_7f4a_7c15
        func random() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        let clients = try (0..<8).map { _ in try GPUClient(bare.path) }
        for client in clients {
            _ = client.setSurface("mobilenetv3-train")
            try client.submit(share: 1000)
        }
        let file = try OwnedDescriptor(opening: bare.path, flags: O_RDWR)
        let size = Int(lseek(file.rawValue, 0, SEEK_END))
        for round in 0..<60 {
            // Noise over the whole file, and small changes that leave most of it plausible.
            let isWhole = round % 20 == 0
            let block = (0..<(isWhole ? 1 << 18 : 64)).map { _ in UInt8(truncatingIfNeeded: random() >> 32) }
            let offsets =
                isWhole
                ? Array(stride(from: 0, through: size - block.count, by: block.count))
                : [Int(random() % UInt64(size - block.count)) & ~7]
            for offset in offsets { #expect(file.write(block, at: offset) == nil) }
            let time = bare.engine.readings.time
            bare.engine.setClocks(
                Knobs(.agxOrin64GB, preset: BoardDescription.agxOrin64GB.presets[round % 4]).clocks)
            #expect(bare.waits { $0.time > time })
        }
        // Its memory emptied, the board still serves.
        for client in clients { client.close() }
        #expect(file.write([UInt8](repeating: 0, count: size), at: 0) == nil)
        #expect(bare.waits { $0.contexts.isEmpty })
        #expect(bare.engine.readings.power.total > 5)
    }
}
