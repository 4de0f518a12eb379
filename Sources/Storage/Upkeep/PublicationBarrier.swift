import PostgresClient
import Reactor

/// Waits until workers have published what they had committed, so that none of it comes after a tombstone.
@Reactor
struct PublicationBarrier {
    private static let deadlineMs: Int64 = 10_000

    let pool: PostgresPool

    /// - Returns: whether everything committed before the call is published; false when that takes over 10 s, as while
    ///   no worker runs or the feed is away.
    func wait() async throws(PostgresError) -> Bool {
        let positions = try await committedPositions()
        let deadline = Clock.monotonicMs() + Self.deadlineMs
        while Clock.monotonicMs() < deadline {
            let behind = try await pool.with { connection throws(PostgresError) in
                try await connection.query(
                    """
                    select count(*) from cairn.partition_lease l
                    join unnest($1::text[], $2::int[], $3::text[], $4::bigint[])
                        w(topic, partition, consumer_group, next) using (topic, partition, consumer_group)
                    where l.published_offset < w.next
                    """, positions
                ).int64(0, 0)
            }
            if behind == 0 { return true }
            await Reactor.pause(ms: 50)
        }
        return false
    }

    private func committedPositions() async throws(PostgresError) -> PostgresParameters {
        let rows = try await pool.with { connection throws(PostgresError) in
            try await connection.query(
                "select topic, partition, consumer_group, next_offset from cairn.partition_lease")
        }
        let parameters = PostgresParameters()
        parameters.append(texts: (0..<rows.count).map { rows.text($0, 0) })
        parameters.append(int32s: (0..<rows.count).map { rows.int32($0, 1) })
        parameters.append(texts: (0..<rows.count).map { rows.text($0, 2) })
        parameters.append(int64s: (0..<rows.count).map { rows.int64($0, 3) })
        return parameters
    }
}
