import SystemCalls

/// A mistake in a configuration file, as a sentence with file, line and key.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// The file.
    public let file: String
    /// The line, counted from 1; nil where the file as a whole is meant.
    public let line: Int?
    /// What is wrong and what was expected.
    public let problem: String

    /// The whole sentence.
    public var description: String {
        "\(file)\(line.map { ":\($0)" } ?? ""): \(problem)"
    }
}

/// Reads configuration files, one over the other.
public enum ConfigurationReader {
    /// Largest file that is read.
    static let sizeLimit = 262_144
    static let ruleLimit = 1000

    /// The files of an installed system, in the order in which they are applied: the vendor's, the administrator's, the
    /// drop-ins. `root` is put in front of each path.
    public static func installedFiles(root: String = "") -> [String] {
        tomlFiles(root + "/usr/lib/fulcrum")
            + [root + "/etc/fulcrum/fulcrum.toml"].filter(Directory.exists)
            + tomlFiles(root + "/etc/fulcrum/conf.d")
    }

    /// The directories whose changes matter to `files`; nil: to the installed ones, also those that come later.
    static func directories(of files: [String]?) -> [String] {
        guard let files else { return ["/usr/lib/fulcrum", "/etc/fulcrum", "/etc/fulcrum/conf.d"] }
        let parents = files.map { file in
            file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        }
        return Set(parents.map { $0.isEmpty ? "." : $0 }).sorted()
    }

    /// Reads `files` over the defaults. The first mistake ends it; nothing of a bad file is kept.
    public static func read(_ files: [String]) throws(ConfigurationError) -> Configuration {
        var configuration = Configuration()
        for file in files {
            let bytes: [UInt8]
            do {
                bytes = try SmallFile.bytes(file, limit: sizeLimit)
            } catch {
                throw ConfigurationError(file: file, line: nil, problem: "\(error)")
            }
            try apply(bytes, file: file, to: &configuration)
        }
        return configuration
    }

    /// Applies the content of one file to `configuration`.
    static func apply(
        _ bytes: [UInt8], file: String, to configuration: inout Configuration
    ) throws(ConfigurationError) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw ConfigurationError(file: file, line: nil, problem: "The file is not UTF-8 text.")
        }
        let document: TOMLTable
        do {
            document = try TOMLParser.parse(bytes)
        } catch {
            throw ConfigurationError(file: file, line: error.line, problem: error.problem)
        }
        let source = Source(file: file)
        for (name, line, value) in document.entries {
            if name == "workload" {
                try source.rules(value, into: &configuration)
                continue
            }
            let known = ConfigurationKey.all.filter { $0.path.hasPrefix(name + ".") }
            guard !known.isEmpty else {
                throw source.error(line, "The table [\(name)] is not known; known are \(tableNames).")
            }
            guard let table = value.table else {
                throw source.error(line, "The key \"\(name)\" must be a table: write [\(name)].")
            }
            for (key, line, value) in table.entries {
                let path = name + "." + key
                guard let schema = known.first(where: { $0.path == path }) else {
                    let keys = known.map { String($0.path.dropFirst(name.count + 1)) }.joined(separator: ", ")
                    throw source.error(line, "The key \"\(path)\" is not known; [\(name)] has \(keys).")
                }
                try source.take(value, at: line, for: schema, into: &configuration)
            }
        }
    }

    private static var tableNames: String {
        var names = [String]()
        for key in ConfigurationKey.all {
            let name = "[" + key.path.prefix { $0 != "." } + "]"
            if !names.contains(name) { names.append(name) }
        }
        return (names + ["[[workload]]"]).joined(separator: ", ")
    }

    private static func tomlFiles(_ directory: String) -> [String] {
        ((try? Directory.names(directory)) ?? []).filter { $0.hasSuffix(".toml") && !$0.hasPrefix(".") }
            .map { directory + "/" + $0 }
    }
}

/// One file being read: knows how to tell where a mistake stands.
private struct Source {
    let file: String

    func error(_ line: Int, _ problem: String) -> ConfigurationError {
        ConfigurationError(file: file, line: line, problem: problem)
    }

    func take(
        _ value: TOMLValue, at line: Int, for key: ConfigurationKey, into configuration: inout Configuration
    ) throws(ConfigurationError) {
        func mismatch() -> ConfigurationError {
            error(line, "The key \"\(key.path)\" is \(value.shown), expected \(key.expectation).")
        }
        switch key.kind {
        case .number(let range, let keyPath):
            guard let number = value.number, range.contains(number) else { throw mismatch() }
            configuration[keyPath: keyPath] = number
        case .word(let allowed, let set):
            guard let word = value.string, allowed.contains(word) else { throw mismatch() }
            set(&configuration, word)
        case .flag(let keyPath):
            guard case .boolean(let flag) = value.content else { throw mismatch() }
            configuration[keyPath: keyPath] = flag
        case .absolutePath(let keyPath):
            guard let path = value.string, path.hasPrefix("/") else { throw mismatch() }
            configuration[keyPath: keyPath] = path
        case .absolutePaths(let keyPath):
            guard let values = value.array else { throw mismatch() }
            let paths = values.compactMap(\.string).filter { $0.hasPrefix("/") }
            guard paths.count == values.count else { throw mismatch() }
            configuration[keyPath: keyPath] = paths
        }
    }

    func rules(_ value: TOMLValue, into configuration: inout Configuration) throws(ConfigurationError) {
        guard let values = value.array else {
            throw error(value.line, "\"workload\" must be a list of tables: write [[workload]].")
        }
        guard configuration.rules.count + values.count <= ConfigurationReader.ruleLimit else {
            throw error(
                value.line,
                "There are more than \(ConfigurationReader.ruleLimit) [[workload]] rules; merge some of them.")
        }
        for value in values {
            guard let table = value.table else { throw error(value.line, "Each [[workload]] must be a table.") }
            let rule = try rule(table, line: value.line)
            guard !configuration.rules.contains(where: { $0.name == rule.name }) else {
                throw error(
                    table.line(of: "name") ?? value.line,
                    "There is already a [[workload]] with the name \"\(rule.name)\".")
            }
            configuration.rules.append(rule)
        }
    }

    private func rule(_ table: TOMLTable, line: Int) throws(ConfigurationError) -> WorkloadRule {
        for (key, line, _) in table.entries where !["name", "class", "match"].contains(key) {
            throw error(line, "The key \"\(key)\" is not known; [[workload]] has name, class, match.")
        }
        guard let name = table["name"]?.string, WorkloadName.isValid(name) else {
            throw error(
                table.line(of: "name") ?? line,
                "[[workload]] needs \"name\": 1 to 64 letters, digits, '-', '_' or '.'.")
        }
        guard let word = table["class"]?.string, let workloadClass = WorkloadClass(rawValue: word) else {
            let words = WorkloadClass.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw error(
                table.line(of: "class") ?? line, "The workload \"\(name)\" needs \"class\", one of \(words).")
        }
        guard let match = table["match"] else {
            throw error(line, "The workload \"\(name)\" needs \"match\", a table or a list of tables.")
        }
        let alternatives = match.table != nil ? [match] : match.array ?? []
        guard !alternatives.isEmpty else {
            throw error(match.line, "\"match\" of \"\(name)\" must be a table or a list of tables.")
        }
        var conditions = [WorkloadRule.Condition]()
        for alternative in alternatives { conditions.append(try condition(alternative, of: name)) }
        return WorkloadRule(name: name, workloadClass: workloadClass, alternatives: conditions)
    }

    private func condition(
        _ value: TOMLValue, of name: String
    ) throws(ConfigurationError) -> WorkloadRule.Condition {
        guard let table = value.table else {
            throw error(value.line, "Each entry of \"match\" of \"\(name)\" must be a table.")
        }
        var condition = WorkloadRule.Condition()
        for (key, line, entry) in table.entries {
            let text = entry.string.flatMap { $0.isEmpty ? nil : $0 }
            switch (key, text, entry.integer) {
            case ("exe", let text?, _): condition.executable = text
            case ("cmdline", let text?, _): condition.commandLine = text
            case ("cgroup", let text?, _): condition.cgroup = text
            case ("unit", let text?, _): condition.unit = text
            case ("uid", _, let uid?) where UInt32(exactly: uid) != nil: condition.uid = uid
            default:
                throw error(
                    line,
                    "\"match\" of \"\(name)\" has a bad \"\(key)\"; it takes exe, cmdline, cgroup, unit (texts) and uid (number)."
                )
            }
        }
        guard condition != WorkloadRule.Condition() else {
            throw error(value.line, "\"match\" of \"\(name)\" is empty and would match every process.")
        }
        return condition
    }
}
