import Glibc
import SystemCalls

/// Where the functions of a shared library lie in its file, read from ELF64 by its own bounds: the file may be anybody's.
///
/// Layout: System V ABI, "Object Files" (the section headers, `.dynsym`, and the program headers).
enum ELFSymbols {
    /// One function that was found.
    struct Function: Equatable {
        /// Its name as asked for.
        let name: String
        /// Bytes from the start of the file to its first instruction.
        let fileOffset: UInt64
    }

    /// libcuda has some 700 dynamic symbols; the largest libraries have 100,000.
    static let maximumSymbols: UInt64 = 1 << 18
    static let maximumStringBytes: UInt64 = 1 << 24
    /// A function has a place for each of its versions; each place that is found gets probes.
    static let maximumPlaces = 4
    private static let maximumSections = 4_096
    private static let maximumSegments = 256

    /// Finds the defined functions in the dynamic symbol table that bear one of `names`, in the order of `names`; names
    /// that are absent are left out, and one that has several versions appears once for each distinct place.
    /// O(symbols), and reads at most 22 MiB.
    ///
    /// - Throws: a sentence that names `path` when the file is not a little-endian ELF64 file, or is damaged.
    static func functions(
        named names: [String], in file: borrowing OwnedDescriptor, path: String
    ) throws(ProbeError) -> [Function] {
        let reader = Reader(path: path)
        let header = try reader.read(64, at: 0, from: file)
        guard header.bytes[0..<6] == [0x7f, 0x45, 0x4c, 0x46, 2, 1] else {
            throw reader.damaged("is not a little-endian 64-bit ELF file")
        }
        let segments = try reader.read(
            table: header.integer(at: 32), entry: header.short(at: 54), size: 56,
            count: header.short(at: 56), limit: maximumSegments, from: file, what: "program header table")
        let sections = try reader.read(
            table: header.integer(at: 40), entry: header.short(at: 58), size: 64,
            count: header.short(at: 60), limit: maximumSections, from: file, what: "section header table")
        guard let symbolSection = sections.first(where: { $0.word(at: 4) == 11 }) else {
            throw reader.damaged("has no dynamic symbol table")
        }
        let link = Int(symbolSection.word(at: 40))
        guard sections.indices.contains(link) else { throw reader.damaged("has a symbol table without names") }
        let symbolBytes = symbolSection.integer(at: 32)
        let stringBytes = sections[link].integer(at: 32)
        guard symbolBytes / 24 <= maximumSymbols, stringBytes <= maximumStringBytes else {
            throw reader.damaged("has a symbol table of \(symbolBytes) and \(stringBytes) bytes, too large to be true")
        }
        let symbols = try reader.read(Int(symbolBytes), at: symbolSection.integer(at: 24), from: file)
        let strings = try reader.read(Int(stringBytes), at: sections[link].integer(at: 24), from: file)

        var found = [[UInt64]](repeating: [], count: names.count)
        let wanted = names.map { [UInt8]($0.utf8) + [0] }
        let fileBytes = try reader.size(of: file)
        for start in stride(from: 0, to: symbols.bytes.count / 24 * 24, by: 24) {
            // STT_FUNC, and defined here: an import has section index 0.
            guard symbols.bytes[start + 4] & 0xf == 2, symbols.short(at: start + 6) != 0 else { continue }
            let nameStart = Int(symbols.word(at: start))
            for (index, name) in wanted.enumerated()
            where nameStart <= strings.bytes.count - name.count
                && strings.bytes[nameStart..<nameStart + name.count].elementsEqual(name)
            {
                guard let offset = fileOffset(of: symbols.integer(at: start + 8), in: segments), offset < fileBytes
                else {
                    throw reader.damaged("has \(names[index]) outside its executable segments")
                }
                if found[index].contains(offset) { continue }
                guard found[index].count < maximumPlaces else {
                    throw reader.damaged("has \(names[index]) at more than \(maximumPlaces) places")
                }
                found[index].append(offset)
            }
        }
        return zip(names, found).flatMap { name, offsets in
            offsets.map { Function(name: name, fileOffset: $0) }
        }
    }

    private static func fileOffset(of address: UInt64, in segments: [Block]) -> UInt64? {
        for segment in segments where segment.word(at: 0) == 1 && segment.word(at: 4) & 1 != 0 {
            let (distance, below) = address.subtractingReportingOverflow(segment.integer(at: 16))
            guard !below, distance < segment.integer(at: 32) else { continue }
            let (offset, overflow) = distance.addingReportingOverflow(segment.integer(at: 8))
            if !overflow, offset <= UInt64(Int64.max) { return offset }
        }
        return nil
    }

    /// Bytes with little-endian numbers in them; what lies outside reads as 0.
    private struct Block {
        let bytes: ArraySlice<UInt8>

        func integer(at offset: Int) -> UInt64 { number(at: offset, size: 8) }
        func word(at offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: number(at: offset, size: 4)) }
        func short(at offset: Int) -> Int { Int(number(at: offset, size: 2)) }

        private func number(at offset: Int, size: Int) -> UInt64 {
            guard offset >= 0, offset <= bytes.count - size else { return 0 }
            var value: UInt64 = 0
            let first = bytes.startIndex + offset
            for index in (first..<first + size).reversed() { value = value << 8 | UInt64(bytes[index]) }
            return value
        }
    }

    private struct Reader {
        let path: String

        func damaged(_ what: String) -> ProbeError {
            ProbeError(.refused, "The library \(path) \(what): it was not probed.")
        }

        func size(of file: borrowing OwnedDescriptor) throws(ProbeError) -> UInt64 {
            var status = stat()
            guard unsafe fstat(file.rawValue, &status) == 0 else {
                throw damaged("could not be looked at (errno \(Glibc.errno))")
            }
            return UInt64(max(status.st_size, 0))
        }

        func read(_ count: Int, at offset: UInt64, from file: borrowing OwnedDescriptor) throws(ProbeError) -> Block {
            guard let start = Int(exactly: offset), start <= Int.max - count else {
                throw damaged("points outside itself")
            }
            var bytes = [UInt8](repeating: 0, count: count)
            var filled = 0
            while filled < count {
                let result = unsafe bytes.withUnsafeMutableBytes { buffer in
                    unsafe file.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]), at: start + filled)
                }
                guard result > 0 else {
                    throw damaged(result == 0 ? "ends too early" : "could not be read (errno \(-result))")
                }
                filled += result
            }
            return Block(bytes: bytes[...])
        }

        func read(
            table offset: UInt64, entry: Int, size: Int, count: Int, limit: Int, from file: borrowing OwnedDescriptor,
            what: String
        ) throws(ProbeError) -> [Block] {
            guard entry == size, (1...limit).contains(count) else { throw damaged("has no usable \(what)") }
            let table = try read(size * count, at: offset, from: file)
            return (0..<count).map { Block(bytes: table.bytes[$0 * size..<($0 + 1) * size]) }
        }
    }
}
