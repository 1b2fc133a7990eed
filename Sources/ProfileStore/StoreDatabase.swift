import GRDB
import Policy

/// The store's SQLite file: schema, bounds, reading and writing. Not safe from several threads.
///
/// WAL with synchronous = FULL: a transaction that was committed survives a killed process and a lost supply, and one that was not
/// leaves no trace (https://www.sqlite.org/wal.html).
struct StoreDatabase {
    /// Why a file cannot be used as it is.
    enum Refusal: Error {
        /// The file is torn, or something else than a store: a sentence part.
        case damaged(String)
        /// A later version of Fulcrum wrote it.
        case newer(Int)
    }

    static let version = 1
    /// "FULC", at offset 68 of the file.
    static let applicationID = 0x4655_4c43
    static let pageBytes = 4096
    private static let keyBytes = 16_384
    private static let nameBytes = 256

    private let queue: DatabaseQueue
    private let limits: ProfileStore.Limits
    private let board: String

    /// Opens the file, checks it from one end to the other, and makes the tables in an empty one.
    init(path: String, board: String, limits: ProfileStore.Limits) throws {
        var configuration = GRDB.Configuration()
        configuration.label = "profiles"
        configuration.busyMode = .timeout(2)
        configuration.maximumReaderCount = 1
        self.limits = limits
        self.board = board
        queue = try DatabaseQueue(path: path, configuration: configuration)
        do {
            try queue.writeWithoutTransaction { database in try Self.prepare(database, limits: limits) }
        } catch {
            try? queue.close()
            throw error
        }
    }

    private static func prepare(_ database: Database, limits: ProfileStore.Limits) throws {
        // A schema that somebody else wrote may not run functions of its choice.
        try database.execute(sql: "PRAGMA trusted_schema = OFF")
        let found = try integer(database, "PRAGMA user_version")
        let application = try integer(database, "PRAGMA application_id")
        let tables = try integer(database, "SELECT count(*) FROM sqlite_master")
        if tables > 0 {
            guard application == applicationID else { throw Refusal.damaged("it holds other data than profiles") }
            guard found <= version else { throw Refusal.newer(found) }
            let check = try Row.fetchOne(database, sql: "PRAGMA quick_check(1)")
            guard let check, text(check, 0) == "ok" else {
                throw Refusal.damaged("SQLite finds \(check.flatMap { text($0, 0) } ?? "nothing") in it")
            }
        }
        try database.execute(sql: "PRAGMA journal_mode = WAL")
        try database.execute(sql: "PRAGMA synchronous = FULL")
        try database.execute(sql: "PRAGMA max_page_count = \(limits.bytes / pageBytes)")
        guard tables == 0 else { return }
        try database.inTransaction {
            try database.execute(
                sql: """
                    CREATE TABLE workload (
                        id INTEGER PRIMARY KEY, board TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL,
                        used_at INTEGER NOT NULL, UNIQUE (board, key));
                    CREATE TABLE profile (
                        workload INTEGER NOT NULL REFERENCES workload (id) ON DELETE CASCADE,
                        cores INTEGER NOT NULL, cpu_khz INTEGER NOT NULL, gpu_hz INTEGER NOT NULL, emc_hz INTEGER NOT NULL,
                        minibatch INTEGER NOT NULL, milliseconds REAL NOT NULL, watts REAL NOT NULL,
                        minibatches INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
                        source TEXT NOT NULL, UNIQUE (workload, cores, cpu_khz, gpu_hz, emc_hz, minibatch));
                    CREATE TABLE search (
                        workload INTEGER NOT NULL REFERENCES workload (id) ON DELETE CASCADE,
                        budget_mw INTEGER NOT NULL, strategy TEXT NOT NULL, ended_at INTEGER NOT NULL,
                        UNIQUE (workload, budget_mw, strategy));
                    PRAGMA application_id = \(applicationID);
                    PRAGMA user_version = \(version);
                    """)
            return .commit
        }
    }

    func close() throws { try queue.close() }

    // MARK: Reading

    /// All workloads of this board, the last used first. What no store writes is passed over and counted.
    func load() throws -> (workloads: [StoredWorkload], skipped: Int) {
        try queue.read { database in
            var skipped = 0
            var found: [(id: Int64, workload: StoredWorkload)] = []
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT id, key, name FROM workload WHERE board = ? AND length(CAST(key AS BLOB)) <= \(Self.keyBytes)
                    AND length(CAST(name AS BLOB)) <= \(Self.nameBytes) ORDER BY used_at DESC, id DESC LIMIT ?
                    """, arguments: [board, limits.workloads])
            while let row = try rows.next() {
                guard let id = Self.integer(row, 0), let key = Self.text(row, 1), let name = Self.text(row, 2) else {
                    skipped += 1
                    continue
                }
                found.append((Int64(id), StoredWorkload(key: key, name: name)))
            }
            for index in found.indices {
                let profiles = try Row.fetchCursor(
                    database,
                    sql: """
                        SELECT cores, cpu_khz, gpu_hz, emc_hz, minibatch, milliseconds, watts, minibatches, first_at, last_at,
                        source FROM profile WHERE workload = ? AND length(source) < 32 ORDER BY rowid LIMIT ?
                        """, arguments: [found[index].id, limits.profiles])
                while let row = try profiles.next() {
                    guard let profile = Self.profile(row) else {
                        skipped += 1
                        continue
                    }
                    found[index].workload.profiles.append(profile)
                }
                let searches = try Row.fetchCursor(
                    database,
                    sql: """
                        SELECT budget_mw, strategy FROM search WHERE workload = ? AND length(strategy) < 64 ORDER BY rowid LIMIT ?
                        """, arguments: [found[index].id, limits.searches])
                while let row = try searches.next() {
                    guard let budget = Self.integer(row, 0), budget > 0, let strategy = Self.text(row, 1) else {
                        skipped += 1
                        continue
                    }
                    found[index].workload.searches.append(.init(budgetMilliwatts: budget, strategy: strategy))
                }
            }
            return (found.map(\.workload), skipped)
        }
    }

    private static func profile(_ row: Row) -> StoredProfile? {
        let integers = [0, 1, 2, 3, 4, 7, 8, 9].compactMap { integer(row, $0) }
        guard integers.count == 8, let milliseconds = number(row, 5), let watts = number(row, 6),
            let source = text(row, 10).flatMap(StoredProfile.Source.init(rawValue:)),
            integers[..<4].allSatisfy({ $0 > 0 }), integers[4...].allSatisfy({ $0 >= 0 })
        else { return nil }
        let profile = StoredProfile(
            mode: PowerMode(cores: integers[0], cpuKHz: integers[1], gpuHz: integers[2], emcHz: integers[3]),
            minibatch: integers[4], minibatchMilliseconds: milliseconds, powerWatts: watts, minibatches: integers[5],
            firstAt: integers[6], lastAt: integers[7], source: source)
        return profile.isPlausible ? profile : nil
    }

    // A column of a foreign file can hold any type whatever its declaration says, and GRDB's typed access traps on others.

    private static func integer(_ row: Row, _ column: Int) -> Int? {
        guard case .int64(let value) = (row[column] as DatabaseValue).storage else { return nil }
        return Int(exactly: value)
    }

    private static func number(_ row: Row, _ column: Int) -> Double? {
        switch (row[column] as DatabaseValue).storage {
        case .double(let value): value
        case .int64(let value): Double(value)
        default: nil
        }
    }

    private static func text(_ row: Row, _ column: Int) -> String? {
        guard case .string(let value) = (row[column] as DatabaseValue).storage else { return nil }
        return value
    }

    private static func integer(_ database: Database, _ sql: String) throws -> Int {
        try Row.fetchOne(database, sql: sql).flatMap { integer($0, 0) } ?? 0
    }

    // MARK: Writing

    /// Applies all of `changes` in one transaction, or none.
    func apply(_ changes: [StoreChange]) throws {
        try queue.write { database in
            for change in changes { try apply(change, database) }
        }
    }

    private func apply(_ change: StoreChange, _ database: Database) throws {
        switch change {
        case .profile(let profile, let key, let name):
            let id = try workload(key, name, usedAt: profile.lastAt, database)
            try database.execute(
                sql: """
                    INSERT INTO profile VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (workload, cores, cpu_khz, gpu_hz, emc_hz, minibatch) DO UPDATE SET
                    milliseconds = excluded.milliseconds, watts = excluded.watts, minibatches = excluded.minibatches,
                    last_at = excluded.last_at, source = excluded.source
                    """,
                arguments: [
                    id, profile.mode.cores, profile.mode.cpuKHz, profile.mode.gpuHz, profile.mode.emcHz,
                    profile.minibatch, profile.minibatchMilliseconds, profile.powerWatts, profile.minibatches,
                    profile.firstAt, profile.lastAt, profile.source.rawValue,
                ])
            try trim("profile", by: "last_at", of: id, to: limits.profiles, database)
        case .search(let search, let key, let name, let time):
            let id = try workload(key, name, usedAt: time, database)
            try database.execute(
                sql: """
                    INSERT INTO search VALUES (?, ?, ?, ?)
                    ON CONFLICT (workload, budget_mw, strategy) DO UPDATE SET ended_at = excluded.ended_at
                    """, arguments: [id, search.budgetMilliwatts, search.strategy, time])
            try trim("search", by: "ended_at", of: id, to: limits.searches, database)
        case .use(let key, let name, let time):
            _ = try workload(key, name, usedAt: time, database)
        case .retire(let key, let former):
            try database.execute(sql: "DELETE FROM workload WHERE board = ? AND key = ?", arguments: [board, former])
            try database.execute(
                sql: "UPDATE workload SET key = ? WHERE board = ? AND key = ?", arguments: [former, board, key])
        }
    }

    /// The id of a workload, which is made where it is new; the ones that ran longest ago make room for it.
    private func workload(_ key: String, _ name: String, usedAt: Int, _ database: Database) throws -> Int64 {
        try database.execute(
            sql: """
                INSERT INTO workload (board, key, name, used_at) VALUES (?, ?, ?, ?)
                ON CONFLICT (board, key) DO UPDATE SET name = excluded.name, used_at = max(used_at, excluded.used_at)
                """, arguments: [board, key, name, usedAt])
        let row = try Row.fetchOne(
            database, sql: "SELECT id FROM workload WHERE board = ? AND key = ?", arguments: [board, key])
        let id = Int64(row.flatMap { Self.integer($0, 0) } ?? 0)
        try database.execute(
            sql: """
                DELETE FROM workload WHERE id <> ? AND id NOT IN
                (SELECT id FROM workload ORDER BY used_at DESC, id DESC LIMIT ?)
                """, arguments: [id, limits.workloads])
        return id
    }

    private func trim(_ table: String, by time: String, of id: Int64, to limit: Int, _ database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM \(table) WHERE workload = ? AND rowid NOT IN
                (SELECT rowid FROM \(table) WHERE workload = ? ORDER BY \(time) DESC, rowid DESC LIMIT ?)
                """, arguments: [id, id, limit])
    }
}

extension StoredProfile {
    /// Whether a measurement can have these values.
    var isPlausible: Bool {
        minibatchMilliseconds > 0 && minibatchMilliseconds < 1e9 && powerWatts > 0 && powerWatts < 1e4
            && mode.cores <= 4096
    }
}
