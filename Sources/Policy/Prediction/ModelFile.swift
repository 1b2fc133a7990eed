/// Why bytes are not a model.
public struct ModelFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file as its reader named it.
    public let file: String
    /// What is wrong and what was expected, as full sentences.
    public let problem: String

    /// `FILE: problem`.
    public var description: String { "\(file): \(problem)" }
}

// All numbers are little-endian. Byte 0: "FULCNETS". 8: format version, UInt32. 12: number of inputs, UInt32. Then five texts
// (UInt16 length, UTF-8): workload, board, source, date, base. Points and seed, UInt64. Two networks, time then power:
// steps, UInt64; validation error in percent, Double; input scale and target scale, UInt8; output offset and scale, Double; mean
// and inverse deviation of each input, Double; the parameters, Float, layer by layer, weights then biases, a row of weights per
// input. Last the CRC-32 of all before it. The layers are PowerTrain's; others would be another format version.

/// How a model file begins: tells it from other files, and which kind of model it holds, before the rest is read.
public struct ModelFileHeader: Hashable, Sendable {
    /// Whether `bytes` begin as every model file does, of any version.
    public static func begins(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

    static let magic = Array("FULCNETS".utf8)
    /// Magic, version and number of inputs.
    static let byteCount = 16

    /// The version of the format.
    public let version: UInt32
    /// The number of inputs of its networks: `PowerMode.featureCount` for a training, `InferencePoint.featureCount` for an
    /// inference. Any number, as nothing of the file has been checked.
    public let inputs: Int

    /// Reads the header. Nil where `bytes` do not begin as a model file does, or end before their number of inputs. O(1).
    public init?(_ bytes: [UInt8]) {
        guard Self.begins(bytes) else { return nil }
        var reader = ByteReader(bytes[...])
        reader.skip(Self.magic.count)
        guard let version = reader.read(UInt32.self), let inputs = reader.read(UInt32.self) else { return nil }
        self.version = version
        self.inputs = Int(inputs)
    }
}

extension PowerTrainModel {
    /// Longer files are refused before anything is read from them.
    public static var fileByteLimit: Int { 1 << 20 }
    private static var version: UInt32 { 1 }

    /// The model as the bytes of a model file.
    public func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.bytes += ModelFileHeader.magic
        writer.write(Self.version)
        writer.write(UInt32(Point.featureCount))
        for text in [origin.workload, origin.board, origin.source, origin.date, base] {
            writer.write(UInt16(text.utf8.count))
            writer.bytes += text.utf8
        }
        writer.write(UInt64(clamping: points))
        writer.write(seed)
        for trained in [time, power] {
            writer.write(UInt64(clamping: trained.steps))
            writer.write(trained.validationErrorPercent.bitPattern)
            writer.write(trained.inputs.scale.rawValue)
            writer.write(trained.output.target.rawValue)
            writer.write(trained.output.offset.bitPattern)
            writer.write(trained.output.scale.bitPattern)
            for (mean, inverse) in zip(trained.inputs.means, trained.inputs.inverseDeviations) {
                writer.write(mean.bitPattern)
                writer.write(inverse.bitPattern)
            }
            for parameter in trained.network.parameters { writer.write(parameter.bitPattern) }
        }
        writer.write(CRC32.checksum(writer.bytes))
        return writer.bytes
    }

    /// Reads the bytes of a model file; `file` is the name that errors carry. Throws where anything is damaged, and takes no part
    /// of such a file. O(n).
    public init(parsing bytes: [UInt8], file: String) throws(ModelFileError) {
        try self.init(parsing: bytes, file: file, shape: .powerTrain(inputs: Point.featureCount))
    }

    /// The same for other layers.
    init(parsing bytes: [UInt8], file: String, shape: NetworkShape) throws(ModelFileError) {
        func fault(_ problem: String) -> ModelFileError { ModelFileError(file: file, problem: problem) }
        guard bytes.count <= Self.fileByteLimit else {
            throw fault("The file has \(bytes.count) bytes; a model has \(Self.fileByteLimit) at most.")
        }
        guard ModelFileHeader.begins(bytes) else { throw fault("This is not a file of a Fulcrum model.") }
        guard let header = ModelFileHeader(bytes) else {
            throw fault("The model is cut short after \(bytes.count) bytes.")
        }
        guard header.version == Self.version else {
            throw fault("The model has format version \(header.version); this program reads version \(Self.version).")
        }
        var end = ByteReader(bytes.suffix(4))
        guard let checksum = end.read(UInt32.self), checksum == CRC32.checksum(bytes.dropLast(4)) else {
            throw fault("The checksum of the model is wrong: it is damaged or cut short. Copy or make it again.")
        }
        guard header.inputs == Point.featureCount else {
            throw fault(
                "The model has \(header.inputs) inputs and \(Point.featureCount) were expected: "
                    + "4 for a training workload, 5 for an inference.")
        }
        var reader = ByteReader(bytes.dropLast(4).dropFirst(ModelFileHeader.byteCount))
        var texts: [String] = []
        for _ in 0..<5 {
            guard let text = reader.text(limit: ModelOrigin.textLimit) else {
                throw fault("A text in the model's header is cut short or is not clean UTF-8.")
            }
            texts.append(text)
        }
        guard let points = reader.read(UInt64.self).flatMap(Int.init(exactly:)), let seed = reader.read(UInt64.self),
            let time = reader.network(shape), let power = reader.network(shape)
        else {
            throw fault("The model holds a value that no training writes, or ends early.")
        }
        guard reader.isAtEnd else { throw fault("Bytes follow the end of the model.") }
        let origin = ModelOrigin(workload: texts[0], board: texts[1], source: texts[2], date: texts[3])
        guard
            let model = Self(time: time, power: power, origin: origin, baseName: texts[4], points: points, seed: seed)
        else {
            throw fault("The networks of the model do not fit its number of inputs.")
        }
        self = model
    }
}

private struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func write(_ value: some FixedWidthInteger) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}

private struct ByteReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ count: Int) { rest = rest.dropFirst(count) }

    mutating func read<Value: FixedWidthInteger>(_: Value.Type) -> Value? {
        let size = Value.bitWidth / 8
        guard rest.count >= size else { return nil }
        var value: Value = 0
        for byte in rest.prefix(size).reversed() { value = value << 8 | Value(truncatingIfNeeded: byte) }
        rest = rest.dropFirst(size)
        return value
    }

    /// Nil where it is longer than `limit`, or is not what `ModelOrigin` would have left of it.
    mutating func text(limit: Int) -> String? {
        guard let length = read(UInt16.self), length <= limit, rest.count >= length else { return nil }
        let field = rest.prefix(Int(length))
        rest = rest.dropFirst(Int(length))
        guard let text = String(validating: field, as: UTF8.self), ModelOrigin.cleaned(text) == text else { return nil }
        return text
    }

    private mutating func double(in range: ClosedRange<Double>) -> Double? {
        guard let value = read(UInt64.self).map({ Double(bitPattern: $0) }), range.contains(value) else { return nil }
        return value
    }

    mutating func network(_ shape: NetworkShape) -> TrainedNetwork? {
        guard let steps = read(UInt64.self).flatMap(Int.init(exactly:)), let error = double(in: 0...1e15),
            let inputScale = read(UInt8.self).flatMap(NetworkSchedule.InputScale.init(rawValue:)),
            let target = read(UInt8.self).flatMap(NetworkSchedule.TargetScale.init(rawValue:)),
            let offset = double(in: -1e15...1e15), let scale = double(in: 0...1e15)
        else { return nil }
        var (means, inverses): ([Double], [Double]) = ([], [])
        for _ in 0..<shape.inputs {
            guard let mean = double(in: -1e19...1e19), let inverse = double(in: 0...1e15) else { return nil }
            means.append(mean)
            inverses.append(inverse)
        }
        guard rest.count >= shape.parameterCount * 4 else { return nil }
        var parameters: [Float] = []
        parameters.reserveCapacity(shape.parameterCount)
        for _ in 0..<shape.parameterCount {
            guard let value = read(UInt32.self).map({ Float(bitPattern: $0) }), value.isFinite else { return nil }
            parameters.append(value)
        }
        guard let network = DenseNetwork(shape: shape, parameters: parameters) else { return nil }
        return TrainedNetwork(
            network: network, inputs: InputScaling(scale: inputScale, means: means, inverseDeviations: inverses),
            output: OutputScaling(target: target, offset: offset, scale: scale), validationErrorPercent: error,
            steps: steps)
    }
}
