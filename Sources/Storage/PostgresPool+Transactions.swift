import PostgresClient
import Reactor

extension PostgresPool {
    /// Runs `body` in one read-only snapshot of the database.
    func snapshot<Value>(
        _ body: @Reactor (PostgresConnection) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        try await transaction("begin isolation level repeatable read read only", body)
    }

    /// Runs `body` between `begin` and commit; an error undoes everything.
    func transaction<Value>(
        _ begin: String = "begin", _ body: @Reactor (PostgresConnection) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        try await with { connection throws(PostgresError) in
            try await connection.script(begin)
            do throws(PostgresError) {
                let value = try await body(connection)
                try await connection.script("commit")
                return value
            } catch {
                // Its own failure changes nothing: a connection that is not back between transactions is closed.
                try? await connection.script("rollback")
                throw error
            }
        }
    }
}
