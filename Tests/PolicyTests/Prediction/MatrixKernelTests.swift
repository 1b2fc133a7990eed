import CMatrix
import Testing

@testable import Policy

/// Every instruction set against plain Swift, bit for bit: a fused multiply-add or a split sum anywhere would show.
@Suite struct MatrixKernelTests {
    static let widths = [CMATRIX_BASELINE, CMATRIX_AVX2, CMATRIX_AVX512].filter { cmatrix_supports($0) }

    private func random(_ count: Int, _ generator: inout Policy.SeededGenerator) -> [Float] {
        (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
    }

    private func expectSameBits(_ left: [Float], _ right: [Float], _ comment: Comment) {
        #expect(left.map(\.bitPattern) == right.map(\.bitPattern), comment)
    }

    @Test func theWidestIsSupported() {
        #expect(cmatrix_supports(cmatrix_widest()))
        #expect(cmatrix_supports(CMATRIX_BASELINE))
    }

    @Test func productsAreThoseOfTheTripleLoop() {
        var generator = Policy.SeededGenerator(seed: 1)
        // Around each tile's and vector's edge, and the networks' own sizes.
        let sizes = [
            (1, 1, 1), (3, 2, 5), (12, 16, 7), (13, 17, 4), (25, 33, 40), (7, 15, 3), (128, 32, 256), (64, 1, 32),
        ]
        for (m, n, k) in sizes {
            for transposed in [false, true] {
                let (a, b) = (random(m * k, &generator), random(k * n, &generator))
                let (rowStep, columnStep) = transposed ? (1, m) : (k, 1)
                var expected = [Float](repeating: 0, count: m * n)
                for row in 0..<m {
                    for column in 0..<n {
                        var sum: Float = 0
                        for i in 0..<k {
                            let product = a[row * rowStep + i * columnStep] * b[i * n + column]
                            sum += product
                        }
                        expected[row * n + column] = sum
                    }
                }
                for width in Self.widths {
                    var c = [Float](repeating: .nan, count: m * n)
                    a.withUnsafeBufferPointer { a in
                        let strided = cmatrix_strided(data: a.baseAddress!, row_step: rowStep, column_step: columnStep)
                        cmatrix_multiply(width, m, n, k, strided, b, n, &c, n)
                    }
                    expectSameBits(c, expected, "\(m) x \(n) x \(k), transposed \(transposed), width \(width.rawValue)")
                }
            }
        }
    }

    @Test func theLoopsBesideItAreTheirFormulas() {
        var generator = Policy.SeededGenerator(seed: 2)
        let (rows, columns) = (19, 37)
        let matrix = random(rows * columns, &generator)
        let bias = random(rows, &generator)
        var transposed = matrix
        var sums = [Float](repeating: 0, count: columns)
        var activated = matrix
        for row in 0..<rows {
            for column in 0..<columns {
                let value = matrix[row * columns + column]
                transposed[column * rows + row] = value
                sums[column] += value
                activated[row * columns + column] = max(value + bias[row], 0)
            }
        }
        let gradient = zip(matrix, activated).map { $1 > 0 ? $0 * 1.25 : 0 }
        for width in Self.widths {
            var result = [Float](repeating: .nan, count: rows * columns)
            cmatrix_transpose(width, rows, columns, matrix, &result)
            expectSameBits(result, transposed, "transpose")
            var resultingSums = [Float](repeating: .nan, count: columns)
            cmatrix_column_sums(width, rows, columns, matrix, &resultingSums)
            expectSameBits(resultingSums, sums, "column sums")
            result = matrix
            cmatrix_bias_relu(width, rows, columns, bias, &result)
            expectSameBits(result, activated, "bias and ReLU")
            var resultingGradient = matrix
            cmatrix_relu_gradient(width, rows * columns, 1.25, activated, &resultingGradient)
            expectSameBits(resultingGradient, gradient, "ReLU gradient")
        }
    }

    @Test func reluMakesZeroOfWhatIsNotANumber() {
        for width in Self.widths {
            var values: [Float] = [.nan, 1, -1, .infinity]
            cmatrix_bias_relu(width, 2, 2, [0.5, .nan], &values)
            expectSameBits(values, [0, 1.5, 0, 0], "bias and ReLU")
        }
    }

    @Test func aWidthThatIsNotListedIsTheBaseline() {
        var result: [Float] = [.nan, .nan]
        cmatrix_column_sums(cmatrix_width(rawValue: 99), 2, 2, [1, 2, 3, 4], &result)
        #expect(result == [4, 6])
    }

    @Test func dropoutDropsItsShareAndKeepsTheMean() {
        let count = 100_000
        var first: [Float] = []
        for width in Self.widths {
            var values = [Float](repeating: 1, count: count)
            cmatrix_dropout(width, count, 7, UInt32(0.4 * 0x1p32), Float(1 / 0.6), &values)
            let dropped = Double(values.count { $0 == 0 }) / Double(count)
            // Five standard deviations of a binomial share.
            #expect(abs(dropped - 0.4) < 5 * (0.24 / Double(count)).squareRoot())
            #expect(values.allSatisfy { $0 == 0 || $0 == Float(1 / 0.6) })
            if first.isEmpty { first = values }
            expectSameBits(values, first, "dropout")
        }
        var other = [Float](repeating: 1, count: count)
        cmatrix_dropout(CMATRIX_BASELINE, count, 8, UInt32(0.4 * 0x1p32), Float(1 / 0.6), &other)
        #expect(other != first)
    }

    @Test func adamTakesTheStepsOfItsPaper() {
        // Two steps with the gradients 0.5 and -0.25, by hand: m = 0.05, 0.02; v = 2.5e-4, 3.1225e-4.
        for width in Self.widths {
            let parameters = FloatBuffer([1])
            let gradients = FloatBuffer([0.5])
            var adam = AdamOptimizer(count: 1)
            adam.step(parameters, gradients: gradients, rate: 0.001, width: width)
            #expect(abs(parameters[0] - 0.999) < 1e-6)
            gradients.copy([-0.25])
            adam.step(parameters, gradients: gradients, rate: 0.001, width: width)
            // rate * sqrt(1 - 0.999^2) / (1 - 0.9^2) * 0.02 / sqrt(3.1225e-4)
            #expect(abs(parameters[0] - (0.999 - 0.000_266_336)) < 1e-6)
        }
    }

    @Test func adamIsTheSameOnEveryWidth() {
        var generator = Policy.SeededGenerator(seed: 3)
        let count = 1_003
        let (start, gradient) = (random(count, &generator), random(count, &generator))
        var first: [Float] = []
        for width in Self.widths {
            let parameters = FloatBuffer(start)
            let gradients = FloatBuffer(gradient)
            var adam = AdamOptimizer(count: count)
            for _ in 0..<5 { adam.step(parameters, gradients: gradients, rate: 0.01, width: width) }
            if first.isEmpty { first = parameters.values }
            expectSameBits(parameters.values, first, "Adam")
        }
        #expect(first != start)
    }
}
