import HuntCore
import PostgresClient
import Reactor

/// The hunts' definitions in Postgres: read as a whole, changed one hunt at a time, each change a new generation.
@Reactor
public final class DefinitionStore {
    let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    /// A hunt as the database has it.
    public struct StoredHunt: Sendable {
        public let huntID: Int32
        public let rulesVersion: Int32
        public let definition: HuntDefinition
        /// Parallel to the definition's checkpoints.
        public let checkpointIDs: [Int32]
        /// How many times facts of this hunt were deleted.
        public let erasures: Int64

        /// The same compiled for judging and counting.
        public var rules: HuntRules {
            HuntRules(
                huntID: huntID, rulesVersion: rulesVersion, definition: definition, checkpointIDs: checkpointIDs,
                erasures: erasures)
        }
    }

    /// All hunts, compiled, with the generation they belong to.
    public func ruleBook() async throws(PostgresError) -> RuleBook {
        try await pool.snapshot { connection throws(PostgresError) in
            let generation = try await connection.query("select generation from cairn.definitions")
            let hunts = try await Self.hunts(connection, slug: nil)
            return RuleBook(generation: generation.int64(0, 0), hunts: hunts.map(\.rules))
        }
    }

    /// All hunts by slug, or one.
    public func hunts(slug: String? = nil) async throws(PostgresError) -> [StoredHunt] {
        try await pool.snapshot { connection throws(PostgresError) in try await Self.hunts(connection, slug: slug) }
    }

    // MARK: Reading

    static func hunts(_ connection: PostgresConnection, slug: String?) async throws(PostgresError) -> [StoredHunt] {
        let filter = PostgresParameters()
        if let slug { filter.append(text: slug) } else { filter.appendNull(.text) }
        let hunts = try await connection.query(
            """
            select hunt_id, slug, title, opens_at, closes_at, late_grace_ms, ranking, rules_version,
                   erasures
            from cairn.hunt where $1::text is null or slug = $1 order by slug
            """, filter)
        let checkpoints = try await connection.query(
            """
            select c.hunt_id, c.checkpoint_id, c.slug, c.tag, c.points, c.title, c.latitude, c.longitude, c.zone,
                   array_to_string(c.requires, ','), c.opens_at, c.closes_at
            from cairn.checkpoint c join cairn.hunt h using (hunt_id)
            where $1::text is null or h.slug = $1 order by c.hunt_id, c.position
            """, filter)
        let trails = try await connection.query(
            """
            select t.hunt_id, t.slug, array_to_string(t.checkpoints, ','), t.bonus
            from cairn.trail t join cairn.hunt h using (hunt_id)
            where $1::text is null or h.slug = $1 order by t.hunt_id, t.position
            """, filter)
        return (0..<hunts.count).map { hunt(hunts, $0, checkpoints, trails) }
    }

    private static func hunt(
        _ hunts: PostgresRows, _ row: Int, _ checkpoints: PostgresRows, _ trails: PostgresRows
    ) -> StoredHunt {
        let huntID = hunts.int32(row, 0)
        let checkpointRows = (0..<checkpoints.count).filter { checkpoints.int32($0, 0) == huntID }
        let trailRows = (0..<trails.count).filter { trails.int32($0, 0) == huntID }
        let definition = HuntDefinition(
            slug: hunts.text(row, 1), title: hunts.optionalText(row, 2), opensAt: hunts.timestampMs(row, 3),
            closesAt: hunts.timestampMs(row, 4), lateGrace: hunts.int64(row, 5),
            ranking: HuntDefinition.Ranking(rawValue: hunts.text(row, 6)) ?? .firstToReach,
            checkpoints: checkpointRows.map { checkpoint(checkpoints, $0) },
            trails: trailRows.map {
                HuntDefinition.Trail(
                    id: trails.text($0, 1), checkpoints: trails.text($0, 2).split(separator: ",").map(String.init),
                    bonus: trails.int64($0, 3))
            })
        return StoredHunt(
            huntID: huntID, rulesVersion: hunts.int32(row, 7), definition: definition,
            checkpointIDs: checkpointRows.map { checkpoints.int32($0, 1) }, erasures: hunts.int64(row, 8))
    }

    private static func checkpoint(_ rows: PostgresRows, _ row: Int) -> HuntDefinition.Checkpoint {
        HuntDefinition.Checkpoint(
            id: rows.text(row, 2), tag: rows.text(row, 3), points: rows.int64(row, 4),
            title: rows.optionalText(row, 5), latitude: rows.optionalText(row, 6),
            longitude: rows.optionalText(row, 7), zone: rows.optionalText(row, 8),
            requires: rows.text(row, 9).split(separator: ",").map(String.init),
            opensAt: rows.optionalMs(row, 10), closesAt: rows.optionalMs(row, 11))
    }
}

extension PostgresRows {
    func optionalText(_ row: Int, _ column: Int) -> String? { isNull(row, column) ? nil : text(row, column) }
    func optionalMs(_ row: Int, _ column: Int) -> Int64? { isNull(row, column) ? nil : timestampMs(row, column) }
}
