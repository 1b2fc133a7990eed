/// Floats at a fixed address for as long as their owner lives, so that a training step neither allocates nor copies.
@safe struct FloatBuffer: ~Copyable {
    let count: Int
    private let base: UnsafeMutablePointer<Float>

    /// `count` zeros.
    init(count: Int) {
        self.count = count
        unsafe base = .allocate(capacity: count)
        unsafe base.initialize(repeating: 0, count: count)
    }

    /// A copy of `values`.
    init(_ values: [Float]) {
        self.init(count: values.count)
        copy(values)
    }

    deinit { unsafe base.deallocate() }

    subscript(index: Int) -> Float {
        get {
            precondition(index >= 0 && index < count)
            return unsafe base[index]
        }
        nonmutating set {
            precondition(index >= 0 && index < count)
            unsafe base[index] = newValue
        }
    }

    /// The address of `length` floats from `offset` on; valid while this buffer lives.
    @unsafe func address(_ offset: Int = 0, length: Int) -> UnsafeMutablePointer<Float> {
        precondition(offset >= 0 && length >= 0 && length <= count - offset)
        return unsafe base + offset
    }

    func copy(_ values: [Float]) {
        precondition(values.count == count)
        unsafe values.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe base.update(from: start, count: count)
        }
    }

    var values: [Float] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }
}
