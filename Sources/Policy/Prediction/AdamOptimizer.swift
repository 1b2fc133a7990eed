import CMatrix

/// Adam (Kingma and Ba, arXiv 1412.6980) as Keras has it: epsilon 1e-7 is added to the square root before the correction of the
/// moments' bias, which goes into the rate.
struct AdamOptimizer: ~Copyable {
    static let beta1 = 0.9
    static let beta2 = 0.999
    static let epsilon: Float = 1e-7

    private let first: FloatBuffer
    private let second: FloatBuffer
    private var beta1Power = 1.0
    private var beta2Power = 1.0

    init(count: Int) {
        first = FloatBuffer(count: count)
        second = FloatBuffer(count: count)
    }

    /// Moves `parameters` against `gradients`. O(n).
    mutating func step(
        _ parameters: borrowing FloatBuffer, gradients: borrowing FloatBuffer, rate: Double, width: cmatrix_width
    ) {
        beta1Power *= Self.beta1
        beta2Power *= Self.beta2
        let adam = cmatrix_adam(
            rate: Float(rate * (1 - beta2Power).squareRoot() / (1 - beta1Power)), beta1: Float(Self.beta1),
            beta2: Float(Self.beta2), epsilon: Self.epsilon)
        let count = first.count
        unsafe cmatrix_adam_step(
            width, count, adam, gradients.address(length: count), first.address(length: count),
            second.address(length: count), parameters.address(length: count))
    }
}
