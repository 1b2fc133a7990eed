import Policy
import Testing

@testable import Board

/// Hostile bytes: whatever they are, a value or an error with a line of the file comes back.
@Suite struct PresetFuzzTests {
    private static let texts = [
        AGXOrinPresetTexts.r36, OrinNXPresetTexts.r36, OlderPresetTexts.xavierNX, OlderPresetTexts.nano,
    ]
    /// What the grammar is made of, so that random text comes past the first line.
    private static let pieces = [
        "<", ">", "<PARAM ", "< POWER_MODEL ", "< PM_CONFIG DEFAULT=", "TYPE=", "NAME=", "ID=", "FILE", "CLOCK",
        "HWMON",
        "=", "#", "\n", "\r\n", " ", "\t", "A", "_KNEXT", "-1", "0", "1", "9223372036854775808", "/", "/sys/a", "..",
        "/sys/devices/system/cpu/cpu0/online", "/sys/kernel/nvpmodel_clk_cap/emc", "MAX_FREQ", "\u{0}", "é",
    ].map { Array($0.utf8) }

    @Test func randomBytes() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<2_000 {
            check((0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }

    @Test func randomPieces() {
        var random = SplitMix64(seed: 2)
        for _ in 0..<3_000 {
            check(
                (0..<Int.random(in: 0...60, using: &random)).flatMap { _ in
                    Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)]
                })
        }
    }

    /// Few changes, so that a good part stays valid: both ways out must be met.
    @Test func mutatedFiles() {
        var random = SplitMix64(seed: 3)
        var accepted = 0
        let rounds = 600
        for round in 0..<rounds {
            var bytes = Array(Self.texts[round % Self.texts.count].utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let start = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(bytes.count, start + Int.random(in: 0...40, using: &random))
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[start] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(start..<end)
                case 2:
                    bytes.insert(contentsOf: bytes[start..<end], at: Int.random(in: 0..<bytes.count, using: &random))
                case 3:
                    bytes.insert(
                        contentsOf: Self.pieces[Int.random(in: 0..<Self.pieces.count, using: &random)], at: start)
                default: bytes.removeSubrange(max(start, bytes.count - 40)...)
                }
            }
            if check(bytes) { accepted += 1 }
        }
        #expect(accepted > 0)
        #expect(accepted < rounds)
    }

    /// Cut after every line and inside some: each is refused, as PM_CONFIG stands last, and none traps.
    @Test func truncatedFiles() {
        let bytes = Array(OlderPresetTexts.nano.utf8)
        for end in stride(from: 0, to: bytes.count - 1, by: 7) {
            #expect(!check(Array(bytes[..<end])))
        }
    }

    @discardableResult
    private func check(_ bytes: [UInt8]) -> Bool {
        let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
        let file: PresetFile
        do {
            file = try PresetFile(parsing: bytes, file: "fuzz.conf")
        } catch {
            #expect(error.line.map { (1...lines).contains($0) } ?? true, "\(error)")
            #expect(error.problem.utf8.count < 1_000, "\(error)")
            #expect(error.description.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(error)")
            return false
        }
        #expect(file.presets.contains(file.defaultPreset))
        for preset in file.presets {
            #expect(ModeGrid.orinAGX441.contains(preset.powerMode(on: .orinAGX441)))
            #expect(
                preset.settings.allSatisfy { ($0.path ?? $0.nextKernelPath) != nil && (1...lines).contains($0.line) })
        }
        #expect(file.remarks.allSatisfy { (1...lines).contains($0.line) })
        return true
    }
}

/// The same sequence for a seed on every machine.
private struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
