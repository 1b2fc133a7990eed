import Foundation
import SystemCalls
import Testing

@testable import Telemetry

@Suite("Which libraries are probed", .serialized)
struct AttachRulesTests {
    static let canRun = CUDAProbesTests.canRun
    static let reason = CUDAProbesTests.reason

    private let driver: ScratchCUDA
    private let log: EventLog

    init() throws {
        driver = try ScratchCUDA(isSlim: true)
        log = try EventLog()
    }

    @Test("Launches through a library that was replaced by rename are caught", .enabled(if: canRun, reason))
    func replaced() throws {
        let probes = try CUDAProbes(level: .launches)
        let reader = try RingReader(probes: probes, events: log, news: EventSignal())
        let process = try driver.start()
        try driver.replaceLibrary()
        let report = probes.attachRunning()
        #expect(report.attached.map(\.path).contains(driver.library + " (deleted)"))
        try process.act("k", 1, 1_009)
        try process.act("s", 1)
        try process.finish()
        #expect(log.lastCounts(process.pid) == CUDACounts(launches: 1_009, waits: 1))
        reader.stop()
    }

    @Test("A process in a chroot with a copy of its own is caught", .enabled(if: canRun, reason))
    func chrooted() throws {
        let probes = try CUDAProbes(level: .launches)
        let reader = try RingReader(probes: probes, events: log, news: EventSignal())
        let root = driver.directory.path + "/root"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: driver.library, toPath: root + "/libcuda.so.1")
        let process = try driver.start(library: "/libcuda.so.1", root: root)
        let report = probes.attachRunning()
        #expect(report.attached.contains { $0.path.hasSuffix("/libcuda.so.1") && $0.path != driver.library })
        try process.act("k", 1, 1_013)
        try process.act("s", 1)
        try process.finish()
        #expect(log.lastCounts(process.pid) == CUDACounts(launches: 1_013, waits: 1))
        reader.stop()
    }

    @Test(
        "Of 200 copies 3 are probed where 3 is the limit; each of the others is named once",
        .enabled(if: canRun, reason))
    func manyCopies() throws {
        #expect(CUDAProbes.maximumLibraries == 64)
        let probes = try CUDAProbes(level: .boundaries, libraryLimit: 3)
        for index in 0..<200 { try place(nil, index) }
        let process = try driver.start()
        try process.act("M", 200)
        let report = probes.attachRunning()
        let own = report.attached.filter { $0.path.hasPrefix(driver.directory.path) }.count
        #expect(probes.libraries.count == 3)
        let named = report.refused.filter { $0.path.hasPrefix(driver.directory.path) }
        #expect(named.count == 201 - own)
        #expect(Set(named.map(\.path)).count == named.count)
        #expect(named.allSatisfy { $0.reason.contains($0.path) && $0.reason.contains("3 libraries") })
        let again = probes.attachRunning()
        #expect(again.attached.isEmpty && again.refused.isEmpty && again.detached.isEmpty)
        try process.finish()
    }

    @Test(
        "Crafted files and those that others can write are named, harm nobody, and leave the rest probed",
        .enabled(if: canRun, reason))
    func crafted() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: driver.library))
        var files = [Data("#!/bin/sh\n".utf8)]
        for eighth in 1..<8 { files.append(whole.prefix(whole.count * eighth / 8)) }
        files += Self.craftedELFs.map { Data($0) }
        for (index, bytes) in files.enumerated() { try place(bytes, index) }
        try place(nil, files.count)
        _ = unsafe chown(path(files.count), 1_234, 0)
        try place(nil, files.count + 1)
        _ = unsafe chmod(path(files.count + 1), 0o757)
        let process = try driver.start()
        try process.act("M", files.count + 2)
        let probes = try CUDAProbes(level: .boundaries)
        let report = probes.attachRunning()
        #expect(report.attached.filter { $0.path.hasPrefix(driver.directory.path) }.map(\.path) == [driver.library])
        for index in 0..<files.count + 2 {
            let reasons = report.refused.filter { $0.path == path(index) }
            #expect(reasons.count == 1 && reasons.allSatisfy { $0.reason.contains(path(index)) }, "file \(index)")
        }
        try process.act("s", 1)
        try process.finish()
    }

    /// ELF files that lie about themselves, each in another way.
    private static var craftedELFs: [[UInt8]] {
        let wait = "cuStreamSynchronize"
        var files = [[UInt8]]()
        func craft(_ image: SmallELF, _ change: (inout SmallELF) -> Void) {
            var image = image
            change(&image)
            files.append(image.bytes)
        }
        let one = SmallELF(functions: [(wait, 0x1000)])
        // Counts: 2^60 symbols, 65,535 sections, 65,535 segments, names of 2^63 bytes.
        craft(one) { $0.write(1 << 60, at: SmallELF.sections + 64 + 32) }
        craft(one) { $0.write(64 | UInt64(0xffff) << 32, at: 56) }
        craft(one) { $0.write(UInt64(64) << 48 | UInt64(0xffff) << 32 | 56, at: 54) }
        craft(one) { $0.write(1 << 63, at: SmallELF.sections + 128 + 32) }
        // Tables that lie over each other: symbols over the header, names over the symbols, sections over all.
        craft(one) { $0.write(0, at: SmallELF.sections + 64 + 24) }
        craft(one) { $0.write(0x200, at: SmallELF.sections + 128 + 24) }
        craft(one) { $0.write(0, at: 40) }
        // A symbol behind the end of the file, and at an address that wraps.
        craft(SmallELF(functions: [(wait, 0x1000 + 0x3ff)])) { $0.write(0x4000, at: 96) }
        craft(SmallELF(functions: [(wait, .max)])) { $0.write(.max, at: 96) }
        craft(SmallELF(functions: [(wait, 0x1000)])) { $0.write(.max - 10, at: 72) }
        // One function at more places than versions can explain.
        craft(SmallELF(functions: (0..<6).map { (wait, UInt64(0x1000 + 16 * $0)) })) { _ in }
        return files
    }

    private func path(_ index: Int) -> String { "\(driver.library).\(index)/libcuda.so.1" }

    /// Puts a copy of the library, or other bytes, where the program's "M" finds it.
    private func place(_ bytes: Data?, _ index: Int) throws {
        let url = URL(fileURLWithPath: path(index))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try (bytes ?? Data(contentsOf: URL(fileURLWithPath: driver.library))).write(to: url)
        _ = unsafe chmod(url.path, 0o755)
    }
}
