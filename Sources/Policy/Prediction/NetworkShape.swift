/// A chain of dense layers: each hidden one with ReLU and dropout, the last one linear with a single output.
struct NetworkShape: Hashable, Sendable {
    /// Number of inputs.
    let inputs: Int
    /// Units of each hidden layer.
    let hidden: [Int]
    /// Probability with which training drops a unit, for each hidden layer.
    let dropout: [Double]

    /// PowerTrain's (arXiv 2407.13944): Dense 256, dropout 0.4, Dense 128, dropout 0.3, Dense 64, Dense 1.
    static func powerTrain(inputs: Int) -> NetworkShape {
        NetworkShape(inputs: inputs, hidden: [256, 128, 64], dropout: [0.4, 0.3, 0])
    }

    /// One dense layer and where its parameters lie: the weights, a row per input, then the biases.
    struct Layer: Hashable, Sendable {
        let inputs: Int
        let outputs: Int
        let weights: Int
        let biases: Int
        /// What training multiplies the units by that it keeps: 1 / (1 - dropout).
        let keptScale: Float
        /// Training drops a unit where 32 random bits are below this.
        let dropBelow: UInt32
    }

    /// The layers, first to last.
    var layers: [Layer] {
        var layers: [Layer] = []
        var (width, offset) = (inputs, 0)
        for (index, units) in (hidden + [1]).enumerated() {
            let rate = index < dropout.count ? dropout[index] : 0
            layers.append(
                Layer(
                    inputs: width, outputs: units, weights: offset, biases: offset + width * units,
                    keptScale: Float(1 / (1 - rate)), dropBelow: UInt32(rate * 0x1p32)))
            offset += (width + 1) * units
            width = units
        }
        return layers
    }

    /// Number of weights and biases.
    var parameterCount: Int { layers.reduce(0) { $0 + ($1.inputs + 1) * $1.outputs } }
    /// Units of the widest layer, the inputs among them.
    var widest: Int { max(inputs, hidden.max() ?? 1, 1) }
}
