import CMatrix

/// One network's gradient over a batch, with the memory that it takes.
///
/// Values lie a row per unit and a column per row of the batch: then weights are used as they are stored, forward and backward,
/// and only the small gradients of the units have to be transposed.
struct BackPropagation: ~Copyable {
    let layers: [NetworkShape.Layer]
    let batch: Int
    let parameters: FloatBuffer
    let gradients: FloatBuffer
    private let width: cmatrix_width
    /// Inputs and the outputs of each layer, one after the other.
    private let activations: FloatBuffer
    private let activationOffsets: [Int]
    private let delta: FloatBuffer
    private let nextDelta: FloatBuffer
    private let deltaByRow: FloatBuffer

    init(_ network: DenseNetwork, batch: Int, width: cmatrix_width) {
        layers = network.shape.layers
        self.batch = batch
        self.width = width
        parameters = FloatBuffer(network.parameters)
        gradients = FloatBuffer(count: network.parameters.count)
        var (offsets, size) = ([0], network.shape.inputs * batch)
        for layer in layers {
            offsets.append(size)
            size += layer.outputs * batch
        }
        activationOffsets = offsets
        activations = FloatBuffer(count: size)
        let widest = network.shape.widest * batch
        delta = FloatBuffer(count: widest)
        nextDelta = FloatBuffer(count: widest)
        deltaByRow = FloatBuffer(count: widest)
    }

    /// Input `feature` of the batch's row `row`.
    func setInput(_ feature: Int, row: Int, _ value: Float) { activations[feature * batch + row] = value }

    /// The output for the batch's row `row`, after `forward`.
    func output(row: Int) -> Float { activations[activationOffsets[layers.count] + row] }

    /// The loss's derivative by the output for the batch's row `row`, before `backward`.
    func setOutputGradient(row: Int, _ value: Float) { delta[row] = value }

    /// Runs the inputs through the layers. With `dropout` units are dropped, each layer's by numbers of its own from it.
    func forward(dropout: inout SeededGenerator?) {
        for (index, layer) in layers.enumerated() {
            let from = unsafe activations.address(activationOffsets[index], length: layer.inputs * batch)
            let to = unsafe activations.address(activationOffsets[index + 1], length: layer.outputs * batch)
            unsafe layer.forward(parameters, from: from, to: to, columns: batch, width: width)
            guard index + 1 < layers.count else {
                for row in 0..<batch { unsafe to[row] += parameters[layer.biases] }
                return
            }
            unsafe layer.biasAndReLU(parameters, to, columns: batch, width: width)
            if layer.dropBelow > 0, let seed = dropout?.next() {
                unsafe cmatrix_dropout(
                    width, layer.outputs * batch, UInt32(truncatingIfNeeded: seed), layer.dropBelow, layer.keptScale, to
                )
            }
        }
    }

    /// Fills `gradients` from the outputs' gradients and what the last `forward` left; `dropped` says whether that dropped units.
    func backward(dropped: Bool) {
        var (here, below) = unsafe (delta.address(length: delta.count), nextDelta.address(length: nextDelta.count))
        for index in layers.indices.reversed() {
            let layer = layers[index]
            let inputs = unsafe activations.address(activationOffsets[index], length: layer.inputs * batch)
            let byRow = unsafe deltaByRow.address(length: layer.outputs * batch)
            unsafe cmatrix_transpose(width, layer.outputs, batch, here, byRow)
            unsafe cmatrix_multiply(
                width, layer.inputs, layer.outputs, batch,
                cmatrix_strided(data: inputs, row_step: batch, column_step: 1), byRow, layer.outputs,
                gradients.address(layer.weights, length: layer.inputs * layer.outputs), layer.outputs)
            unsafe cmatrix_column_sums(
                width, batch, layer.outputs, byRow, gradients.address(layer.biases, length: layer.outputs))
            guard index > 0 else { return }
            let weights = unsafe cmatrix_strided(
                data: parameters.address(layer.weights, length: layer.inputs * layer.outputs),
                row_step: layer.outputs, column_step: 1)
            unsafe cmatrix_multiply(width, layer.inputs, batch, layer.outputs, weights, here, batch, below, batch)
            let kept = dropped && layers[index - 1].dropBelow > 0 ? layers[index - 1].keptScale : 1
            unsafe cmatrix_relu_gradient(width, layer.inputs * batch, kept, inputs, below)
            unsafe swap(&here, &below)
        }
    }
}
