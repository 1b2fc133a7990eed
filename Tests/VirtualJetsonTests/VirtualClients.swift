import Foundation
import VirtualJetson

/// A run of virtual-client: many small CUDA processes.
final class VirtualClients {
    let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ board: MountedBoard, _ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: MountedBoard.products + "/virtual-client")
        process.arguments = ["--libcuda", board.board.libcudaPath] + arguments
        process.environment = ["VIRTUAL_JETSON_GPU": board.board.gpuPath]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    /// Lets clients end that hold their contexts.
    func release() { try? input.fileHandleForWriting.close() }

    /// A line of each process, once all have ended.
    func lines() -> [String] {
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map(String.init)
    }
}
