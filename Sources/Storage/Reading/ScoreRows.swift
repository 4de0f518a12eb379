import FlowCore
import HuntCore
import PostgresClient
import Reactor

/// The score rows of any players, found by their keys, as the hot tier wants them.
@Reactor
public enum ScoreRows {
    public struct Row: Sendable {
        /// The hunt's slug.
        public let hunt: [UInt8]
        /// `provenAtMs` is a moment before the read.
        public let item: PublishItem
    }

    /// Reads rows that have a version: what no scan has changed has no key.
    ///
    /// - Parameter pool: of the primary. A replica may be behind, which would make a key older than it says.
    public static func read(_ keys: [PlayerKey], from pool: PostgresPool) async throws(PostgresError) -> [Row] {
        let provenAtMs = Clock.monotonicMs()
        let parameters = PostgresParameters()
        parameters.append(int32s: keys.lazy.map(\.huntID))
        parameters.beginArray(.text, expecting: keys.count)
        for key in keys { key.withBytes { parameters.appendElement($0) } }
        parameters.endArray()
        let rows = try await BriefSnapshot.with(pool) { snapshot throws(PostgresError) in
            try await snapshot.connection.query(scoresOfPlayers, parameters)
        }
        return (0..<rows.count).map { row in
            Row(
                hunt: [UInt8](rows.bytes(row, 0)),
                item: PublishItem(
                    key: PlayerKey(huntID: rows.int32(row, 1), player: rows.bytes(row, 2)),
                    tally: Tally(
                        score: rows.int64(row, 3), unlocks: rows.int32(row, 4),
                        reachedAt: rows.optionalMs(row, 5) ?? -1),
                    version: rows.int64(row, 6), committedAt: rows.timestampMs(row, 7), provenAtMs: provenAtMs))
        }
    }

    // `offset 0` makes it one look-up per player, whatever the planner knows of the table.
    private static let scoresOfPlayers = PreparedStatement(
        name: "scores_of_players",
        sql: """
            select h.slug, s.hunt_id, s.player, s.score, s.unlocks, s.reached_at, s.version, s.updated_at
            from unnest($1::integer[], $2::text[]) p(hunt_id, player)
            cross join lateral (
                select * from cairn.score s where s.hunt_id = p.hunt_id and s.player = p.player offset 0
            ) s
            join cairn.hunt h on h.hunt_id = s.hunt_id
            where s.version >= 1
            """)
}
