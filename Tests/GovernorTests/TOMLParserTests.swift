import Testing

@testable import Governor

@Suite struct TOMLParserTests {
    private func parse(_ text: String) throws -> TOMLTable { try TOMLParser.parse([UInt8](text.utf8)) }

    @Test func readsEveryKindOfValue() throws {
        let table = try parse(
            """
            # a comment
            text = "a\\tb\\u00e9\\"" # another
            literal = 'C:\\x'
            many = \"\"\"
            one
            two \\
               three\"\"\"
            raw = '''it's'''
            integer = -1_000
            hex = 0xff
            float = 6.5e-1
            yes = true
            list = [1, # one
              2,
            ]
            inline = { a = 1, "b c" = 'x', d.e = 2 }
            dotted.key = 3
            """)
        #expect(table["text"]?.string == "a\tbé\"")
        #expect(table["literal"]?.string == "C:\\x")
        #expect(table["many"]?.string == "one\ntwo three")
        #expect(table["raw"]?.string == "it's")
        #expect(table["integer"]?.integer == -1000)
        #expect(table["hex"]?.integer == 255)
        #expect(table["float"]?.number == 0.65)
        #expect(table["list"]?.array?.map(\.integer) == [1, 2])
        #expect(table["inline"]?.table?["b c"]?.string == "x")
        #expect(table["inline"]?.table?["d"]?.table?["e"]?.integer == 2)
        #expect(table["dotted"]?.table?["key"]?.integer == 3)
        #expect(table.line(of: "dotted") == 17)
    }

    @Test func tablesAndListsOfTables() throws {
        let table = try parse("[a.b]\nx = 1\n[[c]]\ny = 1\n[[c]]\ny = 2\n[c.d]\nz = 3\n[a]\nw = 1\r\n")
        #expect(table["a"]?.table?["b"]?.table?["x"]?.integer == 1)
        #expect(table["a"]?.table?["w"]?.integer == 1)
        #expect(table["c"]?.array?.count == 2)
        #expect(table["c"]?.array?.last?.table?["d"]?.table?["z"]?.integer == 3)
    }

    @Test(arguments: [
        ("a = }", 1), ("\n[\u{fffd}]", 2), ("a = 1\na = 2", 2), ("[a]\n[a]", 2), ("a = \"x", 1), ("a = \"x\ny\"", 1),
        ("a = [1, 2", 1), ("a = {b = 1", 1), ("a", 1), ("a =", 1), ("= 1", 1), ("a = 010", 1), ("a = 1__0", 1),
        ("a = 1979-05-27", 1), ("a = 1 b = 2", 1), ("[[a]]\n[a]", 2), ("a = 1\n[a]\n", 2), ("a = \"\\q\"", 1),
        ("a = \"\\ud800\"", 1), ("a = 'x\u{0}'", 1), ("a = .5", 1), ("a = 5.", 1), ("a = 1e", 1), ("a\n= 1", 1),
        ("a = \"\"\"\nx\n", 1), ("a = 99999999999999999999", 1), ("a.b = 1\na = 2", 2),
    ])
    func refusesWithItsLine(text: String, line: Int) {
        do {
            _ = try TOMLParser.parse([UInt8](text.utf8))
            Issue.record("accepted \(text)")
        } catch {
            #expect(error.line == line, "\(text): \(error.problem)")
            #expect(error.problem.hasSuffix("."))
        }
    }

    @Test func deepNestingIsRefusedAndNotRecursedInto() {
        #expect(throws: TOMLError.self) { try parse("a = " + String(repeating: "[", count: 100_000)) }
        #expect(throws: TOMLError.self) { try parse("a = " + String(repeating: "{b=", count: 100_000)) }
        #expect(throws: TOMLError.self) { try parse(String(repeating: "a.", count: 100_000) + "a = 1") }
    }
}
