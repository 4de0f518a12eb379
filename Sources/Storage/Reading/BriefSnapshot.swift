import PostgresClient
import Reactor

extension PostgresPool {
    /// As `snapshot`, for what readers ask: it holds a server for 2 s at most, so that a slow read cannot starve the
    /// workers' writes.
    ///
    /// The server ends any single statement after 1 s; all of them together have 1 s here, then the connection is
    /// closed. So the last statement ends within 2 s of the first one's start, though the server notices a closed
    /// connection only when it has something to say.
    func briefSnapshot<Value>(
        _ body: @Reactor (PostgresConnection) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let begin =
            "begin isolation level repeatable read read only; set local statement_timeout = \(BriefSnapshot.limitMs)"
        return try await transaction(begin) { connection throws(PostgresError) in
            // A connection that lives beyond its snapshot must not meet this timer.
            let timer = Reactor.schedule(afterMs: BriefSnapshot.limitMs) { connection.close() }
            defer { timer.cancel() }
            return try await body(connection)
        }
    }
}

enum BriefSnapshot {
    /// Milliseconds; see `briefSnapshot`.
    static let limitMs: Int64 = 1_000
}
