import Foundation

/// bpfc SOURCE.bpf.c OUTPUT.swift [CLANG]: compiles one BPF program with clang and writes it as a Swift constant.
///
/// The object travels as base64 text in a StaticString: an array literal of the same size takes seconds to compile.
@main
struct BPFCompiler {
    let source: URL
    let clang: String

    static func main() {
        do {
            let arguments = CommandLine.arguments
            guard (3...4).contains(arguments.count) else {
                throw Failure("Use: bpfc SOURCE.bpf.c OUTPUT.swift [CLANG].")
            }
            let compiler = BPFCompiler(
                source: URL(fileURLWithPath: arguments[1]),
                clang: try findClang(preferred: arguments.count == 4 ? arguments[3] : ""))
            try compiler.run(output: URL(fileURLWithPath: arguments[2]))
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            exit(1)
        }
    }

    private func run(output: URL) throws {
        let object = output.deletingPathExtension().appendingPathExtension("o")
        // The sources must stay good for boards and developers' machines alike, whichever one builds them.
        #if arch(arm64)
            try compile(architecture: "x86", to: object)
            try compile(architecture: "arm64", to: object)
        #else
            try compile(architecture: "arm64", to: object)
            try compile(architecture: "x86", to: object)
        #endif
        let bytes = try Data(contentsOf: object)
        let name = source.lastPathComponent.replacingOccurrences(of: ".bpf.c", with: "")
        let text = """
            // Made by bpfc from \(source.lastPathComponent).
            extension BPFObject {
                /// The compiled form of bpf/\(source.lastPathComponent).
                public static let \(name) = BPFObject(name: "\(name)", base64: "\(bytes.base64EncodedString())")
            }

            """
        try Data(text.utf8).write(to: output, options: .atomic)
    }

    private func compile(architecture: String, to object: URL) throws {
        let directory = source.deletingLastPathComponent().path
        var arguments = [
            "-target", "bpf", "-D__TARGET_ARCH_\(architecture)", "-O2", "-g", "-std=gnu11", "-Wall", "-Wextra",
            "-Wno-unused-parameter", "-Werror",
            // No path of the building machine in the object: the same source gives the same bytes.
            "-fdebug-compilation-dir=.", "-ffile-prefix-map=\(directory)=bpf",
        ]
        // <linux/types.h> wants <asm/types.h>, which Debian and Ubuntu keep under the machine's triplet.
        for triplet in ["x86_64-linux-gnu", "aarch64-linux-gnu"] {
            arguments += ["-idirafter", "/usr/include/\(triplet)"]
        }
        arguments += ["-c", source.path, "-o", object.path]
        let process = Process()
        process.executableURL = URL(fileURLWithPath: clang)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw Failure(
                "\(clang) could not compile \(source.path) for BPF on \(architecture) (status "
                    + "\(process.terminationStatus)). Its messages are above. If headers are missing, install "
                    + "libbpf-dev and linux-libc-dev.")
        }
    }

    private static func findClang(preferred: String) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let candidates = [preferred] + path.split(separator: ":").map { "\($0)/clang" }
        for candidate in candidates where !candidate.isEmpty {
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw Failure(
            "No clang was found beside swift or in PATH (\(path)), and the BPF programs need one. "
                + "Put the bin directory of the Swift toolchain, which has a clang, into PATH.")
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
