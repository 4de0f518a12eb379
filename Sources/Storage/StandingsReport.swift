import PostgresClient
import Reactor

/// Pages of the view `cairn.standings`, for people; it ranks the whole hunt for each page.
@Reactor
public final class StandingsReport {
    /// One listed player.
    public struct Row: Sendable, Equatable {
        /// The hunt's slug.
        public let hunt: String
        /// From 1.
        public let rank: Int64
        public let player: String
        public let score: Int64
        /// At least 1.
        public let unlocks: Int32
        /// Epoch milliseconds; nil with score 0.
        public let reachedAt: Int64?
    }

    private let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    /// A part of a hunt's standings in their order (contracts.md section 3).
    ///
    /// - Parameters:
    ///   - limit: rows at most, `0 ...`.
    ///   - offset: rows to leave out at the top, `0 ...`.
    /// - Returns: nil when there is no such hunt.
    public func page(hunt: String, limit: Int64, offset: Int64) async throws(PostgresError) -> [Row]? {
        let parameters = PostgresParameters()
        parameters.append(text: hunt)
        parameters.append(int64: limit)
        parameters.append(int64: offset)
        // The left join keeps one row of a hunt without listed players, so that an unknown hunt has none.
        let rows = try await pool.with { connection throws(PostgresError) in
            try await connection.query(
                """
                select h.slug, s.rank, s.player, s.score, s.unlocks, s.reached_at
                from cairn.hunt h left join (
                    select * from cairn.standings where hunt = $1
                    order by score desc, reached_at nulls last, player limit $2 offset $3
                ) s on true
                where h.slug = $1
                order by s.score desc, s.reached_at nulls last, s.player
                """, parameters)
        }
        if rows.isEmpty { return nil }
        return (0..<rows.count).filter { !rows.isNull($0, 1) }.map {
            Row(
                hunt: rows.text($0, 0), rank: rows.int64($0, 1), player: rows.text($0, 2), score: rows.int64($0, 3),
                unlocks: rows.int32($0, 4), reachedAt: rows.optionalMs($0, 5))
        }
    }
}
