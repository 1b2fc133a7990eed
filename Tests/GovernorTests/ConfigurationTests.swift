import Testing

@testable import Governor

@Suite struct ConfigurationTests {
    private func read(_ text: String) throws -> Configuration {
        var configuration = Configuration()
        try ConfigurationReader.apply([UInt8](text.utf8), file: "fulcrum.toml", to: &configuration)
        return configuration
    }

    private func problem(_ text: String) -> String {
        do {
            _ = try read(text)
            return "accepted"
        } catch {
            return "\(error)"
        }
    }

    @Test func theShippedDefaultsAreTheDefaults() throws {
        let path = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/etc/defaults.toml"
        let configuration = try ConfigurationReader.read([path])
        #expect(configuration == Configuration())
        // Every key stands in the file, so that it documents all there is.
        let text = try String(contentsOfFileAt: path)
        for key in ConfigurationKey.all {
            let name = key.path.split(separator: ".")[1]
            #expect(text.contains("\n\(name) = "), "etc/defaults.toml lacks \(key.path)")
        }
    }

    @Test func theSampleIsAccepted() throws {
        let path = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/etc/fulcrum.toml"
        #expect(try ConfigurationReader.read([path]).budgetWatts == 30)
    }

    @Test func takesValuesAndRules() throws {
        let configuration = try read(
            """
            [budget]
            power_w = 22          # an integer is a number too
            [probes]
            libcuda = ["/opt/cuda/libcuda.so.1"]
            [search]
            grid = "full"
            [[workload]]
            name = "trainer"
            class = "training"
            match = [{ exe = "python3", cmdline = "train.py" }, { uid = 1000 }]
            [[workload]]
            name = "viewer"
            class = "ignore"
            match = { exe = "/usr/bin/viewer" }
            """)
        #expect(configuration.budgetWatts == 22)
        #expect(configuration.cudaLibraries == ["/opt/cuda/libcuda.so.1"])
        #expect(configuration.grid == .full)
        #expect(configuration.rules.map(\.name) == ["trainer", "viewer"])
        #expect(configuration.rules[0].alternatives.count == 2)
    }

    @Test(arguments: [
        ("[budget]\npower_w = 22\npower_mw = 3\n", ":3: ", "\"budget.power_mw\" is not known; [budget] has power_w"),
        ("\n[budgets]\npower_w = 22\n", ":2: ", "[budgets] is not known"),
        ("[budget]\npower_w = \"many\"\n", ":2: ", "expected a number from 1.0 to 200.0"),
        ("[budget]\n\npower_w = 0.5\n", ":3: ", "expected a number from 1.0 to 200.0"),
        ("[budget]\npower_w = nan\n", ":2: ", "expected a number"),
        ("[search]\nstrategy = \"best\"\n", ":2: ", "expected one of \"fulcrum\", \"gmd\", \"als\""),
        ("[search]\nmodels = \"models\"\n", ":2: ", "expected an absolute path"),
        ("[search]\nfill_front = 1\n", ":2: ", "expected true or false"),
        ("[probes]\nlibcuda = [\"relative\"]\n", ":2: ", "expected a list of absolute paths"),
        ("[budget]\npower_w = = 3\n", ":2: ", "A value was expected"),
        ("\n[\u{fffd}budget]\n", ":2: ", "A key was expected"),
        ("budget = 3\n", ":1: ", "must be a table"),
        ("[[workload]]\nname = \"a/b\"\nclass = \"training\"\nmatch = {exe = \"x\"}\n", ":2: ", "needs \"name\""),
        ("[[workload]]\nname = \"a\"\nclass = \"trains\"\nmatch = {exe = \"x\"}\n", ":3: ", "needs \"class\""),
        ("[[workload]]\nname = \"a\"\nclass = \"training\"\nmatch = {}\n", ":4: ", "would match every process"),
        ("[[workload]]\nname = \"a\"\nclass = \"training\"\nmatch = {pid = 3}\n", ":4: ", "has a bad \"pid\""),
        (
            "[[workload]]\nname = \"a\"\nclass = \"training\"\nmatch = {exe = \"x\"}\n[[workload]]\nname = \"a\"\nclass = \"ignore\"\nmatch = {exe = \"y\"}\n",
            ":6: ", "already a [[workload]] with the name \"a\""
        ),
    ])
    func namesFileLineAndKey(text: String, line: String, part: String) {
        let sentence = problem(text)
        #expect(sentence.hasPrefix("fulcrum.toml" + line), "\(sentence)")
        #expect(sentence.contains(part), "\(sentence)")
    }

    @Test func laterFilesWinKeyByKey() throws {
        var configuration = Configuration()
        try ConfigurationReader.apply(
            [UInt8]("[budget]\npower_w = 20\nguard_w = 2\n".utf8), file: "a", to: &configuration)
        try ConfigurationReader.apply([UInt8]("[budget]\npower_w = 25\n".utf8), file: "b", to: &configuration)
        #expect(configuration.budgetWatts == 25)
        #expect(configuration.guardBandWatts == 2)
    }

    @Test func readsTheNamesOfChangedFiles() {
        func event(_ name: String, length: UInt32) -> [UInt8] {
            [UInt8](repeating: 7, count: 12) + withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array(name.utf8)
        }
        let bytes = event("a.toml\0\0", length: 8) + event("", length: 0) + event("log\0", length: 4)
        #expect(ConfigurationWatch.names(in: bytes[...]) == ["a.toml", "", "log"])
        // Torn, or lying about its length.
        #expect(ConfigurationWatch.names(in: bytes[..<20]) == ["a.to"])
        #expect(ConfigurationWatch.names(in: event("x", length: .max)[...]) == ["x"])
    }

    @Test func aMissingFileIsNamed() {
        #expect(throws: ConfigurationError.self) { try ConfigurationReader.read(["/nonexistent/fulcrum.toml"]) }
    }

    @Test func mutatedFilesNeverTrap() throws {
        let seed = [UInt8](
            """
            [budget]
            power_w = 22.5
            [probes]
            libcuda = ["/a", "/b"]
            [[workload]]
            name = "trainer"
            class = "training"
            match = [{ exe = "python3", cmdline = \"\"\"train\"\"\" }]
            """.utf8)
        var generator = SplitMix(state: 1)
        for _ in 0..<10_000 {
            var bytes = seed
            for _ in 0..<(1 + generator.next() % 6) {
                let position = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 3 {
                case 0: bytes[position] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.remove(at: position)
                default: bytes.insert(contentsOf: bytes[position...].prefix(5), at: position)
                }
                if bytes.isEmpty { bytes = seed }
            }
            var configuration = Configuration()
            try? ConfigurationReader.apply(bytes, file: "x", to: &configuration)
            #expect((1.0...200).contains(configuration.budgetWatts))
        }
    }
}

/// A small seeded generator (SplitMix64, Steele et al. 2014), so that a failing case can be made again.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
