import ArgumentParser
import Board
import Evaluation

/// `fulcrumctl list`: the presets of an nvpmodel.conf.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the presets of an nvpmodel.conf.",
        discussion:
            "The default preset is marked with a star. Notes at the end say what is in the file and was passed over.")

    @Option(help: ArgumentHelp("The file with the presets.", valueName: "file"))
    var nvpmodelConf = PresetFile.installedPath

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let list = PresetList(file: try PresetFile(contentsOf: nvpmodelConf))
        try OutputFile.print(json ? try JSONText.of(list) : list.text)
    }
}

private struct PresetList: Encodable {
    let file: PresetFile

    var text: String {
        let presets = file.presets.flatMap { preset in
            ["\(preset.id == file.defaultPreset.id ? "*" : " ") \(preset.id)  \(preset.name)"]
                + preset.settings.map { "      \($0.parameter) \($0.argument) \($0.valueText)" }
        }
        return (presets + file.remarks.map { "note  line \($0.line): \($0.text)" }).joined(separator: "\n")
    }

    private enum CodingKeys: String, CodingKey {
        case notes, line, text
    }

    /// The keys of the file, and `notes`: line and text of what was passed over.
    func encode(to encoder: any Encoder) throws {
        try file.encode(to: encoder)
        var object = encoder.container(keyedBy: CodingKeys.self)
        var notes = object.nestedUnkeyedContainer(forKey: .notes)
        for remark in file.remarks {
            var note = notes.nestedContainer(keyedBy: CodingKeys.self)
            try note.encode(remark.line, forKey: .line)
            try note.encode(remark.text, forKey: .text)
        }
    }
}

extension PresetSetting {
    fileprivate var valueText: String {
        switch value {
        case .number(let number): "\(number)"
        case .text(let text): text
        }
    }
}
