import HuntCore
import PostgresClient
import Reactor

/// All that the database knows of one player in one hunt, read in one snapshot.
@Reactor
public final class PlayerReport {
    /// A row of `cairn.score` with its rank.
    public struct Score: Sendable, Equatable {
        public let score: Int64
        public let unlocks: Int32
        /// Epoch milliseconds; nil with score 0.
        public let reachedAt: Int64?
        public let version: Int64
        /// Epoch milliseconds of the commit that made this version.
        public let updatedAt: Int64
        /// From 1; nil: the player is not listed, because none of its checkpoints counts yet.
        public let rank: Int64?
    }

    public struct Reading: Sendable {
        public let hunt: DefinitionStore.StoredHunt
        /// nil: no scan of the player was accepted.
        public let score: Score?
        /// The first scan of each checkpoint that the player found.
        public let facts: [AcceptedScan]
        /// The player and those listed next to it, in the order of the standings; empty when it is not listed.
        public let neighbours: [StandingsReport.Row]
        /// Kept refused scans that name the player and the hunt, newest first, `refusalsMax` at most.
        public let refusals: [RefusalReport.Scan]
        /// How many there are in all.
        public let refusalCount: Int64
    }

    /// How many refused scans a reading holds at most.
    public static let refusalsMax = 1_000

    private let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    /// - Parameters:
    ///   - hunt: the slug.
    ///   - neighbours: how many players above and how many below to read, `0 ...`.
    ///   - namesPlayer: whether a refused value is a scan of this player in this hunt. It is asked about those that
    ///     hold both names or, since JSON may write a name with escapes, a backslash.
    /// - Returns: nil when there is no such hunt.
    /// - Complexity: two passes over the hunt's score rows and one over the kept refusals, in memory that does not grow
    ///   with them.
    public func read(
        hunt slug: String, player: String, neighbours: Int64, namesPlayer: ([UInt8]) -> Bool
    ) async throws(PostgresError) -> Reading? {
        try await pool.snapshot { connection throws(PostgresError) in
            guard let hunt = try await DefinitionStore.hunts(connection, slug: slug).first else { return nil }
            let key = PostgresParameters()
            key.append(int32: hunt.huntID)
            key.append(text: player)
            let facts = try await Self.facts(connection, key, hunt)
            let standing = try await PlayerNeighbourhood.read(
                connection, hunt, player: player, neighbours: neighbours, key)
            var refusals: [RefusalReport.Scan] = []
            var refusalCount: Int64 = 0
            try await RefusalReport.forEach(
                connection, where: Self.mayName, Self.names(slug, player)
            ) { scan in
                guard let value = scan.value, namesPlayer(value) else { return true }
                refusalCount += 1
                if refusals.count < Self.refusalsMax { refusals.append(scan) }
                return true
            }
            return Reading(
                hunt: hunt, score: standing?.score, facts: facts, neighbours: standing?.rows ?? [], refusals: refusals,
                refusalCount: refusalCount)
        }
    }

    // A name may be written with escapes, so a value with a backslash may name anybody.
    private static let mayName: StaticString = """
        position('\\x5c'::bytea in value) > 0
        or position(convert_to($1, 'UTF8') in value) > 0 and position(convert_to($2, 'UTF8') in value) > 0
        """

    private static func names(_ hunt: String, _ player: String) -> PostgresParameters {
        let names = PostgresParameters()
        names.append(text: hunt)
        names.append(text: player)
        return names
    }

    static func facts(
        _ connection: PostgresConnection, _ key: PostgresParameters, _ hunt: DefinitionStore.StoredHunt
    ) async throws(PostgresError) -> [AcceptedScan] {
        let rows = try await connection.query(
            """
            select checkpoint_id, scanned_at, event_id, reader, source_partition, source_offset
            from cairn.first_scan where hunt_id = $1 and player = $2
            """, key)
        let names = Dictionary(uniqueKeysWithValues: zip(hunt.checkpointIDs, hunt.definition.checkpoints.map(\.id)))
        return (0..<rows.count).compactMap { row in
            // A fact of a checkpoint that the hunt does not have is worth nothing; `Verification` reports it.
            names[rows.int32(row, 0)].map { checkpoint in
                AcceptedScan(
                    checkpoint: checkpoint, scannedAt: rows.timestampMs(row, 1), partition: rows.int32(row, 4),
                    offset: rows.int64(row, 5), eventID: rows.text(row, 2), reader: rows.optionalText(row, 3))
            }
        }
    }
}
