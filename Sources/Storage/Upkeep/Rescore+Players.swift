import FlowCore
import HuntCore
import PostgresClient
import Reactor

extension Rescore {
    struct Batch: Sendable {
        /// Of the batch, by the order of ids.
        let last: String
        /// Counted in all.
        let players: Int64
        /// What the world has to be told.
        let items: [PublishItem]
    }

    /// - Returns: nil when there is no player left.
    func countBatch(_ connection: PostgresConnection) async throws(PostgresError) -> Batch? {
        let provenAtMs = Clock.monotonicMs()
        let names = try await lockPlayers(connection)
        guard let last = names.last else { return nil }
        let players = try await read(names, connection)
        let changed = players.filter(\.isChanged)
        let now = try await write(changed, connection)
        let parameters = key()
        parameters.append(text: max(last, countedBefore))
        parameters.append(text: position)
        parameters.append(int64: Int64(names.count { $0 > countedBefore }))
        parameters.append(int64: Int64(changed.count))
        let total = try await connection.query(
            """
            update cairn.rescore set counted_player = $2, published_player = $3, players = players + $4,
                changed = changed + $5
            where hunt_id = $1 returning players
            """, parameters)
        let items = players.filter { $0.isChanged || $0.name <= countedBefore }.compactMap {
            $0.item(huntID: rules.huntID, changedAt: now, provenAtMs: provenAtMs)
        }
        return Batch(last: last, players: total.int64(0, 0), items: items)
    }

    /// The facts are read by a statement of its own afterwards: it sees whatever the flushes committed that this one
    /// waited for.
    private func lockPlayers(_ connection: PostgresConnection) async throws(PostgresError) -> [String] {
        let parameters = key()
        parameters.append(text: position)
        parameters.append(int32: Self.playersPerBatch)
        let rows = try await connection.query(
            """
            select player from cairn.score where hunt_id = $1 and player > $2 order by player limit $3 for update
            """, parameters)
        return (0..<rows.count).map { rows.text($0, 0) }
    }

    private func read(
        _ names: [String], _ connection: PostgresConnection
    ) async throws(PostgresError) -> [RecountedPlayer] {
        let parameters = PostgresParameters()
        parameters.append(int32s: repeatElement(rules.huntID, count: names.count))
        parameters.append(texts: names)
        let rows = try await connection.query(Statements.loadPlayers, parameters)
        return (0..<rows.count).map { row in
            let facts = PlayerFacts.read(rows, row, checkpoints: 7, scanned: 8, rules: rules).sorted()
            return RecountedPlayer(
                name: names[Int(rows.int64(row, 0)) - 1],
                before: Tally(
                    score: rows.int64(row, 1), unlocks: rows.int32(row, 2), reachedAt: rows.optionalMs(row, 3) ?? -1),
                after: facts.withUnsafeBufferPointer { rules.tally($0, scratch: &scratch) },
                version: rows.int64(row, 4), committedAt: rows.timestampMs(row, 6))
        }
    }

    /// - Returns: the time that the rows carry, epoch milliseconds.
    private func write(
        _ players: [RecountedPlayer], _ connection: PostgresConnection
    ) async throws(PostgresError) -> Int64 {
        let now = try await connection.query("select date_trunc('milliseconds', clock_timestamp())").timestampMs(0, 0)
        if players.isEmpty { return now }
        let parameters = key()
        parameters.append(timestampMs: now)
        parameters.append(texts: players.map(\.name))
        parameters.append(int64s: players.map(\.after.score))
        parameters.append(int32s: players.map(\.after.unlocks))
        parameters.append(optionalTimesMs: players.map { $0.after.reachedAt < 0 ? nil : $0.after.reachedAt })
        _ = try await connection.query(
            """
            update cairn.score s
            set score = w.score, unlocks = w.unlocks, reached_at = w.reached_at, version = s.version + 1,
                facts_seq = s.facts_seq + 1, updated_at = $2
            from unnest($3::text[], $4::bigint[], $5::int[], $6::timestamptz[]) w(player, score, unlocks, reached_at)
            where s.hunt_id = $1 and s.player = w.player
            """, parameters)
        return now
    }
}
