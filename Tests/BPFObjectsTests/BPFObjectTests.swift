import Testing

@testable import BPFObjects

@Suite("Embedded BPF programs")
struct BPFObjectTests {
    private let object = SectionTable(BPFObject.cuda.bytes)

    @Test(
        "Base64 decodes the vectors of RFC 4648",
        arguments: [
            ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ])
    func decodes(text: String, expected: String) {
        let bytes = unsafe [UInt8](text.utf8).withUnsafeBufferPointer { unsafe Base64.decode($0) }
        #expect(bytes == [UInt8](expected.utf8))
    }

    @Test("Base64 stops at what is not base64")
    func stops() {
        let bytes = unsafe [UInt8]("Zm9v!mFy".utf8).withUnsafeBufferPointer { unsafe Base64.decode($0) }
        #expect(bytes == [UInt8]("foo".utf8))
    }

    @Test("The object is a BPF ELF file under a licence that the kernel's helpers accept")
    func isBPF() {
        #expect(object.bytes.prefix(4).elementsEqual([0x7f, 0x45, 0x4c, 0x46]))
        #expect(object.number(at: 18, size: 2) == 247)
        #expect(object.section("license").map { Array($0) } == Array("Dual BSD/GPL\0".utf8))
    }

    @Test("Nothing in it is relocated against the kernel's BTF, so it loads on kernels without")
    func hasNoCORE() throws {
        let section = try #require(object.section(".BTF.ext"))
        let start = section.startIndex
        #expect(object.number(at: start, size: 2) == 0xeb9f)
        // struct btf_ext_header: three areas of offset and length behind the first 8 bytes; the third is CO-RE's.
        if object.number(at: start + 4, size: 4) >= 32 {
            #expect(object.number(at: start + 28, size: 4) == 0)
        }
    }

    @Test("It uses no atomic instruction that the arm64 JIT before Linux 5.18 lacks")
    func hasOnlyPlainAtomicAdd() throws {
        var adds = 0
        for (name, code) in object.programs {
            for instruction in stride(from: code.startIndex, to: code.endIndex, by: 8) {
                // BPF_STX | BPF_ATOMIC, word or double word; the immediate names the operation, 0 = add.
                guard [0xc3, 0xdb].contains(object.bytes[instruction]) else { continue }
                #expect(object.number(at: instruction + 4, size: 4) == 0, "\(name) at \(instruction)")
                adds += 1
            }
        }
        // A launch adds at two places at least, a return at one.
        #expect(adds >= 2 * 6 + 1)
    }

    @Test("It has the programs that are attached by name, and nothing that wants a newer libbpf than 0.3")
    func hasPrograms() {
        let names = Set(object.programs.map(\.name))
        #expect(names.isSuperset(of: ["raw_tp/sched_process_exit", "raw_tp/sched_process_exec"]))
        #expect(names.isSuperset(of: ["uretprobe/wait_return", "uprobe/stream_wait", "uprobe/kernel_launch"]))
        // libbpf 0.3 knows a program's kind by these words and a name behind them.
        #expect(names.allSatisfy { $0.hasPrefix("uprobe/") || $0.hasPrefix("uretprobe/") || $0.hasPrefix("raw_tp/") })
    }

    @Test("It names no path of the machine that built it")
    func isReproducible() {
        let text = String(decoding: object.bytes, as: UTF8.self)
        #expect(text.contains("cuda.bpf.c"))
        #expect(!text.contains("/cuda.bpf.c") || text.contains("bpf/cuda.bpf.c"))
        #expect(!text.contains("/home/") && !text.contains("/root/") && !text.contains("/tmp/"))
    }
}

/// The sections of an ELF64 object that we made ourselves.
private struct SectionTable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func number(at offset: Int, size: Int) -> Int {
        (0..<size).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
    }

    func section(_ name: String) -> ArraySlice<UInt8>? {
        let table = number(at: 40, size: 8)
        let names = content(of: table + 64 * number(at: 62, size: 2))
        for index in 0..<number(at: 60, size: 2) {
            let header = table + 64 * index
            let text = names[(names.startIndex + number(at: header, size: 4))...].prefix { $0 != 0 }
            if text.elementsEqual(name.utf8) { return content(of: header) }
        }
        return nil
    }

    /// Sections of instructions (SHF_EXECINSTR) that are not empty.
    var programs: [(name: String, code: ArraySlice<UInt8>)] {
        let table = number(at: 40, size: 8)
        let names = content(of: table + 64 * number(at: 62, size: 2))
        return (0..<number(at: 60, size: 2)).compactMap { index in
            let header = table + 64 * index
            guard number(at: header + 8, size: 8) & 4 != 0, number(at: header + 32, size: 8) > 0 else { return nil }
            let text = names[(names.startIndex + number(at: header, size: 4))...].prefix { $0 != 0 }
            return (String(decoding: text, as: UTF8.self), content(of: header))
        }
    }

    private func content(of header: Int) -> ArraySlice<UInt8> {
        let offset = number(at: header + 24, size: 8)
        return bytes[offset..<offset + number(at: header + 32, size: 8)]
    }
}
