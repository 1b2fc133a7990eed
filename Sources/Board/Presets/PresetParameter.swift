/// A PARAM section: what a preset can set, and where.
public struct PresetParameter: Hashable, Sendable {
    /// The TYPE of the section.
    public enum Kind: Hashable, Sendable {
        /// The value is text and is written to the file as it is.
        case file
        /// The value is a whole number: a frequency or a bound of one, in the unit of the file.
        case clock
        /// As `file`, where the name of one directory on the path changes between boots. Xavier NX has it.
        case hwmon
        /// A type that is not known here; its values are kept as text.
        case other(String)
    }

    /// The name that presets use, unique in the file.
    public let name: String
    /// The TYPE.
    public let kind: Kind
    /// The arguments in the order of the file, each name once.
    public internal(set) var arguments: [PresetArgument] = []
    /// The line of the section's header, counted from 1.
    public let line: Int

    /// The argument of that name. O(arguments).
    public subscript(argument name: String) -> PresetArgument? {
        arguments.first { $0.name == name }
    }
}

/// One file of a parameter, with the path that it has on this kernel and on the next. At least one path is there.
public struct PresetArgument: Hashable, Sendable {
    /// The name without `_KNEXT`: MAX_FREQ, CORE_0.
    public let name: String
    /// The path on the older kernel (r35, where an r36 file covers both).
    public internal(set) var path: PresetPath?
    /// The path on the newer kernel, given under the name with `_KNEXT`. Nil where both have the same.
    public internal(set) var nextKernelPath: PresetPath?
    /// The line that named it first, counted from 1.
    public let line: Int
}

/// Where an argument lies. Absolute, without `..`; whether it is a file of sysfs is for whoever writes there to check.
public enum PresetPath: Hashable, Sendable, CustomStringConvertible {
    /// A file.
    case file(String)
    /// `attribute` in the hwmonN directory below `directory`; N changes between boots.
    case hwmon(directory: String, attribute: String)

    /// The path, with `hwmon*` for the directory whose number is not known.
    public var description: String {
        switch self {
        case .file(let path): path
        case .hwmon(let directory, let attribute): "\(directory)/hwmon*/\(attribute)"
        }
    }
}
