/// The directions in which surfaces differ the most from their mean.
enum PrincipalDeviations {
    /// The first principal components of `rows` (each a surface less the mean of all), each with its standard deviation as
    /// length: their outer products sum up to the sample covariance as far as that many can. By the eigenvectors of the rows' Gram
    /// matrix over the points of `basis` (nil: all), with Jacobi rotations. O(rows^2 * points + rows^3).
    static func of(_ rows: [[Double]], over basis: Range<Int>? = nil, atMost count: Int) -> [[Double]] {
        guard rows.count > 1, let points = rows.first?.count else { return [] }
        let size = rows.count
        let basis = basis ?? 0..<points
        var gram = Array(repeating: 0.0, count: size * size)
        for left in 0..<size {
            for right in 0...left {
                let product = zip(rows[left][basis], rows[right][basis]).reduce(0) { $0 + $1.0 * $1.1 }
                gram[left * size + right] = product
                gram[right * size + left] = product
            }
        }
        let vectors = eigenvectors(&gram, size: size)
        let order = (0..<size).sorted { (-gram[$0 * size + $0], $0) < (-gram[$1 * size + $1], $1) }
        let largest = gram[(order.first ?? 0) * size + (order.first ?? 0)]
        return order.prefix(count).compactMap { column in
            guard gram[column * size + column] > 1e-9 * max(largest, 1e-12) else { return nil }
            let scale = 1 / Double(size - 1).squareRoot()
            return (0..<points).map { point in
                (0..<size).reduce(0) { $0 + vectors[$1 * size + column] * rows[$1][point] } * scale
            }
        }
    }

    /// Makes the symmetric matrix diagonal; returns the eigenvectors as columns.
    private static func eigenvectors(_ matrix: inout [Double], size: Int) -> [Double] {
        var vectors = Array(repeating: 0.0, count: size * size)
        for index in 0..<size { vectors[index * size + index] = 1 }
        for _ in 0..<30 {
            var rest = 0.0
            var total = 0.0
            for row in 0..<size {
                for column in 0..<size {
                    let square = matrix[row * size + column] * matrix[row * size + column]
                    total += square
                    if row != column { rest += square }
                }
            }
            guard rest > 1e-22 * total else { break }
            for left in 0..<size {
                for right in left + 1..<max(size, left + 1) {
                    rotate(&matrix, &vectors, left, right, size: size)
                }
            }
        }
        return vectors
    }

    private static func rotate(
        _ matrix: inout [Double], _ vectors: inout [Double], _ left: Int, _ right: Int, size: Int
    ) {
        let off = matrix[left * size + right]
        guard off != 0 else { return }
        let ratio = (matrix[right * size + right] - matrix[left * size + left]) / (2 * off)
        let tangent = (ratio < 0 ? -1 : 1) / (abs(ratio) + (ratio * ratio + 1).squareRoot())
        let cosine = 1 / (tangent * tangent + 1).squareRoot()
        let sine = tangent * cosine
        for index in 0..<size {
            let (a, b) = (matrix[index * size + left], matrix[index * size + right])
            matrix[index * size + left] = cosine * a - sine * b
            matrix[index * size + right] = sine * a + cosine * b
        }
        for index in 0..<size {
            let (a, b) = (matrix[left * size + index], matrix[right * size + index])
            matrix[left * size + index] = cosine * a - sine * b
            matrix[right * size + index] = sine * a + cosine * b
            let (v, w) = (vectors[index * size + left], vectors[index * size + right])
            vectors[index * size + left] = cosine * v - sine * w
            vectors[index * size + right] = sine * v + cosine * w
        }
    }
}
