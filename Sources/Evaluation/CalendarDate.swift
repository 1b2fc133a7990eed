import Glibc

/// The day on which something is made.
public enum CalendarDate {
    /// Today in UTC as YYYY-MM-DD; with SOURCE_DATE_EPOCH (seconds since 1970) in the environment that day, so that a build can be
    /// repeated. Throws where that is no such number.
    public static func today() throws(EvaluationError) -> String {
        try today(sourceDateEpoch: unsafe getenv("SOURCE_DATE_EPOCH").map { unsafe String(cString: $0) })
    }

    static func today(sourceDateEpoch: String?) throws(EvaluationError) -> String {
        var seconds = time(nil)
        if let sourceDateEpoch {
            guard let fixed = Int(sourceDateEpoch), (0...lastSecond).contains(fixed) else {
                throw EvaluationError(
                    "SOURCE_DATE_EPOCH is \(sourceDateEpoch.prefix(40).debugDescription); seconds since 1970 as a whole number "
                        + "were expected, such as 1795478400. Correct it, or remove it from the environment.")
            }
            seconds = fixed
        }
        var parts = unsafe tm()
        guard unsafe gmtime_r(&seconds, &parts) != nil else { return "an unknown day" }
        let (year, month, day) = unsafe (Int(parts.tm_year) + 1900, parts.tm_mon + 1, parts.tm_mday)
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(padded(month))-\(padded(day))"
    }

    /// The end of the year 9999: later years have no four digits.
    private static let lastSecond = 253_402_300_799
}
