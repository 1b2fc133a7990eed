import CMatrix
import Testing

@testable import Policy

@Suite struct NetworkTrainingTests {
    static let shape = NetworkShape(inputs: 2, hidden: [32, 16], dropout: [0.1, 0])

    /// y = x0 * x1 + x0 on a grid.
    private var rows: NetworkTraining.Rows {
        var rows = NetworkTraining.Rows(inputs: [], targets: [], relativeErrors: [])
        for i in 0..<12 {
            for j in 0..<12 {
                let (x, y) = (Float(i) / 6 - 1, Float(j) / 6 - 1)
                rows.inputs += [x, y]
                rows.targets.append(x * y + x)
                rows.relativeErrors.append(1)
            }
        }
        return rows
    }

    private func train(
        seed: UInt64, steps: Int, loss: NetworkSchedule.Loss = .meanSquared, width: cmatrix_width = cmatrix_widest()
    ) -> (network: DenseNetwork, loss: Double) {
        var generator = Policy.SeededGenerator(seed: seed)
        let network = DenseNetwork(shape: Self.shape, using: &generator)
        let schedule = NetworkSchedule(
            steps: steps, evaluations: 20, batch: 24, learningRate: 0.01, decays: true, loss: loss)
        var training = NetworkTraining(
            network, schedule: schedule, rows: rows, validation: rows, generator: .init(seed: seed), width: width)
        while training.advance() {}
        return (training.best, training.bestLoss)
    }

    @Test(arguments: [NetworkSchedule.Loss.meanSquared, .meanAbsolutePercentage])
    func learnsASurface(loss: NetworkSchedule.Loss) {
        let (network, _) = train(seed: 1, steps: 1_500, loss: loss)
        let errors = zip(network.outputs(rows.inputs), rows.targets).map { abs($0 - $1) }
        #expect(errors.reduce(0, +) / Float(errors.count) < 0.05)
    }

    @Test func theSameSeedGivesTheSameBitsOnEveryWidth() {
        let networks = MatrixKernelTests.widths.map { train(seed: 2, steps: 120, width: $0).network }
        for network in networks { #expect(network == networks[0]) }
        #expect(train(seed: 3, steps: 120).network != networks[0])
    }

    @Test func theBestEvaluationIsKept() {
        let (network, loss) = train(seed: 4, steps: 200)
        let again = zip(network.outputs(rows.inputs), rows.targets).reduce(0.0) {
            $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1))
        }
        #expect(abs(again / Double(rows.targets.count) - loss) < 1e-6)
    }

    @Test func eachEvaluationComesAtItsStep() {
        for (steps, evaluations) in [(1, 1), (7, 3), (10, 10), (5, 9), (100, 7)] {
            var generator = Policy.SeededGenerator(seed: 5)
            let network = DenseNetwork(shape: Self.shape, using: &generator)
            let schedule = NetworkSchedule(steps: steps, evaluations: evaluations, batch: 2)
            var training = NetworkTraining(
                network, schedule: schedule, rows: rows, validation: rows, generator: generator)
            var count = 1
            while training.advance() { count += 1 }
            let (done, more) = (training.steps, training.advance())
            #expect(done == steps && !more)
            #expect(count == min(steps, evaluations))
        }
    }

    @Test func anOutputDoesNotDependOnItsNeighbours() {
        var generator = Policy.SeededGenerator(seed: 6)
        let network = DenseNetwork(shape: .powerTrain(inputs: 4), using: &generator)
        let inputs = (0..<4 * 71).map { _ in Float(generator.fraction() * 4 - 2) }
        let all = network.outputs(inputs)
        #expect(all.count == 71)
        for row in [0, 31, 32, 70] {
            #expect(network.outputs(Array(inputs[row * 4..<row * 4 + 4])) == [all[row]])
        }
        for width in MatrixKernelTests.widths { #expect(network.outputs(inputs, width: width) == all) }
        #expect(network.outputs([]).isEmpty)
    }

    @Test func weightsStartAsKerasStartsThem() {
        var generator = Policy.SeededGenerator(seed: 7)
        let network = DenseNetwork(shape: .powerTrain(inputs: 4), using: &generator)
        #expect(network.parameters.count == 42_497)
        for layer in network.shape.layers {
            let limit = Float((6 / Double(layer.inputs + layer.outputs)).squareRoot())
            let weights = network.parameters[layer.weights..<layer.biases]
            #expect(weights.allSatisfy { abs($0) <= limit })
            #expect(weights.contains { $0 > 0.8 * limit } && weights.contains { $0 < -0.8 * limit })
            #expect(network.parameters[layer.biases..<layer.biases + layer.outputs].allSatisfy { $0 == 0 })
        }
    }
}
