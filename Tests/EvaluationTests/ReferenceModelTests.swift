import MeasuredData
import Policy
import Testing

@testable import Evaluation

/// The models that are part of the project, in `models/`.
@Suite struct ReferenceModelTests {
    static let names = ["resnet18", "mobilenetv3"]

    private func model(_ name: String) throws -> PowerTrainModel<PowerMode> {
        var root = #filePath
        // Down to the repository: file, EvaluationTests, Tests.
        for _ in 0..<3 { root = root.lastIndex(of: "/").map { String(root[..<$0]) } ?? "" }
        return try PowerTrainModel(contentsOf: "\(root)/models/agx-orin-train-\(name).fulcrum-model")
    }

    @Test(arguments: names) func theyNameTheirSourceAndPredictSensibly(name: String) throws {
        let model = try model(name)
        #expect(model.points == 4_368 && model.origin.board == "Jetson AGX Orin 32 GB")
        #expect(model.provenance.contains("2407.13944") && model.provenance.contains("Dream-Lab"))
        let grid = ModeGrid.orinAGX441
        let ends = model.predict([grid.lowest, grid.highest])
        #expect(ends[0].minibatchMilliseconds > ends[1].minibatchMilliseconds * 5)
        #expect(ends[0].powerWatts < 15 && (30...70).contains(ends[1].powerWatts))
    }

    @Test(
        .enabled(if: MeasuredData.folder != nil, Comment(rawValue: MeasuredData.absence)), arguments: names)
    func theyFitWhatTheyWereMadeFrom(name: String) throws {
        let model = try model(name)
        let rows = try MeasuredData.trainingTable(name).rows
        let predictions = model.predict(rows.map(\.mode))
        func percent(_ error: (TrainingObservation, Prediction) -> Double) -> Double {
            zip(rows, predictions).reduce(0) { $0 + abs(error($1.0, $1.1)) } / Double(rows.count) * 100
        }
        #expect(percent { $1.minibatchMilliseconds / $0.minibatchMilliseconds - 1 } < 2.5)
        #expect(percent { $1.powerWatts / $0.powerWatts - 1 } < 1.5)
    }
}
