import SystemCalls

extension PresetFile {
    /// The link that nvpower.sh makes at boot to the board's own file in /etc/nvpmodel.
    public static let installedPath = "/etc/nvpmodel.conf"

    /// Reads and parses the file at `path`. The error says what the system or the parser found.
    public init(contentsOf path: String) throws(PresetFileError) {
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.bytes(path, limit: Self.byteLimit)
        } catch {
            throw PresetFileError(file: path, line: nil, problem: error.description)
        }
        try self.init(parsing: bytes, file: path)
    }
}
