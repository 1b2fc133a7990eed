import CMatrix

/// The training of one network, which its owner moves forward and may leave at any time: the best network so far is kept.
struct NetworkTraining: ~Copyable {
    /// Rows of scaled inputs and targets.
    struct Rows: Sendable {
        /// Row-major.
        var inputs: [Float]
        var targets: [Float]
        /// The relative error that an output error of 1 means, for the loss that needs it.
        var relativeErrors: [Float]
    }

    /// The network with the least validation loss so far; the one that training started from before the first evaluation.
    private(set) var best: DenseNetwork
    /// Its loss on the validation rows, in the schedule's measure; infinite before the first evaluation.
    private(set) var bestLoss = Double.infinity
    /// Mean relative error over the validation rows at that evaluation, percent; to first order.
    private(set) var bestErrorPercent = Double.infinity
    /// The same at the last evaluation.
    private(set) var errorPercent = Double.infinity
    /// Steps done.
    private(set) var steps = 0
    /// Steps done when `best` was found.
    private(set) var bestSteps = 0

    private let schedule: NetworkSchedule
    private let width: cmatrix_width
    private let rows: Rows
    private let validation: Rows
    private let propagation: BackPropagation
    private var optimizer: AdamOptimizer
    private var generator: SeededGenerator
    private var order: [Int]
    private var position: Int
    private var chosen: [Int]

    /// Starts from `network`. `rows` must not be empty.
    init(
        _ network: DenseNetwork, schedule: NetworkSchedule, rows: Rows, validation: Rows, generator: SeededGenerator,
        width: cmatrix_width = cmatrix_widest()
    ) {
        best = network
        self.schedule = schedule
        self.width = width
        self.rows = rows
        self.validation = validation
        self.generator = generator
        let batch = schedule.batchCount
        propagation = BackPropagation(network, batch: batch, width: width)
        optimizer = AdamOptimizer(count: network.parameters.count)
        order = Array(rows.targets.indices)
        position = order.count
        chosen = Array(repeating: 0, count: batch)
    }

    /// Trains to the next evaluation and makes it, or leaves it out. False once the schedule is done.
    mutating func advance(evaluating: Bool = true) -> Bool {
        let total = schedule.stepCount
        guard steps < total else { return false }
        let evaluations = schedule.evaluationCount
        let done = steps * evaluations / total
        let target = ((done + 1) * total + evaluations - 1) / evaluations
        while steps < min(target, total) { step() }
        if evaluating { evaluate() }
        return steps < total
    }

    /// One batch: rows in random order, each once before any comes again.
    mutating func step() {
        let inputs = best.shape.inputs
        for row in chosen.indices {
            chosen[row] = nextRow()
            for input in 0..<inputs {
                propagation.setInput(input, row: row, rows.inputs[chosen[row] * inputs + input])
            }
        }
        var dropout: SeededGenerator? = schedule.dropsUnits ? generator : nil
        propagation.forward(dropout: &dropout)
        generator = dropout ?? generator
        for row in chosen.indices {
            let derivative = schedule.loss.derivative(
                output: propagation.output(row: row), target: rows.targets[chosen[row]],
                relativeError: rows.relativeErrors[chosen[row]])
            propagation.setOutputGradient(row: row, derivative / Float(chosen.count))
        }
        propagation.backward(dropped: schedule.dropsUnits)
        let left = Double(max(schedule.stepCount - steps, 0)) / Double(schedule.stepCount)
        let rate = schedule.decays ? schedule.learningRate * left : schedule.learningRate
        optimizer.step(propagation.parameters, gradients: propagation.gradients, rate: rate, width: width)
        steps += 1
    }

    private mutating func nextRow() -> Int {
        if position == order.count {
            generator.shuffle(&order)
            position = 0
        }
        position += 1
        return order[position - 1]
    }

    /// The network as it is now.
    var current: DenseNetwork {
        var network = best
        network.parameters = propagation.parameters.values
        return network
    }

    /// Measures the error on the validation rows.
    mutating func evaluate() {
        let rows = validation
        let batch = propagation.batch
        let inputs = best.shape.inputs
        var (sum, relative) = (0.0, 0.0)
        for start in stride(from: 0, to: rows.targets.count, by: batch) {
            let count = min(batch, rows.targets.count - start)
            for row in 0..<count {
                for input in 0..<inputs {
                    propagation.setInput(input, row: row, rows.inputs[(start + row) * inputs + input])
                }
            }
            var none: SeededGenerator?
            propagation.forward(dropout: &none)
            for row in 0..<count {
                sum += schedule.loss.value(
                    output: propagation.output(row: row), target: rows.targets[start + row],
                    relativeError: rows.relativeErrors[start + row])
                relative += NetworkSchedule.Loss.meanAbsolutePercentage.value(
                    output: propagation.output(row: row), target: rows.targets[start + row],
                    relativeError: rows.relativeErrors[start + row])
            }
        }
        errorPercent = relative / Double(rows.targets.count)
        let loss = sum / Double(rows.targets.count)
        guard loss < bestLoss else { return }
        bestLoss = loss
        bestErrorPercent = errorPercent
        bestSteps = steps
        best.parameters = propagation.parameters.values
    }
}

extension NetworkSchedule.Loss {
    /// One row's loss.
    func value(output: Float, target: Float, relativeError: Float) -> Double {
        let error = Double(output - target)
        return switch self {
        case .meanSquared: error * error
        case .meanAbsolutePercentage: 100 * abs(error) * Double(relativeError)
        }
    }

    /// Its derivative by the output.
    func derivative(output: Float, target: Float, relativeError: Float) -> Float {
        let error = output - target
        return switch self {
        case .meanSquared: 2 * error
        case .meanAbsolutePercentage: error == 0 ? 0 : (error > 0 ? 100 : -100) * relativeError
        }
    }
}
