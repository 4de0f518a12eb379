import FlowCore
import HuntCore
import KafkaClient
import PostgresClient
import Reactor

/// Why a rescore did not go on. What it did stays done; the next run takes it up.
public enum RescoreError: Error, Sendable {
    case database(PostgresError)
    /// The feed did not take the new scores.
    case feed(KafkaError)
    /// Another process took the work over, or the hunt was changed again or deleted.
    case takenOver
}

/// Counts the players of a hunt by new rules while workers go on, in small transactions.
///
/// The import has put the new rules into force already: every flush from then on counts by them, for a worker's state
/// that was read from an old row counts all its facts anew with the next one. What is left are the players who bring
/// no new fact, and refused scans that the new rules accept.
///
/// Each transaction writes how far it came (`cairn.rescore`). It locks like a flush: definitions, leases, facts,
/// scores, refusals. A changed row gets the next `facts_seq`, so that a flush computed from the old one is refused.
@Reactor
public final class Rescore {
    public struct Progress: Sendable, Equatable {
        public enum Phase: Sendable { case refusals, players }
        public let phase: Phase
        public let done: Int64
        /// nil: not known.
        public let total: Int64?
    }

    public struct Summary: Sendable, Equatable {
        /// Refused scans of this hunt that were judged again.
        public let judged: Int64
        /// Those of them that are accepted now.
        public let accepted: Int64
        /// Players counted.
        public let players: Int64
        /// Those of them whose score, unlocks or reached_at changed.
        public let changed: Int64
        /// The players of the preview, by rank now.
        public let moves: [RescorePreview.Move]
    }

    static let playersPerBatch: Int32 = 1_000
    /// Deadlocks and serialization failures in a row until one is taken for a fault.
    private static let conflictsMax = 20

    private let pool: PostgresPool
    let rules: HuntRules
    private let publish: @Reactor ([PublishItem]) async throws(KafkaError) -> Void
    private let reader: KeptScanReader
    private let onProgress: (Progress) -> Void
    private var epoch: Int64 = 0
    /// Players up to here are counted and told.
    private(set) var position = ""
    /// Players up to here were counted by an earlier run, which perhaps did not tell all of them.
    private(set) var countedBefore = ""
    var scratch = TallyScratch()

    /// - Parameters:
    ///   - hunt: as the database has it.
    ///   - reader: reads refused values again.
    ///   - publish: tells the world of new scores; returns once the feed has them.
    public init(
        pool: PostgresPool, hunt: DefinitionStore.StoredHunt, reader: @escaping KeptScanReader,
        publish: @escaping @Reactor ([PublishItem]) async throws(KafkaError) -> Void,
        onProgress: @escaping (Progress) -> Void = { _ in }
    ) {
        self.pool = pool
        rules = hunt.rules
        self.publish = publish
        self.reader = reader
        self.onProgress = onProgress
    }

    /// Does what is left to do, to the end.
    ///
    /// - Returns: nil when nothing was pending.
    public func run() async throws(RescoreError) -> Summary? {
        let isPending = try await ask { () throws(PostgresError) in try await self.takeOver() }
        if !isPending { return nil }
        let review = RefusalReview(rules: rules, reader: reader)
        while let judged = try await step({ connection throws(PostgresError) in try await review.step(connection) }) {
            onProgress(Progress(phase: .refusals, done: judged, total: nil))
        }
        let total = try await ask { () throws(PostgresError) in try await self.playerCount() }
        while let batch = try await step({ connection throws(PostgresError) in try await self.countBatch(connection) })
        {
            do throws(KafkaError) { try await publish(batch.items) } catch { throw .feed(error) }
            position = batch.last
            onProgress(Progress(phase: .players, done: batch.players, total: max(total, batch.players)))
        }
        return try await step { connection throws(PostgresError) in try await self.finish(connection) }
    }

    // MARK: Work that is pending

    static func isPending(_ huntID: Int32, _ connection: PostgresConnection) async throws(PostgresError) -> Bool {
        let parameters = PostgresParameters()
        parameters.append(int32: huntID)
        return try await connection.query("select exists (select from cairn.rescore where hunt_id = $1)", parameters)
            .bool(0, 0)
    }

    /// Puts a hunt on the list, from its beginning. Where an earlier rescore was not finished, what it noted of the
    /// time before stays, and so does how far it had counted: it may have died before it told of those players, and the
    /// new rules may change nothing about them.
    static func request(
        _ huntID: Int32, _ before: [RescorePreview.Move], _ connection: PostgresConnection
    ) async throws(PostgresError) {
        let parameters = PostgresParameters()
        parameters.append(int32: huntID)
        parameters.append(texts: before.map(\.player))
        parameters.append(int64s: before.map { $0.rankBefore ?? 0 })
        parameters.append(int64s: before.map(\.scoreBefore))
        _ = try await connection.query(
            """
            insert into cairn.rescore as r (hunt_id, epoch, before_player, before_rank, before_score)
            values ($1, 1, $2, $3, $4)
            on conflict (hunt_id) do update
                set epoch = r.epoch + 1, judged_topic = '', judged_partition = -1, judged_offset = -1,
                    refusals_done = false, published_player = '', judged = 0, accepted = 0, changed = 0
            """, parameters)
    }

    /// - Returns: whether there is anything to do.
    private func takeOver() async throws(PostgresError) -> Bool {
        let rows = try await pool.with { connection throws(PostgresError) in
            try await connection.query(
                """
                update cairn.rescore set epoch = epoch + 1 where hunt_id = $1
                returning epoch, published_player, counted_player
                """, self.key())
        }
        if rows.isEmpty { return false }
        epoch = rows.int64(0, 0)
        position = rows.text(0, 1)
        countedBefore = rows.text(0, 2)
        return true
    }

    func key() -> PostgresParameters {
        let parameters = PostgresParameters()
        parameters.append(int32: rules.huntID)
        return parameters
    }

    // MARK: Transactions

    /// Runs one transaction of the work, again after a conflict.
    ///
    /// - Throws: `takenOver` when the work is no longer this object's.
    private func step<Value: Sendable>(
        _ body: @Reactor (PostgresConnection) async throws(PostgresError) -> Value?
    ) async throws(RescoreError) -> Value? {
        var conflicts = 0
        while true {
            let outcome: Outcome<Value>
            do throws(PostgresError) {
                outcome = try await pool.transaction(Self.begin) { connection throws(PostgresError) in
                    try await self.isOurs(connection) ? .done(try await body(connection)) : .takenOver
                }
            } catch {
                guard case .conflict = error, conflicts < Self.conflictsMax else { throw .database(error) }
                conflicts += 1
                continue
            }
            guard case .done(let value) = outcome else { throw .takenOver }
            return value
        }
    }

    private enum Outcome<Value: Sendable>: Sendable {
        case done(Value?)
        case takenOver
    }

    /// As a flush: no import while it lasts.
    private static let begin = "begin; lock table cairn.definitions in row share mode"

    private func isOurs(_ connection: PostgresConnection) async throws(PostgresError) -> Bool {
        let parameters = key()
        parameters.append(int64: epoch)
        parameters.append(int32: rules.rulesVersion)
        return try await connection.query(
            """
            select from cairn.rescore r join cairn.hunt h using (hunt_id)
            where r.hunt_id = $1 and r.epoch = $2 and h.rules_version = $3 for update of r
            """, parameters
        ).count == 1
    }

    private func playerCount() async throws(PostgresError) -> Int64 {
        try await pool.with { connection throws(PostgresError) in
            try await connection.query("select count(*) from cairn.score where hunt_id = $1", self.key()).int64(0, 0)
        }
    }

    private func ask<Value>(
        _ body: @Reactor () async throws(PostgresError) -> Value
    ) async throws(RescoreError) -> Value {
        do throws(PostgresError) { return try await body() } catch { throw .database(error) }
    }

    // MARK: The end

    /// Everything is counted and told: the report, and the hunt is off the list.
    private func finish(_ connection: PostgresConnection) async throws(PostgresError) -> Summary? {
        let moves = try await connection.query(
            """
            select b.player, b.rank, s.rank, b.score, coalesce(s.score, 0)
            from cairn.rescore r
            cross join unnest(r.before_player, r.before_rank, r.before_score) b(player, rank, score)
            join cairn.hunt h using (hunt_id)
            left join cairn.standings s on s.hunt = h.slug and s.player = b.player
            where r.hunt_id = $1 order by s.rank nulls last, s.reached_at, b.player
            """, key())
        let done = try await connection.query(
            "delete from cairn.rescore where hunt_id = $1 returning judged, accepted, players, changed", key())
        return Summary(
            judged: done.int64(0, 0), accepted: done.int64(0, 1), players: done.int64(0, 2), changed: done.int64(0, 3),
            moves: (0..<moves.count).map { row in
                RescorePreview.Move(
                    player: moves.text(row, 0), rankBefore: moves.int64(row, 1) == 0 ? nil : moves.int64(row, 1),
                    rankAfter: moves.isNull(row, 2) ? nil : moves.int64(row, 2), scoreBefore: moves.int64(row, 3),
                    scoreAfter: moves.int64(row, 4))
            })
    }
}
