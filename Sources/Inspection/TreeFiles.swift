import Glibc
import SystemCalls
import SystemPackage

/// The governor's tree as any reader sees it (docs/abi/tree.md): small files under one directory, which may go at any time.
public struct TreeFiles: Sendable {
    /// Where the tree is mounted.
    public let root: String

    /// What one file says.
    enum Content: Equatable {
        case text(String)
        /// The caller may not read it.
        case denied
        /// It is not there, or cannot be read now.
        case absent
    }

    /// Names the tree at `root`; nothing is read yet.
    public init(root: String) {
        self.root = root
    }

    /// Whether a daemon serves a tree here now.
    public var isServed: Bool { Directory.exists(root + "/version") }

    func content(_ path: String) -> Content {
        do {
            return .text(try SmallFile.text(root + "/" + path))
        } catch {
            return error.errno == .permissionDenied || error.errno == .notPermitted ? .denied : .absent
        }
    }

    /// The text of a file; nil where it is empty, `unmeasured`, or cannot be read.
    public func text(_ path: String) -> String? {
        guard case .text(let text) = content(path), !text.isEmpty, text != "unmeasured" else { return nil }
        return text
    }

    /// The number in a file; nil where nothing was measured.
    public func number(_ path: String) -> Int? {
        text(path).flatMap { Int($0) }
    }

    /// The numbers of a flat-keyed file; those that are `unmeasured` are left out.
    public func numbers(_ path: String) -> [String: Int] {
        text(path).map(Self.flatKeyed) ?? [:]
    }

    static func flatKeyed(_ text: String) -> [String: Int] {
        var numbers: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count == 2, let number = Int(fields[1]) { numbers[String(fields[0])] = number }
        }
        return numbers
    }

    /// The names in a directory of the tree; none if it is not there.
    public func names(_ path: String) -> [String] {
        (try? Directory.names(root + "/" + path)) ?? []
    }
}
