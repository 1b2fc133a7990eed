import SystemPackage
import VirtualFiles

/// Builds the files of the board. Links are relative, so that the tree works under any prefix.
struct BoardTree {
    let tree = FileTree()
    let state: BoardState
    /// The stand-in CUDA driver, as an absolute path outside the tree.
    let libcudaPath: String

    var board: BoardDescription { state.board }

    init(state: BoardState, libcudaPath: String) throws(FileTreeError) {
        self.state = state
        self.libcudaPath = libcudaPath
        try addIdentity()
        try addCPUs()
        try addGPU()
        try addMemory()
        try addPowerMonitors()
        try addThermal()
        try addOverCurrent()
        try addFan()
        try addAllocations()
        try addContextSwitchTrace()
        try addEngine()
    }

    func addText(_ path: String, _ text: String, mode: UInt16 = 0o444) throws(FileTreeError) {
        try tree.add(path, .readOnly(mode: mode) { text })
    }

    func addValue(
        _ path: String, mode: UInt16 = 0o444, _ value: @escaping @Sendable (borrowing Knobs) -> String
    ) throws(FileTreeError) {
        let state = state
        try tree.add(path, .readOnly(mode: mode) { state.read { value($0) } })
    }

    func addReading(
        _ path: String, mode: UInt16 = 0o444, _ value: @escaping @Sendable (EngineReadings) -> Int
    ) throws(FileTreeError) {
        let state = state
        try tree.add(path, .readOnly(mode: mode) { String(value(state.readings)) })
    }

    /// A knob: `write` changes it or says why not.
    func addKnob(
        _ path: String, mode: UInt16 = 0o644, read: @escaping @Sendable (borrowing Knobs) -> String,
        write: @escaping @Sendable (String, inout Knobs) throws(Rejection) -> Void
    ) throws(FileTreeError) {
        let state = state
        try tree.add(
            path,
            .readWrite(
                mode: mode, read: { state.read { read($0) } },
                write: { (text: String, _: Caller) throws(Rejection) -> Void in
                    try state.change { (knobs: inout Knobs) throws(Rejection) -> Void in try write(text, &knobs) }
                }))
    }

    /// A knob that takes one of a few words.
    func addChoice(
        _ path: String, among words: [String], read: @escaping @Sendable (borrowing Knobs) -> String,
        write: @escaping @Sendable (String, inout Knobs) -> Void
    ) throws(FileTreeError) {
        try addKnob(path, read: read) { (text: String, knobs: inout Knobs) throws(Rejection) in
            guard words.contains(text) else {
                throw Rejection("expected one of \(words.joined(separator: ", ")), got \"\(text.prefix(40))\"")
            }
            write(text, &knobs)
        }
    }
}
