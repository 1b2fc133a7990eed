/// A POWER_MODEL section: one mode of nvpmodel.
public struct Preset: Hashable, Sendable {
    /// The id, which nvpmodel -m takes; 0 or more.
    public let id: Int
    /// The name: MODE_30W.
    public let name: String
    /// What the preset sets, in the order in which it must be written: nvpmodel holds the GPU awake by the line before
    /// the GPU's clocks and lets it go by the line after. What no line mentions stays as it is.
    public let settings: [PresetSetting]
    /// The line of the section's header, counted from 1.
    public let line: Int
}

/// One line of a preset, with the definition that it refers to.
public struct PresetSetting: Hashable, Sendable {
    /// What is to be set.
    public enum Value: Hashable, Sendable {
        /// Of a CLOCK: the number in the file, in the unit of the knob (CPU kHz, others Hz), -1 or more.
        case number(Int)
        /// Of the other types: written as it is.
        case text(String)
    }

    /// The PARAM: CPU_A78_0.
    public let parameter: String
    /// The argument: MAX_FREQ.
    public let argument: String
    /// What is to be set.
    public let value: Value
    /// Where it is written on the older kernel; nil where the file gives a path for the newer kernel only.
    public let path: PresetPath?
    /// Where it is written on the newer kernel; nil where that has the same path.
    public let nextKernelPath: PresetPath?
    /// What the path is the knob of.
    public let knob: PresetKnob
    /// The line, counted from 1.
    public let line: Int

    /// The value as a cap. Nil where it is no number and where it means that there is no cap: -1 by the format's
    /// definition, 0 for the memory of r32 and r35, and what -1 reads back as, INT_MAX and INT64_MAX.
    public var cap: Int? {
        let number =
            switch value {
            case .number(let number): number
            case .text(let text): Int(text) ?? 0
            }
        return number <= 0 || number == Int(Int32.max) || number == Int.max ? nil : number
    }
}

extension Preset: Encodable {
    private enum CodingKeys: String, CodingKey {
        case id, name, settings
    }
}

extension PresetSetting: Encodable {
    private enum CodingKeys: String, CodingKey {
        case parameter = "param"
        case argument, value, path
        case nextKernelPath = "next_kernel_path"
        case line
    }

    /// `param`, `argument`, `value` (of a CLOCK a number as in the file, else text), `path`, `next_kernel_path` (absent
    /// where there is none) and `line`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(parameter, forKey: .parameter)
        try container.encode(argument, forKey: .argument)
        switch value {
        case .number(let number): try container.encode(number, forKey: .value)
        case .text(let text): try container.encode(text, forKey: .value)
        }
        try container.encodeIfPresent(path?.description, forKey: .path)
        try container.encodeIfPresent(nextKernelPath?.description, forKey: .nextKernelPath)
        try container.encode(line, forKey: .line)
    }
}
