import FlowCore
import HuntCore
import KafkaClient
import PostgresClient
import Reactor

/// Deletes a hunt with all that was scored of it, while workers go on with others.
///
/// First its definition goes: from then on its scans are refused as `unknown_hunt`, so nothing comes after. Then the
/// players go a thousand at a time, out of feed and hot tier first and out of Postgres then; what a crash leaves is
/// taken up by the next run. Refused scans stay until they are purged.
@Reactor
public final class HuntDeletion {
    static let playersPerBatch: Int32 = 1_000

    private let pool: PostgresPool
    private let slug: String

    public init(pool: PostgresPool, slug: String) {
        self.pool = pool
        self.slug = slug
    }

    /// What there is to delete.
    public struct Extent: Sendable, Equatable {
        public let players: Int64
        public let facts: Int64
    }

    static func isPending(_ slug: String, _ connection: PostgresConnection) async throws(PostgresError) -> Bool {
        let parameters = PostgresParameters()
        parameters.append(text: slug)
        return try await connection.query("select exists (select from cairn.hunt_deletion where slug = $1)", parameters)
            .bool(0, 0)
    }

    /// - Returns: nil when there is neither such a hunt nor a deletion of one to finish.
    public func extent() async throws(PostgresError) -> Extent? {
        try await pool.snapshot { connection throws(PostgresError) in
            let parameters = PostgresParameters()
            parameters.append(text: slug)
            let rows = try await connection.query(
                """
                with chosen as (
                    select hunt_id from cairn.hunt where slug = $1
                    union all select hunt_id from cairn.hunt_deletion where slug = $1)
                select (select count(*) from cairn.score s where s.hunt_id = c.hunt_id),
                       (select count(*) from cairn.first_scan f where f.hunt_id = c.hunt_id)
                from chosen c
                """, parameters)
            return rows.isEmpty ? nil : Extent(players: rows.int64(0, 0), facts: rows.int64(0, 1))
        }
    }

    /// Takes the definition away.
    ///
    /// - Returns: the hunt's database id; nil when there is neither such a hunt nor a deletion to finish.
    public func begin() async throws(PostgresError) -> Int32? {
        try await pool.transaction(DefinitionStore.begin) { connection throws(PostgresError) in
            let parameters = PostgresParameters()
            parameters.append(text: slug)
            let pending = try await connection.query(
                "select hunt_id from cairn.hunt_deletion where slug = $1", parameters)
            if !pending.isEmpty { return pending.int32(0, 0) }
            let deleted = try await connection.query(
                "delete from cairn.hunt where slug = $1 returning hunt_id", parameters)
            if deleted.isEmpty { return nil }
            let job = PostgresParameters()
            job.append(int32: deleted.int32(0, 0))
            job.append(text: slug)
            _ = try await connection.query("insert into cairn.hunt_deletion (hunt_id, slug) values ($1, $2)", job)
            try await connection.script(DefinitionStore.nextGeneration)
            return deleted.int32(0, 0)
        }
    }

    /// Deletes the players, and in the end the mark that they are being deleted.
    ///
    /// - Parameters:
    ///   - erase: takes players out of feed and hot tier; returns once the feed has their tombstones.
    ///   - onProgress: told how many players are gone.
    public func finish(
        huntID: Int32, erase: @Reactor ([PlayerKey]) async throws(KafkaError) -> Void,
        onProgress: (Int64) -> Void = { _ in }
    ) async throws(RescoreError) {
        // A change of before must not come after its player's tombstone; one that is stuck for long is its reader's to
        // ignore, for the hunt is unknown by now.
        _ = try await ask { () throws(PostgresError) in try await PublicationBarrier(pool: self.pool).wait() }
        var gone: Int64 = 0
        while let players = try await ask({ () throws(PostgresError) in try await self.nextPlayers(huntID) }) {
            do throws(KafkaError) { try await erase(players) } catch { throw .feed(error) }
            try await ask { () throws(PostgresError) in try await self.delete(players, huntID) }
            gone += Int64(players.count)
            onProgress(gone)
        }
        try await ask { () throws(PostgresError) in
            let parameters = PostgresParameters()
            parameters.append(int32: huntID)
            try await self.pool.transaction { connection throws(PostgresError) in
                for table in ["first_scan", "hunt_deletion"] {
                    _ = try await connection.query("delete from cairn.\(table) where hunt_id = $1", parameters)
                }
            }
        }
    }

    private func nextPlayers(_ huntID: Int32) async throws(PostgresError) -> [PlayerKey]? {
        let parameters = PostgresParameters()
        parameters.append(int32: huntID)
        parameters.append(int32: Self.playersPerBatch)
        let rows = try await pool.with { connection throws(PostgresError) in
            try await connection.query(
                "select player from cairn.score where hunt_id = $1 order by player limit $2", parameters)
        }
        if rows.isEmpty { return nil }
        return (0..<rows.count).map { PlayerKey(huntID: huntID, player: rows.bytes($0, 0)) }
    }

    private func delete(_ players: [PlayerKey], _ huntID: Int32) async throws(PostgresError) {
        let parameters = PostgresParameters()
        parameters.append(int32: huntID)
        parameters.append(utf8s: players.map { $0.withBytes { Array($0) } })
        try await pool.transaction { connection throws(PostgresError) in
            for table in ["first_scan", "score"] {
                _ = try await connection.query(
                    "delete from cairn.\(table) where hunt_id = $1 and player = any ($2)", parameters)
            }
        }
    }

    private func ask<Value>(
        _ body: @Reactor () async throws(PostgresError) -> Value
    ) async throws(RescoreError) -> Value {
        do throws(PostgresError) { return try await body() } catch { throw .database(error) }
    }
}
