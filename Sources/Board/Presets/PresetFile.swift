/// An nvpmodel.conf: the modes that ship with a board, called presets here, and the files that they set.
///
/// The grammar is the one in the header of every such file that NVIDIA ships:
/// ```
/// < PARAM TYPE=FILE|CLOCK|HWMON NAME=X >     then lines: ARG_NAME PATH, or for HWMON: ARG_NAME DIRECTORY FILE
/// < POWER_MODEL ID=n NAME=s >                then lines: PARAM_NAME ARG_NAME VALUE
/// < PM_CONFIG DEFAULT=n >                    mandatory
/// ```
/// An ARG_NAME that ends in `_KNEXT` gives the path of the same argument on the next kernel. `#` starts a comment.
/// Names differ between releases, typing errors included, so a use is matched with the definition in its own file
/// only.
public struct PresetFile: Hashable, Sendable {
    /// Something that the file says and that is not acted upon.
    public struct Remark: Hashable, Sendable {
        /// The line, counted from 1.
        public let line: Int
        /// What was passed over and why, as full sentences.
        public let text: String
    }

    /// The file as its reader named it.
    public let file: String
    /// What presets can set, in the order of the file.
    public let parameters: [PresetParameter]
    /// The presets, in the order of the file; at least one, with different ids that may have gaps.
    public let presets: [Preset]
    /// The preset of PM_CONFIG: what the board boots into if nobody has chosen. One of `presets`.
    public let defaultPreset: Preset
    /// What was passed over, by line: a caller that shows the presets shows these too.
    public let remarks: [Remark]

    /// The preset with that id. O(presets).
    public func preset(id: Int) -> Preset? {
        presets.first { $0.id == id }
    }

    /// The presets of that name, exactly as written. Nothing in the format keeps two from sharing one. O(presets).
    public func presets(named name: String) -> [Preset] {
        presets.filter { $0.name == name }
    }

    /// The parameter of that name. O(parameters).
    public func parameter(named name: String) -> PresetParameter? {
        parameters.first { $0.name == name }
    }
}

extension PresetFile: Encodable {
    private enum CodingKeys: String, CodingKey {
        case defaultID = "default"
        case presets
    }

    /// `default`, the id of the default preset, and `presets` in the order of the file.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(defaultPreset.id, forKey: .defaultID)
        try container.encode(presets, forKey: .presets)
    }
}
