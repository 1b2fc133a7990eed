extension ModeGrid {
    /// `count` different modes in random order; all of them where the grid has no more, none where `count` is not positive.
    ///
    /// The draw is spelled out here, as the standard library does not promise that its own stays the same: the first `count`
    /// steps of a Fisher-Yates shuffle of the modes in ascending order (R. Durstenfeld, Algorithm 235, 1964; from the front). So
    /// a longer draw with the same seed begins with the shorter one. O(count).
    public func randomModes(_ count: Int, using generator: inout some RandomNumberGenerator) -> [PowerMode] {
        let total = self.count
        var moved: [Int: Int] = [:]
        var modes: [PowerMode] = []
        for place in 0..<max(0, min(count, total)) {
            let drawn = place + Int(generator.uniform(below: UInt64(total - place)))
            modes.append(mode(ordinal: moved[drawn] ?? drawn))
            moved[drawn] = moved[place] ?? place
        }
        return modes
    }

    /// The mode at `ordinal` in ascending order.
    private func mode(ordinal: Int) -> PowerMode {
        var rest = ordinal
        func take(_ list: [Int]) -> Int {
            defer { rest /= list.count }
            return list[rest % list.count]
        }
        let emc = take(emcHz)
        let gpu = take(gpuHz)
        let cpu = take(cpuKHz)
        return PowerMode(cores: take(cores), cpuKHz: cpu, gpuHz: gpu, emcHz: emc)
    }
}

extension RandomNumberGenerator {
    /// A number below `bound`, each equally likely: the high word of a 64 x 64 bit product, drawn again while its low word is
    /// one of the 2^64 mod bound surplus values (D. Lemire, Fast random integer generation in an interval, 2019).
    ///
    /// `bound` must not be 0.
    fileprivate mutating func uniform(below bound: UInt64) -> UInt64 {
        let surplus = (0 &- bound) % bound
        while true {
            let product = (next() as UInt64).multipliedFullWidth(by: bound)
            if product.low >= surplus { return product.high }
        }
    }
}
