/// Something that takes bytes from outside.
protocol FuzzedSubject {
    init()

    /// Takes one input, made from valid ones with `random`. Returns its size in bytes, or a sentence that says which promise
    /// was broken. What traps is caught by the caller.
    mutating func run(_ random: inout SeededGenerator) -> Outcome
}

enum Outcome {
    case held(bytes: Int)
    case broken(String)
}
