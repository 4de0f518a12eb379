import PostgresClient
import Reactor
import Settings
import Storage

/// A pool for a command that asks a few questions.
@Reactor
struct Database {
    let pool: PostgresPool

    /// Runs `body` with a pool, after looking whether the schema is this program's; closes the pool.
    ///
    /// - Throws: `CommandFailure` with one line that names the culprit and the remedy, and what `body` throws.
    static func with<Value>(
        _ settings: Settings, checksSchema: Bool = true, _ body: @Reactor (Database) async throws -> Value
    ) async throws -> Value {
        let pool = PostgresPool(
            url: settings.postgres.url,
            settings: PoolSettings(
                max: 4, minIdle: 0, acquireTimeoutMs: settings.postgres.pool.acquireTimeoutMs,
                maxLifetimeMs: settings.postgres.pool.maxLifetimeMs),
            applicationName: "cairn")
        let result: Result<Value, any Error>
        do {
            if checksSchema { try await Migrator(pool: pool).verify() }
            result = .success(try await body(Database(pool: pool)))
        } catch {
            result = .failure(failure(error))
        }
        await pool.close()
        return try result.get()
    }

    /// Errors of the database as failures of the command; others as they are.
    static func failure(_ error: any Error) -> any Error {
        switch error {
        case let error as PostgresError: CommandFailure.failed(error.description)
        case let error as MigrationError:
            if case .database = error {
                CommandFailure.failed(error.description)
            } else {
                CommandFailure.refused(error.description)
            }
        default: error
        }
    }
}
