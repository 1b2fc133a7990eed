import Testing

@testable import Policy

@Suite struct ModelFileTests {
    typealias Model = PowerTrainModel<PowerMode>
    static let shape = NetworkShape(inputs: 4, hidden: [3, 2], dropout: [])

    /// A model of a few hundred bytes, so that each of them can be tried.
    private func model(shape: NetworkShape = shape, workload: String = "ResNet-18 training") throws -> Model {
        var generator = Policy.SeededGenerator(seed: 1)
        func network() -> TrainedNetwork {
            TrainedNetwork(
                network: DenseNetwork(shape: shape, using: &generator),
                inputs: InputScaling(SyntheticSurface.modes, scale: .logarithmic),
                output: OutputScaling(target: .logarithmic, offset: 4, scale: 0.5), validationErrorPercent: 3.25,
                steps: 1_980)
        }
        let origin = ModelOrigin(workload: workload, board: "Orin AGX", source: "train.csv", date: "2026-01-01")
        return try #require(
            Model(time: network(), power: network(), origin: origin, baseName: "the reference", points: 50, seed: .max))
    }

    @Test func aModelSurvivesItsFile() throws {
        let model = try model(shape: .powerTrain(inputs: 4))
        let bytes = model.encoded()
        #expect(bytes.count < Model.fileByteLimit)
        let parsed = try Model(parsing: bytes, file: "model")
        #expect(parsed == model)
        #expect(parsed.provenance == model.provenance)
        #expect(parsed.predict(SyntheticSurface.modes) == model.predict(SyntheticSurface.modes))
    }

    @Test func theBytesAreThoseOfTheDescription() throws {
        let bytes = try model(workload: "A").encoded()
        #expect(bytes.prefix(20).elementsEqual(Array("FULCNETS".utf8) + [1, 0, 0, 0, 4, 0, 0, 0, 1, 0, 65, 8]))
        #expect(CRC32.checksum("123456789".utf8) == 0xCBF4_3926)
    }

    @Test func theHeaderTellsTheKindOfModelOrThatThereIsNone() throws {
        let training = try model(shape: .powerTrain(inputs: 4)).encoded()
        #expect(ModelFileHeader(training)?.inputs == PowerMode.featureCount && ModelFileHeader(training)?.version == 1)
        var inference = training
        inference[12] = 5
        #expect(ModelFileHeader(inference)?.inputs == InferencePoint.featureCount)
        #expect(ModelFileHeader(Array(training.prefix(16))) == ModelFileHeader(training))
        for count in 0..<16 {
            let bytes = Array(training.prefix(count))
            #expect(ModelFileHeader(bytes) == nil && ModelFileHeader.begins(bytes) == (count >= 8))
        }
        #expect(!ModelFileHeader.begins(Array("mode,time,power".utf8)) && ModelFileHeader(inference.reversed()) == nil)
        // Bytes above 31 bits are a number, not a trap.
        #expect(ModelFileHeader(training.prefix(8) + Array(repeating: 255, count: 8))?.inputs == 0xFFFF_FFFF)
    }

    @Test func everyTruncationIsRefused() throws {
        let bytes = try model().encoded()
        for count in 0..<bytes.count {
            #expect(throws: ModelFileError.self) {
                try Model(parsing: Array(bytes.prefix(count)), file: "model", shape: Self.shape)
            }
        }
        #expect(throws: ModelFileError.self) { try Model(parsing: bytes + [0], file: "model", shape: Self.shape) }
    }

    @Test func everyFlippedBitIsRefused() throws {
        var bytes = try model().encoded()
        for index in bytes.indices {
            for bit in 0..<8 {
                bytes[index] ^= 1 << bit
                #expect(throws: ModelFileError.self) {
                    try Model(parsing: bytes, file: "model", shape: Self.shape)
                }
                bytes[index] ^= 1 << bit
            }
        }
    }

    /// Damage with a right checksum, as someone who means it would make.
    @Test func damageWithARightChecksumIsRefusedOrHarmless() throws {
        let original = try model().encoded()
        var generator = Policy.SeededGenerator(seed: 2)
        var accepted = 0
        for _ in 0..<2_000 {
            var bytes = original
            for _ in 0..<1 + generator.index(below: 3) {
                bytes[8 + generator.index(below: bytes.count - 12)] = UInt8(truncatingIfNeeded: generator.next())
            }
            if generator.index(below: 4) == 0 { bytes.removeLast(1 + generator.index(below: bytes.count - 12)) }
            let checksum = CRC32.checksum(bytes.dropLast(4))
            bytes.replaceSubrange(
                bytes.count - 4..<bytes.count,
                with: (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * $0)) })
            guard let model = try? Model(parsing: bytes, file: "model", shape: Self.shape) else { continue }
            accepted += 1
            let odd = PowerMode(cores: .max, cpuKHz: .min, gpuHz: 0, emcHz: -1)
            for prediction in model.predict([SyntheticSurface.modes[0], odd]) {
                #expect(prediction.minibatchMilliseconds.isFinite && prediction.minibatchMilliseconds > 0)
                #expect(prediction.powerWatts.isFinite && prediction.powerWatts > 0)
            }
            #expect(!model.provenance.isEmpty)
        }
        #expect(accepted > 100)
    }

    @Test func errorsAreSentencesWithTheFile() throws {
        let bytes = try model(shape: .powerTrain(inputs: 4)).encoded()
        func problem(_ bytes: [UInt8]) -> String {
            do throws(ModelFileError) {
                _ = try Model(parsing: bytes, file: "/m")
                return ""
            } catch { return error.description }
        }
        #expect(problem([]) == "/m: This is not a file of a Fulcrum model.")
        #expect(problem(Array(repeating: 0, count: Model.fileByteLimit + 1)).contains("1048577 bytes"))
        var other = bytes
        other[8] = 9
        #expect(problem(other).contains("format version 9; this program reads version 1"))
        #expect(problem(Array(bytes.prefix(10))).contains("cut short"))
        #expect(problem(bytes.dropLast()).contains("checksum"))
        #expect(throws: ModelFileError.self) { try PowerTrainModel<InferencePoint>(parsing: bytes, file: "/m") }
    }

    @Test func textsAreCutAndCleaned() {
        let origin = ModelOrigin(
            workload: "a\u{1B}[31mb\nc\u{202E}", board: String(repeating: "\u{E9}", count: 300), source: "", date: "")
        #expect(origin.workload == "a [31mb c ")
        #expect(origin.board.utf8.count == ModelOrigin.textLimit)
    }
}
