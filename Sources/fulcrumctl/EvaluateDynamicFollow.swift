import ArgumentParser
import Evaluation
import Policy

/// How `fulcrumctl evaluate dynamic --follow` estimates the rate, and when it plans anew.
struct FollowArguments: ParsableArguments {
    @Flag(
        help:
            "Tell the planner nothing of the rates: it counts the requests of each second, estimates, and plans anew where the rate leaves its band. Needs --train."
    )
    var follow = false

    @Option(help: ArgumentHelp("Leave out this many windows at the start.", valueName: "n"))
    var skipWindows: Int?

    @Option(
        help: ArgumentHelp(
            "Seconds that may have more requests than the bound that is planned for (default: 0.1).",
            valueName: "percent"),
        transform: { try PositiveNumber.parse($0, name: "--miss-percent") })
    var missPercent: Double?

    @Option(
        help: ArgumentHelp("Time constant of the estimated rate (default: \(defaults.memorySeconds)).", valueName: "s"),
        transform: { try PositiveNumber.parse($0, name: "--memory-seconds") })
    var memorySeconds: Double?

    @Option(
        help: ArgumentHelp(
            "Plan for a lower rate after the bound was this far below the planned one (default: \(defaults.slack)) ...",
            valueName: "factor"),
        transform: { try PositiveNumber.parse($0, name: "--band-factor") })
    var bandFactor: Double?

    @Option(
        help: ArgumentHelp("... for so long (default: \(defaults.holdSeconds)).", valueName: "s"),
        transform: { try PositiveNumber.parse($0, name: "--hold-seconds") })
    var holdSeconds: Double?

    @Option(
        help: ArgumentHelp(
            "Time without any work when the power mode changes (default: \(defaults.changeSeconds * 1000)).",
            valueName: "ms"),
        transform: { try PositiveNumber.parse($0, name: "--change-ms") })
    var changeMs: Double?

    private static var defaults: DynamicFollow.Settings { DynamicFollow.Settings() }

    var settings: DynamicFollow.Settings {
        var settings = DynamicFollow.Settings()
        if let missPercent { settings.missShare = missPercent / 100 }
        if let memorySeconds { settings.memorySeconds = memorySeconds }
        if let bandFactor { settings.slack = bandFactor }
        if let holdSeconds { settings.holdSeconds = holdSeconds }
        if let changeMs { settings.changeSeconds = changeMs / 1000 }
        return settings
    }

    func validate() throws {
        guard !follow else { return }
        let given = [missPercent, memorySeconds, bandFactor, holdSeconds, changeMs].contains { $0 != nil }
        if given {
            throw ValidationError(
                "--miss-percent, --memory-seconds, --band-factor, --hold-seconds and --change-ms say how rates are followed. Add "
                    + "--follow.")
        }
    }
}

/// `--scale-to LOW..HIGH`.
struct ScaledRange: Hashable, Sendable {
    let low: Double
    let high: Double

    init(parsing text: String) throws {
        guard let dots = text.firstRange(of: "..") else { throw Self.error(text) }
        let low = try Axis(parsing: String(text[..<dots.lowerBound]), name: "--scale-to").values
        let high = try Axis(parsing: String(text[dots.upperBound...]), name: "--scale-to").values
        guard low.count == 1, high.count == 1, low[0] <= high[0] else { throw Self.error(text) }
        (self.low, self.high) = (low[0], high[0])
    }

    private static func error(_ text: String) -> ValidationError {
        ValidationError(
            "--scale-to is \(text.prefix(40).debugDescription); two rates, the lower one first, were expected, such as 30..120."
        )
    }
}
