import Foundation
import PackagePlugin

/// Compiles every bpf/*.bpf.c of the package into a Swift file of the target that uses this plugin.
@main
struct BPFPlugin: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) async throws -> [Command] {
        let directory = context.package.directoryURL.appending(path: "bpf")
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
            .map { directory.appending(path: $0) }
        let sources = files.filter { $0.lastPathComponent.hasSuffix(".bpf.c") }
        let headers = files.filter { $0.pathExtension == "h" }
        guard !sources.isEmpty else {
            Diagnostics.error("There is no *.bpf.c in \(directory.path): nothing could be embedded.")
            return []
        }
        let compiler = try context.tool(named: "bpfc").url
        // The clang beside the running swift knows the BPF target; a distribution's may be absent or too old.
        let clang = (try? context.tool(named: "clang").url.path) ?? ""
        return sources.map { source in
            let name = source.lastPathComponent.replacingOccurrences(of: ".bpf.c", with: "")
            let output = context.pluginWorkDirectoryURL.appending(path: "\(name)_bpf.swift")
            return .buildCommand(
                displayName: "Compiling BPF program \(name)",
                executable: compiler,
                arguments: [source.path, output.path, clang],
                inputFiles: [source] + headers,
                outputFiles: [output])
        }
    }
}
