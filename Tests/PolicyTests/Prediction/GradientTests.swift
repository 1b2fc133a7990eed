import CMatrix
import Testing

@testable import Policy

/// Back-propagation against finite differences of an independent forward pass in double precision.
@Suite struct GradientTests {
    static let shape = NetworkShape(inputs: 3, hidden: [7, 5, 4], dropout: [0.5, 0.3, 0])
    static let losses: [NetworkSchedule.Loss] = [.meanSquared, .meanAbsolutePercentage]

    /// The plain formula of a chain of dense layers with ReLU between them.
    private func output(_ parameters: [Double], _ row: [Double]) -> Double {
        var values = row
        for (index, layer) in Self.shape.layers.enumerated() {
            values = (0..<layer.outputs).map { unit in
                let sum = values.enumerated().reduce(parameters[layer.biases + unit]) {
                    $0 + $1.element * parameters[layer.weights + $1.offset * layer.outputs + unit]
                }
                return index + 1 < Self.shape.layers.count ? max(sum, 0) : sum
            }
        }
        return values[0]
    }

    private struct Batch {
        var network: DenseNetwork
        var rows: [[Float]]
        var targets: [Float]
        var relativeErrors: [Float]
    }

    private func batch(seed: UInt64) -> Batch {
        var generator = Policy.SeededGenerator(seed: seed)
        var network = DenseNetwork(shape: Self.shape, using: &generator)
        // Biases away from 0, or their layers' gradients would be checked at a special point.
        for index in network.parameters.indices { network.parameters[index] += Float(generator.fraction() - 0.5) * 0.4 }
        return Batch(
            network: network,
            rows: (0..<6).map { _ in (0..<3).map { _ in Float(generator.fraction() * 4 - 2) } },
            targets: (0..<6).map { _ in Float(generator.fraction() * 2 + 1) },
            relativeErrors: (0..<6).map { _ in Float(generator.fraction() + 0.5) })
    }

    private func propagate(
        _ batch: Batch, _ propagation: borrowing BackPropagation, _ loss: NetworkSchedule.Loss,
        dropout: Policy.SeededGenerator?
    ) -> Double {
        for (row, inputs) in batch.rows.enumerated() {
            for (feature, value) in inputs.enumerated() { propagation.setInput(feature, row: row, value) }
        }
        var dropout = dropout
        propagation.forward(dropout: &dropout)
        var sum = 0.0
        for row in batch.rows.indices {
            let output = propagation.output(row: row)
            sum += loss.value(output: output, target: batch.targets[row], relativeError: batch.relativeErrors[row])
            propagation.setOutputGradient(
                row: row,
                loss.derivative(output: output, target: batch.targets[row], relativeError: batch.relativeErrors[row])
                    / Float(batch.rows.count))
        }
        return sum / Double(batch.rows.count)
    }

    @Test(arguments: losses, [1, 2, 3] as [UInt64]) func eachLayersGradientIsThatOfTheLoss(
        loss: NetworkSchedule.Loss, seed: UInt64
    ) {
        let batch = batch(seed: seed)
        let propagation = BackPropagation(batch.network, batch: batch.rows.count, width: cmatrix_widest())
        let found = propagate(batch, propagation, loss, dropout: nil)
        propagation.backward(dropped: false)
        func lossByFormula(_ parameters: [Double]) -> Double {
            var sum = 0.0
            for (row, inputs) in batch.rows.enumerated() {
                let error = output(parameters, inputs.map(Double.init)) - Double(batch.targets[row])
                sum += loss == .meanSquared ? error * error : 100 * abs(error) * Double(batch.relativeErrors[row])
            }
            return sum / Double(batch.rows.count)
        }
        let parameters = batch.network.parameters.map(Double.init)
        #expect(abs(found - lossByFormula(parameters)) < 1e-4 * (1 + found))
        for (index, layer) in Self.shape.layers.enumerated() {
            for parameter in layer.weights..<layer.biases + layer.outputs {
                var (above, below) = (parameters, parameters)
                above[parameter] += 1e-6
                below[parameter] -= 1e-6
                let expected = (lossByFormula(above) - lossByFormula(below)) / 2e-6
                let gradient = Double(propagation.gradients[parameter])
                #expect(
                    abs(gradient - expected) < 1e-3 + 1e-4 * abs(expected), "layer \(index), parameter \(parameter)")
            }
        }
    }

    @Test(arguments: losses) func aDroppedUnitHasNoPartInTheGradient(loss: NetworkSchedule.Loss) {
        let batch = batch(seed: 4)
        let dropout = Policy.SeededGenerator(seed: 9)
        let propagation = BackPropagation(batch.network, batch: batch.rows.count, width: cmatrix_widest())
        _ = propagate(batch, propagation, loss, dropout: dropout)
        propagation.backward(dropped: true)
        let gradients = propagation.gradients.values
        var zeros = 0
        for (index, parameter) in batch.network.parameters.enumerated() {
            let step: Float = 1e-3
            propagation.parameters[index] = parameter + step
            let above = propagate(batch, propagation, loss, dropout: dropout)
            propagation.parameters[index] = parameter - step
            let below = propagate(batch, propagation, loss, dropout: dropout)
            propagation.parameters[index] = parameter
            let expected = (above - below) / Double(2 * step)
            // Single precision, and a unit may cross zero on the way.
            #expect(abs(Double(gradients[index]) - expected) < 0.02 * (1 + abs(expected)), "parameter \(index)")
            if gradients[index] == 0 { zeros += 1 }
        }
        #expect(zeros > 0 && zeros < gradients.count * 9 / 10)
    }
}
