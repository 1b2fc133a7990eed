/// A compiled BPF program, carried inside the executable so that no file beside it can be missing or replaced.
public struct BPFObject: Sendable {
    /// The source's name without ".bpf.c".
    public let name: StaticString
    let base64: StaticString

    init(name: StaticString, base64: StaticString) {
        self.name = name
        self.base64 = base64
    }

    /// The ELF object as clang wrote it: a fresh copy, O(size).
    public var bytes: [UInt8] {
        base64.withUTF8Buffer { unsafe Base64.decode($0) }
    }
}
