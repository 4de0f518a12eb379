import Crypto
import Migrations
import PostgresClient
import Reactor

/// Why a schema is not what this program needs.
public enum MigrationError: Error, Equatable, Sendable, CustomStringConvertible {
    case database(PostgresError)
    /// A migration that was applied has another text in this program.
    case edited(version: Int, name: String)
    /// The database has one that this program does not know: a newer program was here.
    case unknown(version: Int, name: String)
    /// One before the latest applied is not applied.
    case missing(version: Int, name: String)
    /// Some are not applied.
    case pending(count: Int, first: String)

    public var description: String {
        switch self {
        case .database(let error): error.description
        case .edited(let version, let name):
            "migration \(version) (\(name)) was changed after it was applied: use the program that applied it"
        case .unknown(let version, let name):
            "the database has migration \(version) (\(name)), which this program does not know: use a newer cairn"
        case .missing(let version, let name):
            "migration \(version) (\(name)) is missing in the database though later ones are applied"
        case .pending(let count, let first):
            "the database lacks \(count) migration\(count == 1 ? "" : "s"), first \(first): run `cairn migrate up`"
        }
    }
}

/// Brings the database's schema to what this program needs, in order, each migration once.
@Reactor
public final class Migrator {
    public struct Status: Sendable, Equatable {
        public let version: Int
        public let name: String
        /// Epoch milliseconds; nil while it is pending.
        public let appliedAt: Int64?
    }

    private let pool: PostgresPool
    private let files: [Migrations.File]

    /// - Parameter files: for tests; the program's own otherwise.
    public init(pool: PostgresPool, files: [Migrations.File] = Migrations.all) {
        self.pool = pool
        self.files = files
    }

    /// Applies what is pending. Any number may run at once: one works, the others wait and find nothing to do.
    ///
    /// - Parameter onStep: told before each migration how many are done already, of how many.
    /// - Returns: what was applied.
    public func up(
        isDryRun: Bool = false, onStep: (_ next: Status, _ done: Int, _ of: Int) -> Void = { _, _, _ in }
    ) async throws(MigrationError) -> [Status] {
        try await session { connection throws(MigrationError) in
            let applied = try await self.applied(connection)
            try check(applied)
            let pending = files.dropFirst(applied.count).map {
                Status(version: $0.version, name: $0.name, appliedAt: nil)
            }
            if isDryRun { return pending }
            for (done, file) in files.dropFirst(applied.count).enumerated() {
                onStep(pending[done], done, pending.count)
                try await apply(file, connection)
            }
            return pending
        }
    }

    /// Every migration that this program knows, oldest first.
    public func status() async throws(MigrationError) -> [Status] {
        let applied = try await readApplied()
        try check(applied)
        return files.enumerated().map { position, file in
            Status(
                version: file.version, name: file.name,
                appliedAt: position < applied.count ? applied[position].appliedAt : nil)
        }
    }

    /// Returns when the schema is exactly what this program needs.
    public func verify() async throws(MigrationError) {
        let applied = try await readApplied()
        try check(applied)
        if let first = files.dropFirst(applied.count).first {
            throw .pending(count: files.count - applied.count, first: "\(first.version) (\(first.name))")
        }
    }

    // MARK: Reading

    private struct Applied {
        let version: Int
        let name: String
        let checksum: String
        let appliedAt: Int64
    }

    private func check(_ applied: [Applied]) throws(MigrationError) {
        for (position, row) in applied.enumerated() {
            guard let file = files.first(where: { $0.version == row.version }) else {
                throw .unknown(version: row.version, name: row.name)
            }
            if file.version != files[position].version {
                throw .missing(version: files[position].version, name: files[position].name)
            }
            if Self.checksum(of: file) != row.checksum { throw .edited(version: row.version, name: row.name) }
        }
    }

    private func readApplied() async throws(MigrationError) -> [Applied] {
        try await onConnection { connection throws(MigrationError) in
            do throws(PostgresError) {
                return try await Self.rows(connection)
            } catch {
                // No table, no migrations.
                if case .raised("42P01", _, _, _) = error { return [] }
                if case .raised("3F000", _, _, _) = error { return [] }
                throw .database(error)
            }
        }
    }

    private func applied(_ connection: PostgresConnection) async throws(MigrationError) -> [Applied] {
        do throws(PostgresError) { return try await Self.rows(connection) } catch { throw .database(error) }
    }

    private static func rows(_ connection: PostgresConnection) async throws(PostgresError) -> [Applied] {
        let rows = try await connection.query(
            "select version, name, checksum, applied_at from cairn.schema_migration order by version")
        return (0..<rows.count).map {
            Applied(
                version: Int(rows.int32($0, 0)), name: rows.text($0, 1), checksum: rows.text($0, 2),
                appliedAt: rows.timestampMs($0, 3))
        }
    }

    static func checksum(of file: Migrations.File) -> String {
        SHA256.hash(data: file.sql).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }

    // MARK: Applying

    /// "cairn" in ASCII: the number of the advisory lock under which migrations run.
    private static let lock: Int64 = 0x6361_6972_6E

    private func session<Value>(
        _ body: @Reactor (PostgresConnection) async throws(MigrationError) -> Value
    ) async throws(MigrationError) -> Value {
        try await onConnection { connection throws(MigrationError) in
            try await run("select pg_advisory_lock(\(Self.lock))", connection)
            do throws(MigrationError) {
                try await run(Self.bootstrap, connection)
                let value = try await body(connection)
                try await run("select pg_advisory_unlock(\(Self.lock))", connection)
                return value
            } catch {
                try? await run("rollback; select pg_advisory_unlock(\(Self.lock))", connection)
                throw error
            }
        }
    }

    private static let bootstrap = """
        create schema if not exists cairn;
        create table if not exists cairn.schema_migration (
            version integer primary key, name text collate "C" not null, checksum text collate "C" not null,
            applied_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()));
        """

    /// The first line of a migration that must not run inside a transaction (CREATE INDEX CONCURRENTLY ...).
    private static let outsideMark = "-- outside a transaction"

    private func apply(_ file: Migrations.File, _ connection: PostgresConnection) async throws(MigrationError) {
        let sql = String(decoding: file.sql, as: UTF8.self)
        let note = """
            insert into cairn.schema_migration (version, name, checksum)
            values (\(file.version), '\(file.name)', '\(Self.checksum(of: file))')
            """
        if sql.hasPrefix(Self.outsideMark) {
            for statement in sql.split(separator: ";\n") { try await run(String(statement), connection) }
            try await run(note, connection)
        } else {
            try await run("begin;\n\(sql);\n\(note);\ncommit", connection)
        }
    }

    private func run(_ sql: String, _ connection: PostgresConnection) async throws(MigrationError) {
        do throws(PostgresError) { try await connection.script(sql) } catch { throw .database(error) }
    }

    private func onConnection<Value>(
        _ body: @Reactor (PostgresConnection) async throws(MigrationError) -> Value
    ) async throws(MigrationError) -> Value {
        let connection: PostgresConnection
        do throws(PostgresError) { connection = try await pool.acquire() } catch { throw .database(error) }
        defer { pool.release(connection) }
        return try await body(connection)
    }
}
