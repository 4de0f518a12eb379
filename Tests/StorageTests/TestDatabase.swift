import DevStack
import Foundation
import HuntCore
import HuntFile
import PostgresClient
import Reactor
import Storage
import Synchronization
import Testing

/// All suites of this target share one Postgres and one Redis; each test has a database of its own.
@Suite enum RealServices {}

enum SharedStack {
    static let task = Task {
        var options = DevStackOptions()
        options.services = [.postgres, .redis]
        options.durable = false
        return try await DevStack.start(options)
    }

    private static let count = Mutex(0)

    /// A database that nobody has used.
    static func newDatabase() async throws -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return try await task.value.createDatabase("test_\(number)")
    }
}

/// An empty database and a pool to it.
@Reactor
struct TestDatabase {
    let pool: PostgresPool

    /// - Parameter isMigrated: whether the schema is there.
    static func with(isMigrated: Bool = true, _ body: @Reactor (TestDatabase) async throws -> Void) async throws {
        let pool = PostgresPool(
            url: try await SharedStack.newDatabase(),
            settings: PoolSettings(max: 12, minIdle: 0, acquireTimeoutMs: 10_000))
        let result: Result<Void, any Error>
        do {
            if isMigrated { _ = try await Migrator(pool: pool).up() }
            result = .success(try await body(TestDatabase(pool: pool)))
        } catch {
            result = .failure(error)
        }
        await pool.close()
        try result.get()
    }

    /// Runs statements whose rows nobody wants.
    func run(_ sql: String) async throws(PostgresError) {
        try await pool.with { connection throws(PostgresError) in try await connection.script(sql) }
    }

    func rows(_ sql: String) async throws(PostgresError) -> PostgresRows {
        try await pool.with { connection throws(PostgresError) in try await connection.query(sql) }
    }

    /// The first column of the first row, a bigint.
    func number(_ sql: String) async throws(PostgresError) -> Int64 { try await rows(sql).int64(0, 0) }

    /// All columns of all rows as text: `a|b` per row, lines joined by spaces.
    func text(_ select: String) async throws(PostgresError) -> String {
        let rows = try await rows("select coalesce(string_agg(t::text, ' '), '') from (\(select)) t")
        return rows.text(0, 0)
    }

    /// The SQLSTATE and the detail that a statement ends with; nil when it succeeds.
    func refusal(of sql: String) async throws -> (state: String, detail: String?)? {
        do throws(PostgresError) {
            try await run(sql)
            return nil
        } catch {
            guard case .raised(let state, _, let detail, _) = error else { throw error }
            return (state.text, detail)
        }
    }
}

/// 2026-06-12T09:00:00Z
let opening: Int64 = 1_781_254_800_000

/// Two checkpoints, the second behind the first, and a trail over both.
func smallHunt(_ slug: String = "small") -> HuntDefinition {
    HuntDefinition(
        slug: slug, title: nil, opensAt: opening, closesAt: opening + 86_400_000, lateGrace: 0, ranking: .firstToReach,
        checkpoints: [
            HuntDefinition.Checkpoint(id: "gate", tag: "04A1B2C3D4E5F6", points: 10),
            HuntDefinition.Checkpoint(id: "tower", tag: "04A1B2C3D4E5F7", points: 20, requires: ["gate"]),
        ],
        trails: [HuntDefinition.Trail(id: "walk", checkpoints: ["gate", "tower"], bonus: 5)])
}

/// The hunt file that comes with the program.
func lisbon() throws -> HuntDefinition {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/cairn/Resources/lisbon-2026.yaml").path
    return try HuntFile.parse(String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self))
}
