import PostgresClient
import Reactor

/// Where a server is in the primary's log.
@Reactor
public enum LogPosition {
    /// A server that hangs is no answer, milliseconds.
    private static let deadlineMs: Int64 = 1_000

    private static let position = PreparedStatement(
        name: "log_position",
        sql: """
            select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end
                    - '0/0'::pg_lsn)::bigint
            """)

    /// The end of the primary's log, or how far a replica has replayed it, bytes.
    public static func read(_ pool: PostgresPool) async throws(PostgresError) -> Int64 {
        try await pool.with { connection throws(PostgresError) in
            try await connection.query(position, deadlineMs: deadlineMs).int64(0, 0)
        }
    }
}
