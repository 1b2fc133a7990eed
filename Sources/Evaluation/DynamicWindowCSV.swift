/// The rows of `--csv` of dynamic: those of `ConfigurationCSV`, one per window, with its number behind.
public enum DynamicWindowCSV {
    /// The columns.
    public static let header = ConfigurationCSV.header + "," + windowColumn

    private static let windowColumn = "window"

    /// Header and rows, each line with its end. A window without requests has the rate 0.
    public static func text(_ windows: [Configuration], first: Int = 0) -> String {
        ConfigurationCSV.text(windows).split(separator: "\n").enumerated()
            .map { index, line in "\(line)," + (index == 0 ? windowColumn : "\(first + index - 1)") + "\n" }
            .joined()
    }
}
