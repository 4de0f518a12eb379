import HuntCore
import PostgresClient
import Reactor

/// Judges refused scans of one hunt again, by its new rules: part of a `Rescore`.
///
/// A scan that is accepted now becomes a fact like any other; its record moves from the refusals to the counter that it
/// belongs to, so that every record read is still counted once. The player's row keeps its score until the players are
/// counted.
@Reactor
struct RefusalReview {
    private let rules: HuntRules
    private let reader: KeptScanReader

    init(rules: HuntRules, reader: @escaping KeptScanReader) {
        self.rules = rules
        self.reader = reader
    }

    /// Judges the next refused scans, in the caller's transaction.
    ///
    /// - Returns: how many of this hunt were judged in all; nil when there is none left.
    func step(_ connection: PostgresConnection) async throws(PostgresError) -> Int64? {
        let reached = try await connection.query(
            """
            select judged_topic, judged_partition, judged_offset, refusals_done from cairn.rescore where hunt_id = $1
            """, key())
        if reached.bool(0, 3) { return nil }
        let place = RefusalPlace(
            topic: reached.text(0, 0), partition: reached.int32(0, 1), offset: reached.int64(0, 2))
        let page = try await RefusalPage.read(
            after: place, hunt: rules.slug, isLocked: true, connection, reader: reader)
        var accepted: [KeptRefusal] = []
        var moved: [(refusal: KeptRefusal, reason: RefusalReason)] = []
        for refusal in page.refusals {
            switch refusal.judged(by: rules) {
            case .checkpoint: accepted.append(refusal)
            case .refused(let reason): if reason != refusal.reason { moved.append((refusal, reason)) }
            }
        }
        if !accepted.isEmpty { try await accept(accepted, connection) }
        if !moved.isEmpty { try await move(moved, connection) }
        return try await advance(to: page.last, of: page, accepted: accepted.count, connection)
    }

    private func key() -> PostgresParameters {
        let parameters = PostgresParameters()
        parameters.append(int32: rules.huntID)
        return parameters
    }

    private func advance(
        to place: RefusalPlace?, of page: RefusalPage, accepted: Int, _ connection: PostgresConnection
    ) async throws(PostgresError) -> Int64? {
        let parameters = key()
        parameters.append(int64: Int64(page.refusals.count))
        parameters.append(int64: Int64(accepted))
        guard let place else {
            _ = try await connection.query("update cairn.rescore set refusals_done = true where hunt_id = $1", key())
            return nil
        }
        parameters.append(text: place.topic)
        parameters.append(int32: place.partition)
        parameters.append(int64: place.offset)
        return try await connection.query(
            """
            update cairn.rescore set judged = judged + $2, accepted = accepted + $3, judged_topic = $4,
                judged_partition = $5, judged_offset = $6
            where hunt_id = $1 returning judged
            """, parameters
        ).int64(0, 0)
    }

    // MARK: Accepted now

    /// Locks in the order of a flush: leases, scores, facts, refusals.
    private func accept(_ refusals: [KeptRefusal], _ connection: PostgresConnection) async throws(PostgresError) {
        let leases = try await LeaseCounters.lock(of: refusals.map(\.place), connection)
        try await lockScores(Set(refusals.map(\.scan.player)).sorted { $0.lexicographicallyPrecedes($1) }, connection)
        let outcomes = try await writeFacts(refusals, connection)
        let changed = Set(zip(refusals, outcomes).filter { $1 != .repeated }.map(\.0.scan.player))
        try await touchScores(changed.sorted { $0.lexicographicallyPrecedes($1) }, connection)
        try await uncount(refusals, connection)
        let places = RefusalPlaces(refusals.map(\.place))
        _ = try await connection.query(
            "delete from cairn.refused_scan r using \(RefusalPlaces.table) where \(RefusalPlaces.match)",
            places.parameters)
        try await leases.count(zip(refusals.map(\.place), outcomes), connection)
    }

    private func lockScores(_ players: [[UInt8]], _ connection: PostgresConnection) async throws(PostgresError) {
        let parameters = key()
        parameters.append(utf8s: players)
        _ = try await connection.query(
            "select 1 from cairn.score where hunt_id = $1 and player = any ($2) order by player for update", parameters)
    }

    /// The facts of several refusals, each checkpoint of a player once.
    ///
    /// - Returns: parallel to the refusals.
    private func writeFacts(
        _ refusals: [KeptRefusal], _ connection: PostgresConnection
    ) async throws(PostgresError) -> [ReviewOutcome] {
        let best = BestScans(refusals, rules)
        let facts = best.positions.map { (key: $0.key, refusal: refusals[$0.value]) }
        let parameters = key()
        parameters.append(utf8s: facts.map(\.key.player))
        parameters.append(int32s: facts.map(\.key.checkpointID))
        parameters.append(optionalTimesMs: facts.map(\.refusal.scan.scannedAt))
        parameters.append(utf8s: facts.map(\.refusal.scan.eventID))
        parameters.append(utf8s: facts.map(\.refusal.scan.reader))
        parameters.append(int32s: facts.map(\.refusal.place.partition))
        parameters.append(int64s: facts.map(\.refusal.place.offset))
        let written = try await connection.query(
            """
            insert into cairn.first_scan as f
                (hunt_id, player, checkpoint_id, scanned_at, event_id, reader, source_partition, source_offset)
            select $1, w.* from unnest($2::text[], $3::int[], $4::timestamptz[], $5::text[], $6::text[], $7::int[],
                $8::bigint[]) w(player, checkpoint_id, scanned_at, event_id, reader, source_partition, source_offset)
            order by w.player, w.checkpoint_id
            on conflict (hunt_id, player, checkpoint_id) do update
                set scanned_at = excluded.scanned_at, event_id = excluded.event_id, reader = excluded.reader,
                    source_partition = excluded.source_partition, source_offset = excluded.source_offset,
                    recorded_at = excluded.recorded_at
                where (excluded.scanned_at, excluded.source_partition, excluded.source_offset)
                    < (f.scanned_at, f.source_partition, f.source_offset)
            returning f.player, f.checkpoint_id, f.xmax = 0
            """, parameters)
        var outcomes = [ReviewOutcome](repeating: .repeated, count: refusals.count)
        for row in 0..<written.count {
            let key = BestScans.Key(player: [UInt8](written.bytes(row, 0)), checkpointID: written.int32(row, 1))
            if let position = best.positions[key] { outcomes[position] = written.bool(row, 2) ? .first : .earlier }
        }
        return outcomes
    }

    /// The next flush of these players is computed anew; one without a row gets it, as with every first fact.
    private func touchScores(_ players: [[UInt8]], _ connection: PostgresConnection) async throws(PostgresError) {
        let parameters = key()
        parameters.append(utf8s: players)
        _ = try await connection.query(
            """
            insert into cairn.score as s
                (hunt_id, player, score, unlocks, reached_at, version, facts_seq, updated_at)
            select $1, w.player, 0, 0, null, 0, 1, date_trunc('milliseconds', clock_timestamp())
            from unnest($2::text[]) w(player)
            on conflict (hunt_id, player) do update set facts_seq = s.facts_seq + 1
            """, parameters)
    }

    /// Takes refusals out of the counts of their reasons and hours.
    private func uncount(_ refusals: [KeptRefusal], _ connection: PostgresConnection) async throws(PostgresError) {
        let parameters = PostgresParameters()
        parameters.append(texts: refusals.map(\.reason.name))
        parameters.append(optionalTimesMs: refusals.map(\.hour))
        _ = try await connection.query(
            """
            update cairn.refused_count c set count = greatest(0, c.count - w.count)
            from (select u.reason, u.hour, count(*) from unnest($1::text[], $2::timestamptz[]) u(reason, hour)
                group by u.reason, u.hour) w
            where c.reason = w.reason and c.hour = w.hour
            """, parameters)
    }

    // MARK: Refused for another reason now

    private func move(
        _ moved: [(refusal: KeptRefusal, reason: RefusalReason)], _ connection: PostgresConnection
    ) async throws(PostgresError) {
        try await uncount(moved.map(\.refusal), connection)
        let places = RefusalPlaces(moved.map(\.refusal.place))
        places.parameters.append(texts: moved.map(\.reason.name))
        places.parameters.append(texts: moved.map { "\($0.reason.ruleDetail)" })
        _ = try await connection.query(
            """
            with moved as (
                update cairn.refused_scan r set reason = d.reason, detail = d.detail
                from unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[])
                    d(topic, partition, "offset", reason, detail)
                where \(RefusalPlaces.match)
                returning r.reason, r.hour
            )
            insert into cairn.refused_count as c (reason, hour, count)
            select reason, hour, count(*) from moved group by reason, hour order by reason, hour
            on conflict (reason, hour) do update set count = c.count + excluded.count
            """, places.parameters)
    }
}

/// What a scan that was refused brought.
enum ReviewOutcome {
    case first
    case earlier
    case repeated
}

/// Of scans of one checkpoint by one player the first: by time, then by place in the log (contracts.md section 3).
private struct BestScans {
    struct Key: Hashable {
        let player: [UInt8]
        let checkpointID: Int32
    }

    /// Positions in the list of refusals.
    private(set) var positions: [Key: Int] = [:]

    init(_ refusals: [KeptRefusal], _ rules: HuntRules) {
        for (position, refusal) in refusals.enumerated() {
            guard case .checkpoint(let checkpoint) = refusal.judged(by: rules) else { continue }
            let key = Key(player: refusal.scan.player, checkpointID: rules.checkpointID(at: checkpoint))
            if let known = positions[key], !Self.isBefore(refusal, refusals[known]) { continue }
            positions[key] = position
        }
    }

    private static func isBefore(_ left: KeptRefusal, _ right: KeptRefusal) -> Bool {
        (left.scan.scannedAt, left.place.partition, left.place.offset)
            < (right.scan.scannedAt, right.place.partition, right.place.offset)
    }
}

/// Keys of `cairn.refused_scan` as the first three parameters of a statement.
@Reactor
private struct RefusalPlaces {
    static let table = "unnest($1::text[], $2::int[], $3::bigint[]) d(topic, partition, \"offset\")"
    static let match = "r.topic = d.topic and r.partition = d.partition and r.\"offset\" = d.\"offset\""

    let parameters = PostgresParameters()

    init(_ places: [RefusalPlace]) {
        parameters.append(texts: places.map(\.topic))
        parameters.append(int32s: places.map(\.partition))
        parameters.append(int64s: places.map(\.offset))
    }
}
