public import Policy

/// A list of power modes, one `cores_cpu_gpu_mem` (count, kHz, Hz, Hz) per line; the first line may be the heading `powermode`.
public enum ModesFile {
    /// A longer file is refused.
    public static let byteLimit = 1 << 20

    /// The modes of the file at `path` in their order. Throws on the first line that is no mode or repeats one.
    public static func modes(contentsOf path: String) throws(EvaluationError) -> [PowerMode] {
        try modes(parsing: InputFile.bytes(path, limit: byteLimit), file: path)
    }

    static func modes(parsing bytes: [UInt8], file: String) throws(EvaluationError) -> [PowerMode] {
        var modes: [PowerMode] = []
        var lineByMode: [PowerMode: Int] = [:]
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, bytes) in lines.enumerated() {
            let blanks: [UInt8] = [0x20, 0x09, 0x0D]
            let line = String(decoding: bytes.filter { !blanks.contains($0) }, as: UTF8.self)
            if line.isEmpty || (index == 0 && line == "powermode") { continue }
            guard let mode = PowerMode(spelled: line) else {
                throw EvaluationError(
                    "\(file), line \(index + 1): \(line.prefix(60).debugDescription) is not a power mode. "
                        + "Write cores_cpu_gpu_mem in kHz and Hz, such as 4_1344000_726750000_2133000000.")
            }
            if let first = lineByMode.updateValue(index + 1, forKey: mode) {
                throw EvaluationError("\(file), line \(index + 1): The mode \(mode) is already on line \(first).")
            }
            modes.append(mode)
        }
        guard !modes.isEmpty else { throw EvaluationError("\(file): The file names no power mode.") }
        return modes
    }
}

extension PowerMode {
    /// Reads `cores_cpu_gpu_mem`, four whole numbers above 0.
    public init?(spelled text: String) {
        let values = text.split(separator: "_", omittingEmptySubsequences: false).map { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) ?? 0 : 0
        }
        guard values.count == 4, values.allSatisfy({ $0 > 0 }) else { return nil }
        self.init(cores: values[0], cpuKHz: values[1], gpuHz: values[2], emcHz: values[3])
    }
}
