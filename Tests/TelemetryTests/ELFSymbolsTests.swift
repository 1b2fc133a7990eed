import Foundation
import SystemCalls
import Testing

@testable import Telemetry

@Suite("ELF symbols")
struct ELFSymbolsTests {
    @Test("The offset of a libc function is where the running libc has it in its file")
    func agreesWithTheLoader() throws {
        let address = unsafe UInt64(UInt(bitPattern: dlsym(nil, "getppid")))
        try #require(address != 0)
        let truth = try #require(try Self.mapping(of: address))
        let file = try OwnedDescriptor(opening: truth.path)
        let found = try ELFSymbols.functions(
            named: ["getppid", "no_such_function", "cuStreamSynchronize"], in: file, path: truth.path)
        #expect(found == [ELFSymbols.Function(name: "getppid", fileOffset: truth.offset)])
    }

    @Test("A function with several versions is found at each of its places, once")
    func versions() throws {
        let image = SmallELF(functions: [("twice", 0x1000), ("twice", 0x1040), ("twice", 0x1000), ("once", 0x1080)])
        let found = try Self.functions(["once", "twice"], image.bytes)
        #expect(
            found == [
                .init(name: "once", fileOffset: 0x1080 - 0x1000 + 0x400),
                .init(name: "twice", fileOffset: 0x400), .init(name: "twice", fileOffset: 0x440),
            ])
    }

    @Test("A name that only begins alike is another function")
    func prefixes() throws {
        let image = SmallELF(functions: [("wait_ptsz", 0x1000)])
        #expect(try Self.functions(["wait", "wait_ptsz_x", "ptsz"], image.bytes).map(\.name) == [])
        #expect(try Self.functions(["wait_ptsz"], image.bytes).count == 1)
    }

    @Test("What is not a 64-bit ELF library is refused by name", arguments: ["", "#!/bin/sh\n", "\u{7f}ELF\u{1}\u{1}"])
    func refusesOthers(text: String) throws {
        let error = #expect(throws: ProbeError.self) { try Self.functions(["wait"], Array(text.utf8)) }
        #expect(error?.description.contains("/x/libcuda.so.1") == true)
    }

    @Test("Tables that claim to be huge are refused before they are read")
    func refusesHugeTables() throws {
        var image = SmallELF(functions: [("wait", 0x1000)])
        image.write(UInt64(ELFSymbols.maximumSymbols + 1) * 24, at: SmallELF.sections + 64 + 32)
        let error = #expect(throws: ProbeError.self) { try Self.functions(["wait"], image.bytes) }
        #expect(error?.description.contains("too large") == true)
    }

    @Test("2,000 damaged files are refused or read, and never trap")
    func survivesDamage() throws {
        let whole = SmallELF(functions: [("wait", 0x1000), ("wait_ptsz", 0x1020)])
        var random = SeededGenerator(seed: 20_241)
        let extremes: [UInt64] = [0, 1, 23, 0x7fff_ffff, 0xffff_ffff, 1 << 63, .max, .max - 63]
        var refused = 0
        var read = 0
        for _ in 0..<2_000 {
            var image = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<image.bytes.count - 8, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: image.bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: image.write(extremes.randomElement(using: &random) ?? 0, at: place & ~7)
                case 2: image.write(UInt64.random(in: .min ... .max, using: &random), at: place & ~7)
                default: image.bytes.removeLast(Int.random(in: 0...16, using: &random))
                }
            }
            do {
                _ = try Self.functions(["wait", "wait_ptsz"], image.bytes)
                read += 1
            } catch is ProbeError {
                refused += 1
            }
        }
        // Both ways were taken often, or the damage was not where it matters.
        #expect(refused > 200 && read > 200, "\(refused) refused, \(read) read")
    }

    private static func functions(_ names: [String], _ bytes: [UInt8]) throws -> [ELFSymbols.Function] {
        let directory = try ScratchDirectory()
        let path = directory.path + "/image"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let file = try OwnedDescriptor(opening: path)
        return try ELFSymbols.functions(named: names, in: file, path: "/x/libcuda.so.1")
    }

    /// The file and the offset in it that an address of this process is mapped from.
    private static func mapping(of address: UInt64) throws -> (path: String, offset: UInt64)? {
        for line in try SmallFile.text("/proc/self/maps", limit: 1 << 22).split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            let range = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard fields.count == 6, range.count == 2, range[0] <= address, address < range[1],
                let offset = UInt64(fields[2], radix: 16)
            else { continue }
            return (String(fields[5]), address - range[0] + offset)
        }
        return nil
    }
}

/// The smallest shared library that has dynamic symbols: one executable segment, addresses 0x1000 and up at file offset
/// 0x400, and the sections null, .dynsym and .dynstr.
struct SmallELF {
    static let sections = 0x100
    var bytes = [UInt8](repeating: 0, count: 0x600)

    init(functions: [(name: String, address: UInt64)]) {
        bytes.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
        write(64, at: 32)
        write(UInt64(Self.sections), at: 40)
        write(UInt64(56) << 48 | UInt64(64) << 32, at: 48)
        write(1 | UInt64(64) << 16 | UInt64(3) << 32, at: 56)
        // PT_LOAD, read and execute.
        write(1 | UInt64(5) << 32, at: 64)
        write(0x400, at: 72)
        write(0x1000, at: 80)
        write(0x200, at: 96)
        let symbols = 0x200
        let strings = 0x300
        var text: [UInt8] = [0]
        for (index, function) in functions.enumerated() {
            let symbol = symbols + 24 * (index + 1)
            write(UInt64(text.count) | UInt64(0x12) << 32 | UInt64(1) << 48, at: symbol)
            write(function.address, at: symbol + 8)
            text += Array(function.name.utf8) + [0]
        }
        bytes.replaceSubrange(strings..<strings + text.count, with: text)
        let dynsym = Self.sections + 64
        write(UInt64(11) << 32, at: dynsym)
        write(UInt64(symbols), at: dynsym + 24)
        write(UInt64(24 * (functions.count + 1)), at: dynsym + 32)
        write(2, at: dynsym + 40)
        let dynstr = dynsym + 64
        write(UInt64(3) << 32, at: dynstr)
        write(UInt64(strings), at: dynstr + 24)
        write(UInt64(text.count), at: dynstr + 32)
    }

    mutating func write(_ value: UInt64, at offset: Int) {
        for index in 0..<8 where offset + index < bytes.count {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
        }
    }
}
