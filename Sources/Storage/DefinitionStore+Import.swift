import HuntCore
import PostgresClient
import Reactor

/// What an import did.
public enum ImportOutcome: Sendable, Equatable {
    case created
    /// The file says what the database already has.
    case unchanged
    case changed(rulesVersion: Int32)
    /// The definition is in force, and a `Rescore` has to count the players anew.
    case rescoring(rulesVersion: Int32)
    /// A rescore was not finished, and the file says what the database has or asks for no other; nothing was written.
    case unfinished
    /// The hunt has facts, so other rules would change scores and nobody allowed it; nothing was written.
    case needsRescore(RuleChange)
    /// The hunt has facts, and no rescore can carry out such a change; nothing was written.
    case forbidden(RuleChange)
    /// The facts of an earlier hunt of this slug are still being deleted; nothing was written.
    case deleting
}

extension DefinitionStore {
    /// Makes the database's definition of a hunt equal to this one. Workers flush by the old definitions before it and
    /// by the new ones after it, never by both.
    ///
    /// - Parameter rescore: where players stand before, for the report at the end; nil: a hunt with facts must not
    ///   change.
    public func importHunt(
        _ definition: HuntDefinition, rescore before: [RescorePreview.Move]? = nil
    ) async throws(PostgresError) -> ImportOutcome {
        try await pool.transaction(Self.begin) { connection throws(PostgresError) in
            if try await HuntDeletion.isPending(definition.slug, connection) { return .deleting }
            let known = try await Self.hunts(connection, slug: definition.slug).first
            let isPending = if let known { try await Rescore.isPending(known.huntID, connection) } else { false }
            if let known, known.definition == definition { return isPending ? .unfinished : .unchanged }
            let isScored = if let known { try await Self.hasFacts(known.huntID, connection) } else { false }
            if isScored, let known {
                let change = RuleChange(from: known.definition, to: definition)
                if !change.forbidden.isEmpty { return .forbidden(change) }
                if before == nil { return .needsRescore(change) }
            }
            // What goes on there goes by the rules as they are.
            if isPending && before == nil { return .unfinished }
            let version = try await Self.write(definition, over: known, connection)
            guard let known else { return .created }
            guard let before else { return .changed(rulesVersion: version) }
            try await Rescore.request(known.huntID, before, connection)
            return .rescoring(rulesVersion: version)
        }
    }

    /// Writes a definition as the next rules version and the next generation.
    ///
    /// - Returns: the rules version.
    static func write(
        _ definition: HuntDefinition, over known: StoredHunt?, _ connection: PostgresConnection
    ) async throws(PostgresError) -> Int32 {
        let version = (known?.rulesVersion ?? 0) + 1
        let huntID = try await writeHunt(definition, version, connection)
        try await writeCheckpoints(definition, huntID, known, connection)
        try await writeTrails(definition, huntID, connection)
        try await connection.script(nextGeneration)
        return version
    }

    static let nextGeneration = "update cairn.definitions set generation = generation + 1"

    /// The lock keeps flushes out while definitions change.
    static let begin = "begin; lock table cairn.definitions in exclusive mode"

    private static func hasFacts(_ huntID: Int32, _ connection: PostgresConnection) async throws(PostgresError) -> Bool
    {
        let parameters = PostgresParameters()
        parameters.append(int32: huntID)
        return try await connection.query("select exists (select from cairn.score where hunt_id = $1)", parameters)
            .bool(0, 0)
    }

    /// A checkpoint that stays keeps its number; a new one gets the next.
    static func checkpointIDs(of definition: HuntDefinition, known: StoredHunt?) -> [Int32] {
        let pairs = zip(known?.definition.checkpoints ?? [], known?.checkpointIDs ?? [])
        let ids = Dictionary(uniqueKeysWithValues: pairs.map { ($0.id, $1) })
        var next = (ids.values.max() ?? 0) + 1
        return definition.checkpoints.map { checkpoint in
            if let id = ids[checkpoint.id] { return id }
            defer { next += 1 }
            return next
        }
    }

    private static func writeHunt(
        _ definition: HuntDefinition, _ version: Int32, _ connection: PostgresConnection
    ) async throws(PostgresError) -> Int32 {
        let parameters = PostgresParameters()
        parameters.append(text: definition.slug)
        parameters.append(optional: definition.title)
        parameters.append(timestampMs: definition.opensAt)
        parameters.append(timestampMs: definition.closesAt)
        parameters.append(int64: definition.lateGrace)
        parameters.append(text: definition.ranking.rawValue)
        parameters.append(int32: version)
        let rows = try await connection.query(
            """
            insert into cairn.hunt (slug, title, opens_at, closes_at, late_grace_ms, ranking, rules_version)
            values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (slug) do update
                set title = excluded.title, opens_at = excluded.opens_at, closes_at = excluded.closes_at,
                    late_grace_ms = excluded.late_grace_ms, ranking = excluded.ranking,
                    rules_version = excluded.rules_version, updated_at = now()
            returning hunt_id
            """, parameters)
        return rows.int32(0, 0)
    }

    private static func writeCheckpoints(
        _ definition: HuntDefinition, _ huntID: Int32, _ known: StoredHunt?, _ connection: PostgresConnection
    ) async throws(PostgresError) {
        let checkpoints = definition.checkpoints
        let parameters = PostgresParameters()
        parameters.append(int32: huntID)
        parameters.append(int32s: checkpointIDs(of: definition, known: known))
        parameters.append(texts: checkpoints.map(\.id))
        parameters.append(texts: checkpoints.map(\.tag))
        parameters.append(int64s: checkpoints.map(\.points))
        parameters.append(optionals: checkpoints.map(\.title))
        parameters.append(optionals: checkpoints.map(\.latitude))
        parameters.append(optionals: checkpoints.map(\.longitude))
        parameters.append(optionals: checkpoints.map(\.zone))
        parameters.append(texts: checkpoints.map { $0.requires.joined(separator: ",") })
        parameters.append(optionalTimesMs: checkpoints.map(\.opensAt))
        parameters.append(optionalTimesMs: checkpoints.map(\.closesAt))
        try await delete("checkpoint", huntID, connection)
        _ = try await connection.query(
            """
            insert into cairn.checkpoint (hunt_id, checkpoint_id, slug, position, tag, points, title, latitude,
                longitude, zone, requires, opens_at, closes_at)
            select $1, c.id, c.slug, c.position, c.tag, c.points, c.title, c.latitude, c.longitude, c.zone,
                string_to_array(c.requires, ','), c.opens_at, c.closes_at
            from unnest($2::int[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::text[], $11::timestamptz[], $12::timestamptz[]) with ordinality
                c(id, slug, tag, points, title, latitude, longitude, zone, requires, opens_at, closes_at, position)
            """, parameters)
    }

    private static func writeTrails(
        _ definition: HuntDefinition, _ huntID: Int32, _ connection: PostgresConnection
    ) async throws(PostgresError) {
        let parameters = PostgresParameters()
        parameters.append(int32: huntID)
        parameters.append(texts: definition.trails.map(\.id))
        parameters.append(texts: definition.trails.map { $0.checkpoints.joined(separator: ",") })
        parameters.append(int64s: definition.trails.map(\.bonus))
        try await delete("trail", huntID, connection)
        _ = try await connection.query(
            """
            insert into cairn.trail (hunt_id, slug, position, checkpoints, bonus)
            select $1, t.slug, t.position, string_to_array(t.checkpoints, ','), t.bonus
            from unnest($2::text[], $3::text[], $4::bigint[]) with ordinality t(slug, checkpoints, bonus, position)
            """, parameters)
    }

    private static func delete(
        _ table: StaticString, _ huntID: Int32, _ connection: PostgresConnection
    ) async throws(PostgresError) {
        let parameters = PostgresParameters()
        parameters.append(int32: huntID)
        _ = try await connection.query("delete from cairn.\(table) where hunt_id = $1", parameters)
    }
}

extension PostgresParameters {
    func append(optional value: String?) {
        if let value { append(text: value) } else { appendNull(.text) }
    }

    func append(optionals values: [String?]) {
        beginArray(.text, expecting: values.count)
        for value in values {
            if let value { appendElement(text: value) } else { appendNullElement() }
        }
        endArray()
    }

    /// Texts given as UTF-8.
    func append(utf8s values: [[UInt8]?]) {
        beginArray(.text, expecting: values.count)
        for value in values {
            if let value { value.withUnsafeBytes { appendElement($0) } } else { appendNullElement() }
        }
        endArray()
    }

    func append(optionalTimesMs values: [Int64?]) {
        beginArray(.timestamptz, expecting: values.count)
        for value in values {
            if let value { appendElement(timestampMs: value) } else { appendNullElement() }
        }
        endArray()
    }
}
