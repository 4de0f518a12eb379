import PostgresClient
import Reactor

/// Deletes refused scans and their counts once they are older than they are to be kept; a little at a time, hourly.
@Reactor
public final class RefusedPurge {
    private static let everyMs: Int64 = 3_600_000
    private static let rowsPerStatement: Int32 = 5_000

    private let pool: PostgresPool
    private let keepMs: Int64
    private var timer: ReactorTimer?

    public init(pool: PostgresPool, keepMs: Int64) {
        self.pool = pool
        self.keepMs = keepMs
    }

    /// The first purge comes after a minute, so that a fleet that restarts is not busy with it.
    public func start() { arm(afterMs: 60_000) }

    public func stop() { timer?.cancel() }

    private func arm(afterMs: Int64) {
        timer = Reactor.schedule(afterMs: afterMs) { [weak self] in
            Reactor.task { [weak self] in
                // An unreachable database is no reason to worry here: the next hour comes.
                _ = try? await self?.purge(nowMs: Clock.epochMs())
                self?.arm(afterMs: Self.everyMs)
            }
        }
    }

    /// - Returns: how many refused scans were deleted.
    public func purge(nowMs: Int64) async throws(PostgresError) -> Int {
        var total = 0
        while true {
            let parameters = PostgresParameters()
            parameters.append(timestampMs: nowMs - keepMs)
            parameters.append(int32: Self.rowsPerStatement)
            let deleted = try await pool.with { connection throws(PostgresError) in
                try await connection.query(
                    """
                    delete from cairn.refused_scan where (topic, partition, "offset") in (
                        select topic, partition, "offset" from cairn.refused_scan where hour < $1 limit $2)
                    """, parameters
                ).affectedCount
            }
            total += deleted
            if deleted < Int(Self.rowsPerStatement) { break }
        }
        let parameters = PostgresParameters()
        parameters.append(timestampMs: nowMs - keepMs)
        _ = try await pool.with { connection throws(PostgresError) in
            try await connection.query("delete from cairn.refused_count where hour < $1", parameters)
        }
        return total
    }
}
