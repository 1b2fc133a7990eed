import Glibc

/// The measured tables, which lie outside the checkout and are never part of it: in FULCRUM_DATA, or in `shared/data` beside
/// the repository's folder.
enum MeasuredData {
    static let folder: String? = {
        if let named = unsafe getenv("FULCRUM_DATA") { return existing(unsafe String(cString: named)) }
        var path = #filePath
        // Down to the folder that holds the repository: file, VirtualJetsonTests, Tests, repository.
        for _ in 0..<4 { path = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }
        return existing(path + "/shared/data")
    }()

    static let reason =
        "The measured tables are not here: no shared/data beside the repository, and FULCRUM_DATA names no folder with orin-agx."

    private static func existing(_ path: String) -> String? {
        unsafe access(path + "/orin-agx/train-resnet18.csv", R_OK) == 0 ? path : nil
    }
}
