import PostgresClient
import Reactor

/// A snapshot for what readers ask: it holds a server for 2 s at most, so that a slow read cannot starve the workers'
/// writes.
///
/// The server ends any single statement after 1 s; all of them together have 1 s here, then the connection is closed. So
/// the last statement ends within 2 s of the first one's start, though the server notices a closed connection only when
/// it has something to say.
@Reactor
struct BriefSnapshot {
    let connection: PostgresConnection
    /// Epoch milliseconds of the database: everything that was committed until then is in it. Of a replica it is the
    /// last commit that it holds, which is long ago where nothing happens.
    let asOf: Int64
    let isReplica: Bool

    /// Milliseconds.
    static let limitMs: Int64 = 1_000

    // Asked before the snapshot is taken. In the snapshot's own statements a replica would tell of commits that it
    // replays meanwhile and that the snapshot does not show.
    private static let now = PreparedStatement(
        name: "brief_now",
        sql: """
            select case when pg_is_in_recovery() then coalesce(pg_last_xact_replay_timestamp(), 'epoch')
                        else statement_timestamp() end, pg_is_in_recovery()
            """)

    private static let begin =
        "begin isolation level repeatable read read only; set local statement_timeout = \(limitMs)"

    static func with<Value>(
        _ pool: PostgresPool, _ body: @Reactor (BriefSnapshot) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        try await pool.with { connection throws(PostgresError) in
            let timer = Reactor.schedule(afterMs: limitMs) { connection.close() }
            defer { timer.cancel() }
            let now = try await connection.query(Self.now)
            try await connection.script(begin)
            do throws(PostgresError) {
                let value = try await body(
                    BriefSnapshot(connection: connection, asOf: now.timestampMs(0, 0), isReplica: now.bool(0, 1)))
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
