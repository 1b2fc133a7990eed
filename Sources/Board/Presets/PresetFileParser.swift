extension PresetFile {
    /// A larger file is refused; NVIDIA's own have some ten thousand bytes.
    public static let byteLimit = 262_144

    /// Parses the bytes of an nvpmodel.conf.
    ///
    /// `file` is the name that errors carry. Throws on the first fault of the lines, then on the first use of something
    /// that is defined nowhere; a part of a file is never taken. A section of a kind that is not known here, and what
    /// stands in it, is passed over with a remark. O(bytes).
    public init(parsing bytes: [UInt8], file: String) throws(PresetFileError) {
        guard bytes.count <= Self.byteLimit else {
            throw PresetFileError(
                file: file, line: nil,
                problem: "The file has \(bytes.count) bytes; \(Self.byteLimit) are the most allowed.")
        }
        var parser = PresetFileParser(file: file)
        try parser.read(bytes)
        self = try parser.result()
    }
}

/// Collects sections line by line; uses are matched with definitions at the end, as the order of sections is free.
private struct PresetFileParser {
    private static let parameterLimit = 512
    private static let argumentLimit = 256
    private static let presetLimit = 256
    private static let settingLimit = 4_096

    private enum Section {
        case none
        case parameter(Int)
        case preset(Int)
        case defaults
        /// With the index of the remark on it.
        case unknown(Int)
    }

    private struct Use {
        let parameter: String
        let argument: String
        let value: String
        let line: Int
    }

    private struct Model {
        let id: Int
        let name: String
        let line: Int
        var uses: [Use] = []
    }

    private let file: String
    private var line = 0
    private var section = Section.none
    private var parameters: [PresetParameter] = []
    private var parameterIndex: [String: Int] = [:]
    private var models: [Model] = []
    private var lineOfID: [Int: Int] = [:]
    private var defaultID: (id: Int, line: Int)?
    private var remarks: [PresetFile.Remark] = []

    init(file: String) { self.file = file }

    mutating func read(_ bytes: [UInt8]) throws(PresetFileError) {
        // A byte order mark is what editors on Windows put first.
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            line += 1
            let content: PresetLine?
            do throws(PresetLine.Fault) {
                content = try PresetLine.parse(bytes[start..<end])
            } catch {
                throw fault(error.problem)
            }
            switch content {
            case .header(let words): try open(words)
            case .fields(let words): try take(words)
            case nil: break
            }
            start = end + 1
        }
    }

    // MARK: Sections

    private mutating func open(_ words: [String]) throws(PresetFileError) {
        let kinds = "PARAM, POWER_MODEL or PM_CONFIG"
        guard let keyword = words.first else {
            throw fault("The section header is empty; \(kinds) was expected after \"<\".")
        }
        switch keyword {
        case "PARAM": try openParameter(try attributes(words, of: keyword, known: ["TYPE", "NAME"]))
        case "POWER_MODEL": try openPreset(try attributes(words, of: keyword, known: ["ID", "NAME"]))
        case "PM_CONFIG": try openDefaults(try attributes(words, of: keyword, known: ["DEFAULT"]))
        default:
            section = .unknown(remarks.count)
            remark("The section \(quoted(keyword)) is not \(kinds). It is passed over, with the lines in it.")
        }
    }

    /// The values of the `known` keys, all of which must be there. Other keys are passed over with a remark.
    private mutating func attributes(
        _ words: [String], of keyword: String, known: [String]
    ) throws(PresetFileError) -> [String] {
        let form = "< \(keyword) " + known.map { "\($0)=..." }.joined(separator: " ") + " >"
        var values: [String: String] = [:]
        var index = 1
        while index < words.count {
            guard index + 2 < words.count, words[index] != "=", words[index + 1] == "=", words[index + 2] != "=" else {
                throw fault("\(quoted(words[index])) in the header is not of the form KEY=VALUE; \(form) was expected.")
            }
            let key = words[index]
            if !known.contains(key) {
                remark("The key \(quoted(key)) of \(keyword) is not known. It is passed over.")
            } else if values.updateValue(words[index + 2], forKey: key) != nil {
                throw fault("The header has \(key) twice; \(form) was expected.")
            }
            index += 3
        }
        var found: [String] = []
        for key in known {
            guard let value = values[key] else { throw fault("The header has no \(key); \(form) was expected.") }
            found.append(value)
        }
        return found
    }

    private mutating func openParameter(_ attributes: [String]) throws(PresetFileError) {
        let (type, name) = (attributes[0], attributes[1])
        let kind: PresetParameter.Kind
        switch type {
        case "FILE": kind = .file
        case "CLOCK": kind = .clock
        case "HWMON": kind = .hwmon
        default:
            kind = .other(type)
            remark("The type \(quoted(type)) is not FILE, CLOCK or HWMON. Its values are kept as text.")
        }
        if let index = parameterIndex[name] {
            guard parameters[index].kind == kind else {
                throw fault(
                    "PARAM \(quoted(name)) is on line \(parameters[index].line) with another TYPE; one was expected.")
            }
            section = .parameter(index)
            return
        }
        guard parameters.count < Self.parameterLimit else {
            throw fault("The file has more than \(Self.parameterLimit) PARAM sections.")
        }
        section = .parameter(parameters.count)
        parameterIndex[name] = parameters.count
        parameters.append(PresetParameter(name: name, kind: kind, line: line))
    }

    private mutating func openPreset(_ attributes: [String]) throws(PresetFileError) {
        let id = try identifier(attributes[0], key: "ID")
        if let first = lineOfID.updateValue(line, forKey: id) {
            throw fault("The ID \(id) is already on line \(first); each POWER_MODEL needs an ID of its own.")
        }
        guard models.count < Self.presetLimit else {
            throw fault("The file has more than \(Self.presetLimit) POWER_MODEL sections.")
        }
        section = .preset(models.count)
        models.append(Model(id: id, name: attributes[1], line: line))
    }

    private mutating func openDefaults(_ attributes: [String]) throws(PresetFileError) {
        if let defaultID {
            throw fault("PM_CONFIG is already on line \(defaultID.line); a file has one.")
        }
        section = .defaults
        defaultID = (try identifier(attributes[0], key: "DEFAULT"), line)
    }

    private func identifier(_ word: String, key: String) throws(PresetFileError) -> Int {
        guard let id = Self.naturalNumber(word), id <= 65_535 else {
            throw fault("\(key) is \(quoted(word)); a whole number from 0 to 65535 was expected.")
        }
        return id
    }

    // MARK: Lines of sections

    private mutating func take(_ words: [String]) throws(PresetFileError) {
        switch section {
        case .parameter(let index): try define(words, in: index)
        case .preset(let index): try use(words, in: index)
        case .unknown: break
        case .none:
            throw fault("\(quoted(words[0])) stands before the first section; < PARAM ... > was expected above it.")
        case .defaults:
            throw fault(
                "\(quoted(words[0])) stands below PM_CONFIG, which has no lines; a section was expected above it."
            )
        }
    }

    private mutating func define(_ words: [String], in index: Int) throws(PresetFileError) {
        let location: PresetPath
        switch (parameters[index].kind, words.count) {
        case (.file, 2), (.clock, 2), (.other, 2): location = .file(try path(words[1]))
        case (.hwmon, 3), (.other, 3):
            guard !words[2].contains("/"), words[2] != "..", words[2] != "." else {
                throw fault("The file is \(quoted(words[2])); a name without a directory was expected.")
            }
            location = .hwmon(directory: try path(words[1]), attribute: words[2])
        default:
            let form = parameters[index].kind == .hwmon ? "ARG_NAME DIRECTORY FILE" : "ARG_NAME PATH"
            throw fault(
                "The line of PARAM \(quoted(parameters[index].name)) has \(words.count) fields; \(form) was expected.")
        }
        let suffix = "_KNEXT"
        let isNext = words[0].hasSuffix(suffix) && words[0].utf8.count > suffix.utf8.count
        let name = isNext ? String(words[0].dropLast(suffix.utf8.count)) : words[0]
        let slot = isNext ? \PresetArgument.nextKernelPath : \PresetArgument.path
        let present = parameters[index].arguments.firstIndex { $0.name == name }
        if present == nil {
            guard parameters[index].arguments.count < Self.argumentLimit else {
                throw fault(
                    "PARAM \(quoted(parameters[index].name)) has more than \(Self.argumentLimit) arguments.")
            }
            parameters[index].arguments.append(PresetArgument(name: name, line: line))
        }
        let argument = present ?? parameters[index].arguments.count - 1
        if let known = parameters[index].arguments[argument][keyPath: slot], known != location {
            throw fault(
                "\(quoted(words[0])) is in this PARAM already, as \(quoted(known.description)); one path was expected.")
        }
        parameters[index].arguments[argument][keyPath: slot] = location
    }

    private func path(_ word: String) throws(PresetFileError) -> String {
        let parts = word.split(separator: "/")
        guard word.hasPrefix("/"), !parts.isEmpty, !parts.contains(".."), !parts.contains(".") else {
            throw fault("The path is \(quoted(word)); one that starts with \"/\" and has no \"..\" was expected.")
        }
        return word
    }

    private mutating func use(_ words: [String], in index: Int) throws(PresetFileError) {
        guard words.count == 3 else {
            throw fault(
                "The line of POWER_MODEL \(quoted(models[index].name)) has \(words.count) fields; "
                    + "PARAM_NAME ARG_NAME VALUE was expected.")
        }
        guard models[index].uses.count < Self.settingLimit else {
            throw fault("POWER_MODEL \(quoted(models[index].name)) has more than \(Self.settingLimit) lines.")
        }
        models[index].uses.append(Use(parameter: words[0], argument: words[1], value: words[2], line: line))
    }

    // MARK: The whole

    mutating func result() throws(PresetFileError) -> PresetFile {
        guard !models.isEmpty else {
            throw PresetFileError(
                file: file, line: nil,
                problem: "The file has no mode; at least one < POWER_MODEL ID=... NAME=... > was expected.")
        }
        guard let defaultID else {
            throw PresetFileError(
                file: file, line: nil,
                problem: "The file names no default mode; < PM_CONFIG DEFAULT=... >, which is mandatory, was expected.")
        }
        var presets: [Preset] = []
        for model in models {
            var settings: [PresetSetting] = []
            for use in model.uses { settings.append(try setting(use)) }
            presets.append(Preset(id: model.id, name: model.name, settings: settings, line: model.line))
        }
        guard let defaultPreset = presets.first(where: { $0.id == defaultID.id }) else {
            line = defaultID.line
            throw fault(
                "The default is \(defaultID.id), which no POWER_MODEL has; one of these was expected: "
                    + listed(presets.map { String($0.id) }) + ".")
        }
        return PresetFile(
            file: file, parameters: parameters, presets: presets, defaultPreset: defaultPreset,
            remarks: remarks.sorted { $0.line < $1.line })
    }

    private mutating func setting(_ use: Use) throws(PresetFileError) -> PresetSetting {
        line = use.line
        guard let index = parameterIndex[use.parameter] else {
            throw fault(
                "There is no PARAM \(quoted(use.parameter)) in this file; one of these was expected: "
                    + listed(parameters.map(\.name)) + ".")
        }
        let parameter = parameters[index]
        guard let argument = parameter[argument: use.argument] else {
            throw fault(
                "PARAM \(quoted(parameter.name)) has no argument \(quoted(use.argument)); one of these was expected: "
                    + listed(parameter.arguments.map(\.name)) + ".")
        }
        let knob = PresetKnob(parameter: parameter, argument: argument)
        if case .core(let number) = knob {
            guard use.value == "0" || use.value == "1" else {
                throw fault("The switch of cpu\(number) is \(quoted(use.value)); 0 (off) or 1 (on) was expected.")
            }
            if number == 0, use.value == "0" {
                remark("This switches cpu0 off, which no board can. It counts as on.")
            }
        }
        return PresetSetting(
            parameter: use.parameter, argument: use.argument, value: try value(use, of: parameter.kind),
            path: argument.path, nextKernelPath: argument.nextKernelPath, knob: knob, line: use.line)
    }

    private func value(_ use: Use, of kind: PresetParameter.Kind) throws(PresetFileError) -> PresetSetting.Value {
        guard kind == .clock else { return .text(use.value) }
        if use.value == "-1" { return .number(-1) }
        guard let number = Self.naturalNumber(use.value) else {
            throw fault(
                "The value of \(quoted(use.parameter)) \(quoted(use.argument)) is \(quoted(use.value)); "
                    + "-1 (no cap) or a whole number from 0 to \(Int.max) was expected.")
        }
        return .number(number)
    }

    private static func naturalNumber(_ word: String) -> Int? {
        word.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(word) : nil
    }

    private mutating func remark(_ text: String) {
        remarks.append(PresetFile.Remark(line: line, text: text))
    }

    private func fault(_ problem: String) -> PresetFileError {
        PresetFileError(file: file, line: line, problem: problem)
    }

    private func quoted(_ word: String) -> String { PresetLine.quoted(word) }

    /// Names for a message, the first twelve.
    private func listed(_ names: [String]) -> String {
        if names.isEmpty { return "none is defined" }
        let more = names.count > 12 ? ", ..." : ""
        return names.prefix(12).map { String($0.prefix(40)) }.joined(separator: ", ") + more
    }
}
