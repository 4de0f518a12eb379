import FlowCore
import HuntCore
import PostgresClient
import Reactor

/// Deletes all that is known of one player of a hunt.
@Reactor
public final class PlayerErasure {
    public struct Outcome: Sendable, Equatable {
        public let huntID: Int32
        public let facts: Int64
        /// Whether there was a score row.
        public let hadScore: Bool
        /// Refused scans whose value was deleted.
        public let refusals: Int64
        /// Whether everything that workers had committed before was published by now, so that none of it can come
        /// after the tombstone.
        public let isQuiet: Bool
    }

    private let pool: PostgresPool
    private let hunt: String
    private let player: String

    /// - Parameters:
    ///   - hunt: the slug.
    ///   - player: 1 ... 64 bytes.
    public init(pool: PostgresPool, hunt: String, player: String) {
        self.pool = pool
        self.hunt = hunt
        self.player = player
    }

    /// Deletes facts and score in one transaction, and the values of refused scans; makes workers forget the states of
    /// the hunt's players. Feed and hot tier are the caller's to clean afterwards.
    ///
    /// - Parameter names: whether a refused value is about this player of this hunt.
    /// - Returns: nil when there is no such hunt.
    public func run(where names: (_ value: UnsafeRawBufferPointer) -> Bool) async throws(PostgresError) -> Outcome? {
        let refusals = try await eraseRefusals(where: names)
        let erased = try await pool.transaction(DefinitionStore.begin) {
            connection throws(PostgresError) -> (huntID: Int32, facts: Int64, hadScore: Bool)? in
            guard let hunt = try await DefinitionStore.hunts(connection, slug: hunt).first else { return nil }
            let key = PostgresParameters()
            key.append(int32: hunt.huntID)
            key.append(text: player)
            let facts = try await connection.query(
                "delete from cairn.first_scan where hunt_id = $1 and player = $2", key)
            let score = try await connection.query("delete from cairn.score where hunt_id = $1 and player = $2", key)
            let own = PostgresParameters()
            own.append(int32: hunt.huntID)
            _ = try await connection.query("update cairn.hunt set erasures = erasures + 1 where hunt_id = $1", own)
            _ = try await connection.query(
                """
                update cairn.rescore r
                set before_player = r.before_player[:w.place - 1] || r.before_player[w.place + 1:],
                    before_rank = r.before_rank[:w.place - 1] || r.before_rank[w.place + 1:],
                    before_score = r.before_score[:w.place - 1] || r.before_score[w.place + 1:]
                from (select array_position(before_player, $2) as place from cairn.rescore where hunt_id = $1) w
                where r.hunt_id = $1 and w.place is not null
                """, key)
            try await connection.script(DefinitionStore.nextGeneration)
            return (hunt.huntID, Int64(facts.affectedCount), score.affectedCount == 1)
        }
        guard let erased else { return nil }
        // A scan that was refused meanwhile; from now on this player is a stranger.
        let late = try await eraseRefusals(where: names)
        return Outcome(
            huntID: erased.huntID, facts: erased.facts, hadScore: erased.hadScore, refusals: refusals + late,
            isQuiet: try await PublicationBarrier(pool: pool).wait())
    }

    /// The player as scans after the erasure have made them; nil: nobody saw them again. Feed and hot tier must be told
    /// after the tombstone, which hides what a worker told before it: she scans again while the erasure waits for the
    /// workers, her new score is told, the tombstone follows, and without this the feed had nothing of her until her
    /// next change.
    public func returned(huntID: Int32) async throws(PostgresError) -> PublishItem? {
        let provenAtMs = Clock.monotonicMs()
        let parameters = PostgresParameters()
        parameters.append(int32: huntID)
        parameters.append(text: player)
        let rows = try await pool.with { connection throws(PostgresError) in
            try await connection.query(
                """
                select score, unlocks, reached_at, version, updated_at from cairn.score
                where hunt_id = $1 and player = $2 and version > 0
                """, parameters)
        }
        if rows.isEmpty { return nil }
        let key = Array(player.utf8).withUnsafeBytes { PlayerKey(huntID: huntID, player: $0) }
        return PublishItem(
            key: key,
            tally: Tally(
                score: rows.int64(0, 0), unlocks: rows.int32(0, 1), reachedAt: rows.optionalMs(0, 2) ?? -1),
            version: rows.int64(0, 3), committedAt: rows.timestampMs(0, 4), provenAtMs: provenAtMs)
    }

    // MARK: Refused scans

    private func eraseRefusals(
        where names: (_ value: UnsafeRawBufferPointer) -> Bool
    ) async throws(PostgresError) -> Int64 {
        var place = RefusalPlace()
        var erased: Int64 = 0
        while true {
            let parameters = PostgresParameters()
            parameters.append(text: place.topic)
            parameters.append(int32: place.partition)
            parameters.append(int64: place.offset)
            parameters.append(int32: RefusalPage.rowsMax)
            let rows = try await pool.with { connection throws(PostgresError) in
                try await connection.query(
                    """
                    select topic, partition, "offset", value from cairn.refused_scan
                    where (topic, partition, "offset") > ($1, $2, $3) and value is not null
                    order by topic, partition, "offset" limit $4
                    """, parameters)
            }
            for row in 0..<rows.count {
                place = RefusalPlace(
                    topic: rows.text(row, 0), partition: rows.int32(row, 1), offset: rows.int64(row, 2))
                if names(rows.bytes(row, 3)) {
                    try await eraseValue(at: place)
                    erased += 1
                }
            }
            if rows.count < Int(RefusalPage.rowsMax) { return erased }
        }
    }

    private func eraseValue(at place: RefusalPlace) async throws(PostgresError) {
        let parameters = PostgresParameters()
        parameters.append(text: place.topic)
        parameters.append(int32: place.partition)
        parameters.append(int64: place.offset)
        _ = try await pool.with { connection throws(PostgresError) in
            try await connection.query(
                """
                update cairn.refused_scan set value = null where topic = $1 and partition = $2 and "offset" = $3
                """, parameters)
        }
    }
}
