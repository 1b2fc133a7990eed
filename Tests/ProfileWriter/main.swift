import Glibc
import Policy
import ProfileStore

// Writes profiles into the store of a directory until it is killed, and prints the number of each once it is committed.
let store = try ProfileStore(directory: CommandLine.arguments[1], board: "board")

for number in 1... {
    let mode = PowerMode(cores: number % 4096, cpuKHz: 1, gpuHz: 1, emcHz: 1)
    store.record(
        StoredProfile(
            mode: mode, minibatchMilliseconds: 100, powerWatts: 10, minibatches: 40, firstAt: number, lastAt: number,
            source: .search), key: "round " + CommandLine.arguments[2], name: "Round")
    guard store.flush() else { exit(1) }
    let line = [UInt8]("\(number)\n".utf8)
    guard write(STDOUT_FILENO, line, line.count) == line.count else { exit(1) }
}
