import Testing

@testable import Telemetry

@Suite("GPU load")
struct GPULoadTests {
    /// What the driver says, and how often it was asked.
    private final class Driver: GPUFileReading {
        var values: [GPUFile: Int]
        var reads: [GPUFile: Int] = [:]

        init(_ values: [GPUFile: Int]) { self.values = values }

        func read(_ file: GPUFile) -> Int? {
            reads[file, default: 0] += 1
            return values[file]
        }
    }

    private static let millisecond: UInt64 = 1_000_000

    @Test("Load is read at most every 500 ms, however often it is asked for")
    func rate() {
        let driver = Driver([.load: 700, .isRailgated: 0, .isPoweredOn: 1])
        var load = GPULoad(files: driver)
        for time in 0..<2_000 as Range<UInt64> { load.update(now: 10_000_000_000 + time * Self.millisecond) }
        #expect(driver.reads[.load] == 4)
        #expect(load.reading.permille == 700)
        #expect(load.reading.isGated == false)
        #expect(load.reading.readNanoseconds == 11_500_000_000)
        #expect(load.reading.busyNanoseconds == 1_050 * Self.millisecond)
    }

    @Test("A gated GPU is not touched: its load is 0 because its power is off")
    func gated() {
        let driver = Driver([.load: 300, .isRailgated: 1, .isPoweredOn: 1])
        var load = GPULoad(files: driver)
        for time in 0..<10 as Range<UInt64> { load.update(now: (1 + time) * 1_000_000_000) }
        #expect(driver.reads[.load] == nil)
        #expect(load.reading.permille == 0)
        #expect(load.reading.isGated == true)
        driver.values = [.load: 300, .isPoweredOn: 0]
        load.update(now: 20_000_000_000)
        #expect(driver.reads[.load] == nil)
        driver.values = [.load: 300, .isPoweredOn: 1]
        load.update(now: 21_000_000_000)
        #expect(driver.reads[.load] == 1)
        #expect(load.reading.permille == 300)
    }

    @Test("After a reading of 0 the GPU is left alone long enough to be gated")
    func letsItRest() {
        let driver = Driver([.load: 0, .isRailgated: 0, .railgateDelay: 2_000])
        var load = GPULoad(files: driver)
        for time in 0..<9_000 as Range<UInt64> { load.update(now: 1_000_000_000 + time * Self.millisecond) }
        #expect(driver.reads[.load] == 3)
    }

    @Test("What cannot be read or cannot be true is unmeasured, not 0", arguments: [nil, -1, 1_001, .max] as [Int?])
    func unmeasured(value: Int?) {
        let driver = Driver([.isRailgated: 0])
        driver.values[.load] = value
        var load = GPULoad(files: driver)
        load.update(now: 1_000_000_000)
        #expect(load.reading.permille == nil)
        #expect(load.reading.busyNanoseconds == nil)
    }

    @Test("A driver without gating attributes is read all the same, with gating unknown")
    func oldDriver() {
        var load = GPULoad(files: Driver([.load: 5]))
        load.update(now: 1)
        #expect(load.reading.permille == 5)
        #expect(load.reading.isGated == nil)
    }

    @Test("Readings too far apart add no busy time")
    func gaps() {
        var load = GPULoad(files: Driver([.load: 1_000]))
        load.update(now: 1_000_000_000)
        load.update(now: 2_000_000_000)
        load.update(now: 20_000_000_000)
        #expect(load.reading.busyNanoseconds == 1_000_000_000)
    }

    @Test("Files that come late are found, also in nvgpu's words, and a vanished one is unmeasured")
    func files() throws {
        let directory = try ScratchDirectory()
        var load = GPULoad(device: directory.path + "/gpu")
        load.update(now: 1_000_000_000)
        #expect(load.reading.permille == nil)
        try directory.write("no\n", "gpu/is_railgated")
        try directory.write("1\n", "gpu/gpu_powered_on")
        try directory.write("421\n", "gpu/load")
        load.update(now: 2_000_000_000)
        #expect(load.reading.permille == 421)
        #expect(load.reading.isGated == false)
        try directory.write("yes\n", "gpu/is_railgated")
        load.update(now: 3_000_000_000)
        #expect(load.reading.permille == 0)
        try directory.write("maybe\n", "gpu/is_railgated")
        try directory.write("", "gpu/load")
        load.update(now: 4_000_000_000)
        #expect(load.reading.permille == nil)
    }
}
