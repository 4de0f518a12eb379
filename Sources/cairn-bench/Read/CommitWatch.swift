import PostgresClient
import Reactor

/// Looks again and again which transactions have ended: Postgres' log tells when each was committed, and not when others
/// could see it.
@Reactor
final class CommitWatch {
    private(set) var snapshots: [SeenSnapshot] = []
    private let pool: PostgresPool
    private var isStopped = false
    private var hasEnded = false
    private var trouble: PostgresError?

    private static let everyMs: Int64 = 20
    private static let look = PreparedStatement(name: "bench_look", sql: "select pg_current_snapshot()::text")

    init(_ pool: PostgresPool) {
        self.pool = pool
        Reactor.task { [self] in await watch() }
    }

    /// - Throws: `PostgresError` when a look failed.
    func stop() async throws(PostgresError) {
        isStopped = true
        while !hasEnded { await Reactor.pause(ms: 1) }
        if let trouble { throw trouble }
    }

    private func watch() async {
        while !isStopped {
            do throws(PostgresError) {
                let rows = try await pool.with { connection throws(PostgresError) in
                    try await connection.query(Self.look)
                }
                // The snapshot is older than this moment, so whatever it holds could be seen by now.
                if let seen = SeenSnapshot(atUs: EpochClock.microseconds(), text: rows.text(0, 0)) {
                    snapshots.append(seen)
                }
            } catch {
                trouble = error
                break
            }
            await Reactor.pause(ms: Self.everyMs)
        }
        hasEnded = true
    }
}
