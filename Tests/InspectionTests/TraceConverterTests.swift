import Foundation
import Testing

@testable import Inspection

@Suite("Trace conversion")
struct TraceConverterTests {
    private static let version = "version 1 clock monotonic\n"

    private func convert(_ text: String, cut: Int = .max) throws -> (TraceDocument, TraceSummary, String) {
        try convert(Array(text.utf8), cut: cut)
    }

    private func convert(_ bytes: [UInt8], cut: Int = .max) throws -> (TraceDocument, TraceSummary, String) {
        var converter = TraceConverter(creator: "fulcrumctl 0.1.0")
        var output = [UInt8]()
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(cut))
            try converter.convert(piece.span)
            output += converter.takeOutput()
            rest = rest.dropFirst(piece.count)
        }
        converter.finish()
        output += converter.takeOutput()
        return (try TraceDocument(Data(output)), converter.summary, String(decoding: output, as: UTF8.self))
    }

    private static let recording =
        version + """
            process 4711 train "a"\\b
            process 812 infer
            mode 900000000 4 1113600 1300500000 3199000000
            rail VDD_GPU_SOC 1000000000 12400005
            slice 4711 1000000001 1030000002 ctxsw
            slice 812 1030000003 1034567890 launches
            minibatch 4711 1030000002 1
            slice 4711 1040000000 1070000001 ctxsw
            minibatch 4711 1070000001 5
            decision 1100000000 Settled: 12 W of 15 W.
            lost 12
            mode 1200000000 stock
            rail VDD_GPU_SOC 1430000000 0

            """

    @Test("Every record becomes the events that its kind has, with stamps exact to the nanosecond")
    func conversion() throws {
        let (document, summary, text) = try convert(Self.recording)
        #expect(document.problems == [])
        #expect(
            text.contains(
                #"{"name":"train \"a\"\\b","cat":"ctxsw","ph":"X","pid":4711,"tid":4711,"ts":1000000.001,"dur":30000.001}"#
            ))
        #expect(text.contains(#""cat":"launches","ph":"X","pid":812,"tid":16778028,"ts":1030000.003,"dur":4567.887}"#))
        #expect(text.contains(#""name":"VDD_GPU_SOC","cat":"power","ph":"C""#))
        #expect(text.contains(#""ts":1000000.000,"args":{"W":12.400005}}"#))
        #expect(text.contains(#""ts":1430000.000,"args":{"W":0.000000}}"#))
        #expect(document.events("X").count == 4)
        #expect(document.events("X", named: "minibatch").count == 1)
        #expect(document.events("i", named: "minibatch").count == 1)
        #expect(document.events("i", named: "4 cores, CPU 1113 MHz, GPU 1300 MHz, EMC 3199 MHz").count == 1)
        #expect(document.events("i", named: "stock clocks").count == 1)
        #expect(document.events("i", named: "Settled: 12 W of 15 W.").count == 1)
        #expect(document.events("i", named: "lost 12 lines").count == 1)
        let gpu = document.events("C", named: "requested GPU MHz").compactMap {
            ($0["args"] as? [String: Double])?["MHz"]
        }
        #expect(gpu == [1_300.5, 0])
        #expect(document.metadata["lost_lines"] as? Int == 12)
        #expect(document.metadata["creator"] as? String == "fulcrumctl 0.1.0")
        let names = document.events("M", named: "process_name").compactMap {
            ($0["args"] as? [String: String])?["name"]
        }
        #expect(names == ["Fulcrum governor", "power rails", "train \"a\"\\b", "infer"])

        #expect(summary.processes.map(\.pid) == [4711, 812])
        #expect(summary.processes.map(\.slices) == [2, 1])
        #expect(summary.processes.map(\.busyNanoseconds) == [60_000_002, 4_567_887])
        #expect(summary.processes.map(\.minibatches) == [6, 0])
        #expect(summary.events == UInt64(document.events.count - document.events("M").count))
        #expect(summary.records == 10)
        #expect(summary.lostLines == 12)
        #expect(summary.skippedLines == 0)
        #expect(
            summary.text == #"""
                    PID  COMMAND            SLICES     BUSY MS  MINIBATCHES  SOURCE
                   4711  train "a"\b             2      60.000            6  ctxsw
                    812  infer                   1       4.567            0  launches
                19 events of 10 records; 12 lines lost by the daemon's buffer
                """#)
    }

    @Test("Wherever the stream is cut, the document is the same", arguments: [1, 2, 3, 7, 64, 100])
    func cuts(length: Int) throws {
        #expect(try convert(Self.recording, cut: length).2 == convert(Self.recording).2)
    }

    @Test(
        "Overlapping slices of a process are shortened and late ones left out, so that rows rise and time counts once")
    func overlaps() throws {
        let (document, summary, _) = try convert(
            Self.version + """
                slice 1 100 200 launches
                slice 1 150 300 launches
                slice 1 160 290 launches
                slice 2 160 290 launches
                slice 1 300 300 launches
                slice 1 300 301 launches
                minibatch 1 200 1
                minibatch 1 150 2
                rail A 10 5
                rail A 10 6
                decision 10 a
                decision 9 b
                mode 10 stock
                mode 9 stock

                """)
        #expect(document.problems == [])
        #expect(summary.processes.first { $0.pid == 1 }?.busyNanoseconds == 201)
        #expect(summary.processes.first { $0.pid == 1 }?.slices == 4)
        #expect(summary.overlappingSlices == 1)
        #expect(summary.lateRecords == 5)
        #expect(document.metadata["late_records"] as? Int == 5)
    }

    @Test("A stream that is not this version's is refused, also when its first line is torn")
    func otherVersions() {
        for text in [
            "version 2 clock monotonic\n", "version 1 clock boottime\n", "rsion 1 clock monotonic\n",
            "slice 1 2 3 ctxsw\n",
        ] {
            #expect(throws: InspectionError.self) { try convert(text) }
        }
    }

    @Test("Lost lines are told at the stamp that follows, and in the metadata when none does")
    func lost() throws {
        let (early, _, _) = try convert(Self.version + "lost 3\nlost 4\nslice 1 5000 6000 ctxsw\n")
        #expect(early.problems == [])
        #expect(early.events("i", named: "lost 7 lines").first?["ts"] as? Double == 6)
        let (alone, summary, _) = try convert(Self.version + "lost 999999999999999999\n")
        #expect(alone.events("i").isEmpty)
        #expect(summary.lostLines == 999_999_999_999_999_999)
        #expect(summary.events == 0)
    }

    @Test("A line longer than any true one is skipped as a whole, however it comes", arguments: [10, 65_536, Int.max])
    func overlongLine(cut: Int) throws {
        let (document, summary, _) = try convert(
            Self.version + "decision 1 " + String(repeating: "x", count: 200_000) + "\nlost 1\nslice 1 2 3 ctxsw\n",
            cut: cut)
        #expect(document.problems == [])
        // In one piece it is not long in memory, and its sentence is cut.
        #expect(summary.skippedLines == (cut == .max ? 0 : 1))
        #expect(summary.lostLines == 1)
        #expect(summary.processes.count == 1)
    }

    @Test("Damaged streams give valid documents, and what was skipped is counted")
    func damage() throws {
        var generator = SeededGenerator(seed: 42)
        let whole = Array(Self.recording.utf8)
        var skipped: UInt64 = 0
        for _ in 0..<400 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                // The version stays, or there is no document.
                let index = Int.random(in: Self.version.utf8.count..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(UInt8(ascii: "\n"), at: index)
                default: bytes[index] = UInt8(ascii: "9")
                }
            }
            let (document, summary, _) = try convert(bytes, cut: Int.random(in: 1...300, using: &generator))
            #expect(document.problems == [])
            skipped += summary.skippedLines
        }
        #expect(skipped > 400)
    }

    @Test("What is kept does not grow with the recording, and the output holds only what is new")
    func memory() throws {
        var converter = TraceConverter(creator: "test")
        try converter.convert(Array(Self.version.utf8).span)
        var largest = 0
        for index in 0..<200 {
            let lines = (0..<100).map { line in
                let start = (index * 100 + line) * 1_000 + 1
                return "slice \(line % 10 + 1) \(start) \(start + 500) ctxsw\n"
            }
            try converter.convert(Array(lines.joined().utf8).span)
            largest = max(largest, converter.takeOutput().count)
        }
        #expect(largest < 100 * 200)
        #expect(converter.summary.events == 20_000)
        #expect(converter.summary.processes.allSatisfy { $0.slices == 2_000 && $0.busyNanoseconds == 1_000_000 })
    }

    @Test("A mode that was set before the recording is shown from its start")
    func modeBefore() throws {
        var converter = TraceConverter(creator: "test", startNanoseconds: 5_000_000)
        try converter.convert(Array("version 1 clock monotonic\nmode 1000 4 1 2 3\nmode 6000000 stock\n".utf8).span)
        converter.finish()
        let document = try TraceDocument(Data(converter.takeOutput()))
        #expect(document.problems == [])
        #expect(document.events("i").compactMap { $0["ts"] as? Double } == [5_000, 6_000])
    }

    @Test("Each way of measuring has a row of its own, and busy time is that of the best, whichever came first")
    func sources() throws {
        let (document, summary, _) = try convert(
            Self.version + """
                slice 1 100 900 boundaries
                slice 1 200 300 ctxsw
                slice 1 150 800 launches
                slice 1 400 500 ctxsw
                slice 1 900 950 boundaries
                slice 2 100 101 boundaries

                """)
        #expect(document.problems == [])
        #expect(Set(document.events("X").compactMap { $0["tid"] as? Int }).count == 4)
        #expect(summary.lateRecords == 0)
        #expect(summary.overlappingSlices == 0)
        #expect(summary.processes.map(\.source) == ["ctxsw", "boundaries"])
        #expect(summary.processes.map(\.slices) == [2, 1])
        #expect(summary.processes.map(\.busyNanoseconds) == [200, 1])
    }
}
