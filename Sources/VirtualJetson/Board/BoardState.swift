import Synchronization

/// The knobs, kept in step with the engine.
final class BoardState: Sendable {
    let board: BoardDescription
    let engine: GPUEngine
    private let knobs: Mutex<Knobs>

    init(board: BoardDescription, knobs: Knobs, engine: GPUEngine) {
        self.board = board
        self.engine = engine
        self.knobs = Mutex(knobs)
    }

    func read<Value, Failure: Error>(
        _ body: (borrowing Knobs) throws(Failure) -> sending Value
    ) throws(Failure) -> sending Value {
        try knobs.withLock { (knobs: inout sending Knobs) throws(Failure) -> sending Value in try body(knobs) }
    }

    /// Changes knobs; the engine has the new clocks before anybody else sees the change.
    func change<Failure: Error>(_ body: (inout Knobs) throws(Failure) -> Void) throws(Failure) {
        try knobs.withLock { (knobs: inout sending Knobs) throws(Failure) in
            let before = knobs.clocks
            try body(&knobs)
            let after = knobs.clocks
            if after != before { engine.setClocks(after) }
        }
    }

    var readings: EngineReadings { engine.readings }
}
