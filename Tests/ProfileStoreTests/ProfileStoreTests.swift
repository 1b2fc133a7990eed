import GRDB
import Glibc
import Policy
import Synchronization
import SystemCalls
import Testing

@testable import ProfileStore

/// A folder that goes with the test, and what the store said.
final class StoreFolder: Sendable {
    let path: String
    private let said = Mutex<[String]>([])

    init() throws { path = try Directory.createTemporary("/tmp/fulcrum-store-") }
    deinit { _ = try? ChildProcess(["rm", "-rf", path]).wait() }

    var file: String { path + "/" + ProfileStore.fileName }
    var notices: [String] { said.withLock { $0 } }

    func open(board: String = "board", limits: ProfileStore.Limits = .init()) throws -> ProfileStore {
        try ProfileStore(directory: path, board: board, limits: limits) { notice in
            self.said.withLock { $0.append(notice) }
        }
    }

    /// Runs SQL on the file, as somebody else would. The first value of a query.
    @discardableResult
    func sql(_ statements: String) throws -> String? {
        let queue = try DatabaseQueue(path: file)
        defer { try? queue.close() }
        return try queue.writeWithoutTransaction { database in
            guard statements.hasPrefix("SELECT") else {
                try database.execute(sql: statements)
                return nil
            }
            return try String.fetchOne(database, sql: statements)
        }
    }
}

func profile(
    _ cores: Int, milliseconds: Double = 100, at time: Int = 1, source: StoredProfile.Source = .search
) -> StoredProfile {
    StoredProfile(
        mode: PowerMode(cores: cores, cpuKHz: 422_400, gpuHz: 114_750_000, emcHz: 665_600_000),
        minibatchMilliseconds: milliseconds, powerWatts: 12.5, minibatches: 40, firstAt: time, lastAt: time,
        source: source)
}

@Suite struct ProfileStoreTests {
    @Test func whatWasRecordedIsThereAfterARestart() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        #expect(store.state == .durable)
        #expect(store.workloads.isEmpty)
        store.record(profile(4, at: 5), key: "train", name: "Train")
        store.record(profile(8, at: 6), key: "train", name: "Train")
        store.record(profile(4, milliseconds: 90, at: 7, source: .settled), key: "train", name: "Train")
        store.record(.init(budgetMilliwatts: 30_000, strategy: "gmd"), key: "train", name: "Train", at: 8)
        store.use(key: "other", name: "Other", at: 9)
        store.close()

        let again = try folder.open()
        var refined = profile(4, milliseconds: 90, at: 7, source: .settled)
        refined.firstAt = 5
        #expect(
            again.workloads == [
                StoredWorkload(key: "other", name: "Other"),
                StoredWorkload(
                    key: "train", name: "Train", profiles: [refined, profile(8, at: 6)],
                    searches: [.init(budgetMilliwatts: 30_000, strategy: "gmd")]),
            ])
        again.close()
        #expect(folder.notices.isEmpty)
        var status = stat()
        #expect(lstat(folder.file, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func anotherBoardsProfilesAreKeptAndNotShown() throws {
        let folder = try StoreFolder()
        let first = try folder.open(board: "one")
        first.record(profile(4), key: "train", name: "Train")
        first.close()
        let second = try folder.open(board: "two")
        #expect(second.workloads.isEmpty)
        second.record(profile(8), key: "train", name: "Train")
        second.close()
        let third = try folder.open(board: "one")
        #expect(third.workloads.map(\.profiles) == [[profile(4)]])
        third.close()
    }

    @Test func theOldestLeave() throws {
        let folder = try StoreFolder()
        var limits = ProfileStore.Limits()
        limits.workloads = 3
        limits.profiles = 2
        let store = try folder.open(limits: limits)
        for number in 1...5 { store.record(profile(4, at: number), key: "w\(number)", name: "W") }
        // It runs again, so it is not the oldest.
        store.use(key: "w3", name: "W", at: 10)
        store.record(profile(4, at: 11), key: "w6", name: "W")
        for number in 1...4 { store.record(profile(number, at: 20 + number), key: "w6", name: "W") }
        store.close()
        let again = try folder.open(limits: limits)
        #expect(again.workloads.map(\.key) == ["w6", "w3", "w5"])
        #expect(again.workloads.first?.profiles.map(\.lastAt).sorted() == [23, 24])
        again.close()
    }

    @Test func aRetiredWorkloadIsKeptUnderItsFormerName() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        store.record(profile(1), key: "train", name: "Train")
        store.retire(key: "train", former: "train.former")
        store.record(profile(2), key: "train", name: "Train")
        store.retire(key: "train", former: "train.former")
        store.record(profile(3), key: "train", name: "Train")
        store.close()
        let again = try folder.open()
        #expect(again.workloads.first { $0.key == "train" }?.profiles == [profile(3)])
        #expect(again.workloads.first { $0.key == "train.former" }?.profiles == [profile(2)])
        #expect(again.workloads.count == 2)
        again.close()
    }

    @Test func aFlushedProfileIsCommitted() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        store.record(profile(4), key: "train", name: "Train")
        #expect(store.flush())
        #expect(try folder.sql("SELECT count(*) FROM profile") == "1")
        store.close()
    }

    @Test func whatNoMeasurementHasIsNotKept() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        for value in [0, -1, .nan, .infinity, 1e300] {
            store.record(profile(4, milliseconds: value), key: "train", name: "Train")
        }
        #expect(store.flush())
        #expect(try folder.sql("SELECT count(*) FROM workload") == "0")
        store.close()
    }
}

/// Files that somebody else wrote, or a dying disk.
@Suite struct DamagedStoreTests {
    /// A store with one workload, changed by `damage`, opened again: what it shows, and what it said.
    private func reopened(_ damage: (StoreFolder) throws -> Void) throws -> (ProfileStore, StoreFolder) {
        let folder = try StoreFolder()
        let store = try folder.open()
        for cores in 1...40 { store.record(profile(cores), key: "train", name: "Train") }
        store.close()
        try damage(folder)
        return (try folder.open(), folder)
    }

    private func overwrite(_ path: String, at offset: Int, with bytes: [UInt8]) throws {
        let file = try OwnedDescriptor(opening: path, flags: O_RDWR)
        #expect(file.write(bytes, at: offset) == nil)
    }

    private func size(_ path: String) -> Int {
        var status = stat()
        return lstat(path, &status) == 0 ? Int(status.st_size) : -1
    }

    @Test(arguments: ["text", "page", "truncated", "foreign", "columns", "directory", "large"])
    func aDamagedFileIsPutAsideAndAnEmptyOneTakesItsPlace(kind: String) throws {
        let (store, folder) = try reopened { folder in
            switch kind {
            case "text": try SmallFile.replaceAtomically(folder.file, with: [UInt8]("no database\n".utf8))
            case "page": try overwrite(folder.file, at: 4096, with: [UInt8](repeating: 0xa5, count: 20_000))
            case "truncated": #expect(truncate(folder.file, off_t(size(folder.file) / 2)) == 0)
            case "foreign":
                unlink(folder.file)
                try folder.sql("CREATE TABLE wine (year INTEGER)")
            case "columns": try folder.sql("DROP TABLE profile; CREATE TABLE profile (workload, wine)")
            case "directory":
                unlink(folder.file)
                try Directory.create(folder.file)
            default: #expect(truncate(folder.file, 70_000_000) == 0)
            }
        }
        if kind == "directory" {
            // Renamed away like a file, since SQLite could not open it.
            #expect(store.state == .durable || folder.notices.count == 1, "\(folder.notices)")
        } else {
            #expect(store.state == .durable, "\(folder.notices)")
            #expect(Directory.exists(folder.file + ".damaged"))
        }
        #expect(store.workloads.isEmpty)
        #expect(folder.notices.count == 1 && folder.notices[0].contains(folder.file), "\(folder.notices)")
        store.record(profile(7), key: "train", name: "Train")
        let isKept = store.flush()
        #expect(isKept == (store.state == .durable))
        store.close()
        guard isKept else { return }
        let again = try folder.open()
        #expect(again.workloads.map(\.profiles) == [[profile(7)]])
        again.close()
    }

    @Test func recordsThatNoStoreWritesArePassedOver() throws {
        let (store, folder) = try reopened { folder in
            try folder.sql(
                """
                UPDATE profile SET watts = 'many' WHERE cores = 1;
                UPDATE profile SET milliseconds = -5 WHERE cores = 2;
                UPDATE profile SET cpu_khz = 1e300 WHERE cores = 3;
                UPDATE profile SET source = x'ff00' WHERE cores = 4;
                UPDATE profile SET gpu_hz = 0 WHERE cores = 5;
                UPDATE profile SET watts = 9e999 WHERE cores = 6;
                INSERT INTO workload VALUES (90, 'board', x'00', 'blob', 1);
                INSERT INTO workload VALUES (91, 'board', hex(zeroblob(20000)), 'long', 1);
                """)
        }
        #expect(store.state == .durable)
        #expect(store.workloads.map(\.key) == ["train"])
        #expect(store.workloads.first?.profiles.map(\.mode.cores) == Array(7...40))
        #expect(folder.notices.count == 1 && folder.notices[0].hasPrefix("7 records of "), "\(folder.notices)")
        store.close()
    }

    @Test func aLaterVersionsFileIsLeftAsItIs() throws {
        let (store, folder) = try reopened { try $0.sql("PRAGMA user_version = 7") }
        let before = try SmallFile.bytes(folder.file, limit: 1 << 20)
        guard case .memoryOnly(let reason) = store.state else {
            Issue.record("a file of a later version was used")
            return
        }
        #expect(reason.contains("later version of Fulcrum (schema 7, this one reads 1)"))
        store.record(profile(3), key: "train", name: "Train")
        #expect(!store.flush())
        store.close()
        #expect(try SmallFile.bytes(folder.file, limit: 1 << 20) == before)
        #expect(!Directory.exists(folder.file + ".damaged"))
    }

    /// sysfs takes no new files, from nobody.
    @Test(arguments: ["/sys/kernel", "/proc/self/status/below-a-file"])
    func aPlaceThatCannotBeWrittenLeavesMemory(directory: String) throws {
        let notices = Mutex<[String]>([])
        let store = try ProfileStore(directory: directory, board: "board") { notice in
            notices.withLock { $0.append(notice) }
        }
        guard case .memoryOnly(let reason) = store.state else {
            Issue.record("\(directory) was written")
            return
        }
        #expect(reason.contains(directory))
        store.record(profile(3), key: "train", name: "Train")
        #expect(!store.flush())
        store.close()
        #expect(notices.withLock { $0.count } == 1)
    }

    @Test func aFullFileIsSaidAndWrittenAgainWhenThereIsRoom() throws {
        let folder = try StoreFolder()
        var limits = ProfileStore.Limits()
        limits.bytes = 16 * 4096
        limits.retryMilliseconds = 20
        let store = try folder.open(limits: limits)
        // Long names fill the pages, and the limit of workloads is far.
        for number in 0..<60 {
            store.use(key: String(repeating: "k", count: 4000) + "\(number)", name: "W", at: number)
        }
        #expect(!store.flush())
        guard case .memoryOnly(let reason) = store.state else {
            Issue.record("60 keys of 4000 bytes fitted into 16 pages")
            return
        }
        #expect(reason.contains("full"), "\(reason)")
        store.close()
        // What was committed before is there.
        let again = try folder.open(limits: limits)
        #expect(again.state == .durable)
        again.close()
    }

    @Test func whatWaitsIsBounded() throws {
        let folder = try StoreFolder()
        var limits = ProfileStore.Limits()
        limits.waitingChanges = 10
        let store = try ProfileStore(directory: "/sys/kernel", board: "board", limits: limits)
        for cores in 1...50 { store.record(profile(cores), key: "train", name: "Train") }
        #expect(store.lost == 40)
        store.close()
        _ = folder
    }
}
