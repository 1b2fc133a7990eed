/// A number above 0 on the command line.
public enum PositiveNumber {
    /// Parses digits with or without a fraction; `name` is what the error calls the number.
    public static func parse(_ text: String, name: String) throws(EvaluationError) -> Double {
        guard let values = try? Axis(parsing: text, name: name).values, values.count == 1, values[0] > 0 else {
            throw EvaluationError(
                "\(name) is \(text.prefix(40).debugDescription); one number above 0, of up to 15 digits and without a unit, was "
                    + "expected, such as 30 or 17.5.")
        }
        return values[0]
    }

    /// Parses whole numbers above 0 with commas between them: `10,20,50`.
    public static func list(_ text: String, name: String) throws(EvaluationError) -> [Int] {
        var numbers: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int(part), number > 0, numbers.count < 100 else {
                throw EvaluationError(
                    "\(name) is \(text.prefix(40).debugDescription); whole numbers above 0 with commas between them were "
                        + "expected, 100 at most.")
            }
            numbers.append(number)
        }
        return numbers
    }
}
