import HuntCore
import PostgresClient
import Reactor

/// Why a player has its score, for readers: the score row and the facts in one snapshot, found by their keys alone.
/// No rank and no refusals, which take scans; see `PlayerReport` for those.
///
/// Definitions are kept by their version, so that a question costs two look-ups whatever the size of the hunt.
@Reactor
public final class PlayerWhyReader {
    public struct Reading: Sendable {
        public let hunt: DefinitionStore.StoredHunt
        /// How many times facts of this hunt were deleted.
        public let erasures: Int64
        /// Without its rank; nil: no scan of the player was accepted.
        public let score: PlayerReport.Score?
        /// The first scan of each checkpoint that the player found.
        public let facts: [AcceptedScan]
        /// Epoch milliseconds of the database: everything that was committed until then is in it. Of a replica it is
        /// the last commit that it holds, which is long ago where nothing happens.
        public let asOf: Int64
        public let isReplica: Bool
        /// The rules have changed and this hunt's scores are being counted anew: the score row may still be by the
        /// rules before.
        public let isBeingRescored: Bool

        /// O(facts + requirements + trails): not for the reactor's thread.
        public var explanation: Explanation { Explanation(of: facts, in: hunt.definition) }
    }

    /// Definitions that are kept, of hunts and their versions; beyond it they are all read anew.
    private static let huntsMax = 64

    private struct Edition: Hashable {
        let huntID: Int32
        let rulesVersion: Int32
        let erasures: Int64
    }

    private var hunts: [Edition: DefinitionStore.StoredHunt] = [:]

    public init() {}

    /// - Parameters:
    ///   - pool: of the primary or of a replica.
    ///   - hunt: the slug.
    /// - Returns: nil when there is no such hunt.
    public func read(
        from pool: PostgresPool, hunt slug: String, player: String
    ) async throws(PostgresError) -> Reading? {
        try await BriefSnapshot.with(pool) { snapshot throws(PostgresError) in
            let connection = snapshot.connection
            let names = PostgresParameters()
            names.append(text: slug)
            names.append(text: player)
            let rows = try await connection.query(Self.scoreOfPlayer, names)
            if rows.isEmpty { return nil }
            let edition = Edition(
                huntID: rows.int32(0, 0), rulesVersion: rows.int32(0, 1), erasures: rows.int64(0, 2))
            guard let hunt = try await self.hunt(edition, slug, connection) else { return nil }
            let key = PostgresParameters()
            key.append(int32: edition.huntID)
            key.append(text: player)
            let facts = try await PlayerReport.facts(connection, key, hunt)
            return Reading(
                hunt: hunt, erasures: edition.erasures, score: Self.score(rows), facts: facts,
                asOf: snapshot.asOf, isReplica: snapshot.isReplica, isBeingRescored: rows.bool(0, 3))
        }
    }

    private static let scoreOfPlayer = PreparedStatement(
        name: "score_of_player",
        sql: """
            select h.hunt_id, h.rules_version, h.erasures,
                   exists (select from cairn.rescore r where r.hunt_id = h.hunt_id),
                   s.score, s.unlocks, s.reached_at, s.version, s.updated_at
            from cairn.hunt h left join cairn.score s on s.hunt_id = h.hunt_id and s.player = $2
            where h.slug = $1
            """)

    private static func score(_ rows: PostgresRows) -> PlayerReport.Score? {
        if rows.isNull(0, 4) { return nil }
        return PlayerReport.Score(
            score: rows.int64(0, 4), unlocks: rows.int32(0, 5), reachedAt: rows.optionalMs(0, 6),
            version: rows.int64(0, 7), updatedAt: rows.timestampMs(0, 8), rank: nil)
    }

    private func hunt(
        _ edition: Edition, _ slug: String, _ connection: PostgresConnection
    ) async throws(PostgresError) -> DefinitionStore.StoredHunt? {
        if let known = hunts[edition] { return known }
        guard let hunt = try await DefinitionStore.hunts(connection, slug: slug).first else { return nil }
        if hunts.count == Self.huntsMax { hunts.removeAll() }
        hunts[edition] = hunt
        return hunt
    }
}
