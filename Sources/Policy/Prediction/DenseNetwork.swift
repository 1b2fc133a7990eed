import CMatrix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A network's weights.
struct DenseNetwork: Hashable, Sendable {
    let shape: NetworkShape
    /// Per layer the weights, a row per input, then the biases.
    var parameters: [Float]

    /// As Keras initialises a Dense layer: weights uniform in +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010), biases 0.
    init(shape: NetworkShape, using generator: inout SeededGenerator) {
        self.shape = shape
        parameters = Array(repeating: 0, count: shape.parameterCount)
        for layer in shape.layers { initialise(layer, using: &generator) }
    }

    /// Takes `parameters` where their number is that of `shape`.
    init?(shape: NetworkShape, parameters: [Float]) {
        guard parameters.count == shape.parameterCount else { return nil }
        self.shape = shape
        self.parameters = parameters
    }

    /// Whether all weights and biases are finite numbers.
    var isFinite: Bool { parameters.allSatisfy(\.isFinite) }

    /// A fresh last layer, the others kept: where a transfer starts.
    mutating func replaceLastLayer(using generator: inout SeededGenerator) {
        if let last = shape.layers.last { initialise(last, using: &generator) }
    }

    private mutating func initialise(_ layer: NetworkShape.Layer, using generator: inout SeededGenerator) {
        let limit = sqrt(6 / Double(layer.inputs + layer.outputs))
        for index in layer.weights..<layer.biases {
            parameters[index] = Float((generator.fraction() * 2 - 1) * limit)
        }
        for index in layer.biases..<layer.biases + layer.outputs { parameters[index] = 0 }
    }

    /// Points that go through the layers together. A layer's outputs for them stay in the first-level cache.
    static let columns = 32

    /// The output for each row of `inputs` (row-major, `shape.inputs` numbers each). The bits of an output do not depend on the
    /// other rows, nor on `width`. O(rows * parameters).
    func outputs(_ inputs: [Float], width: cmatrix_width = cmatrix_widest()) -> [Float] {
        let (layers, columns) = (shape.layers, Self.columns)
        let rows = shape.inputs > 0 ? inputs.count / shape.inputs : 0
        let weights = FloatBuffer(parameters)
        let even = FloatBuffer(count: shape.widest * columns)
        let odd = FloatBuffer(count: shape.widest * columns)
        var outputs: [Float] = []
        outputs.reserveCapacity(rows)
        for start in stride(from: 0, to: rows, by: columns) {
            let count = min(columns, rows - start)
            for column in 0..<count {
                for input in 0..<shape.inputs {
                    even[input * columns + column] = inputs[(start + column) * shape.inputs + input]
                }
            }
            for (index, layer) in layers.enumerated() {
                let (from, to) = unsafe (
                    index % 2 == 0 ? even.address(length: even.count) : odd.address(length: odd.count),
                    index % 2 == 0 ? odd.address(length: odd.count) : even.address(length: even.count)
                )
                unsafe layer.forward(weights, from: from, to: to, columns: columns, width: width)
                if index + 1 < layers.count {
                    unsafe layer.biasAndReLU(weights, to, columns: columns, width: width)
                } else {
                    for column in 0..<count { unsafe outputs.append(to[column] + weights[layer.biases]) }
                }
            }
        }
        return outputs
    }
}

extension NetworkShape.Layer {
    /// to (outputs x columns) = weights, transposed, times from (inputs x columns).
    @unsafe func forward(
        _ parameters: borrowing FloatBuffer, from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, columns: Int,
        width: cmatrix_width
    ) {
        let transposed = unsafe cmatrix_strided(
            data: parameters.address(weights, length: inputs * outputs), row_step: 1, column_step: outputs)
        unsafe cmatrix_multiply(width, outputs, columns, inputs, transposed, from, columns, to, columns)
    }

    @unsafe func biasAndReLU(
        _ parameters: borrowing FloatBuffer, _ values: UnsafeMutablePointer<Float>, columns: Int, width: cmatrix_width
    ) {
        unsafe cmatrix_bias_relu(
            width, outputs, columns, parameters.address(biases, length: outputs), values)
    }
}
