import HuntCore
import PostgresClient
import Reactor
import RedisClient

/// An audit of one hunt in one snapshot: every score anew from the facts by the plain model of the rules, the counters
/// of every lease, and the keys that the hot tier holds. Memory does not grow with the hunt.
@Reactor
public final class Verification {
    private let pool: PostgresPool
    private let redis: RedisClient?
    private var findings = AuditFindings()

    /// How many players lie between two calls of `onProgress`.
    private static let playersPerStep: Int64 = 500

    /// - Parameters:
    ///   - pool: of at least two connections.
    ///   - redis: nil leaves the hot tier out.
    public init(pool: PostgresPool, redis: RedisClient?) {
        self.pool = pool
        self.redis = redis
    }

    /// - Parameters:
    ///   - hunt: the slug.
    ///   - onProgress: told now and then how many players were looked at, of how many about.
    public func run(
        hunt: String, onProgress: (_ players: Int64, _ of: Int64) -> Void = { _, _ in }
    ) async throws(VerificationError) -> VerificationReport {
        findings = AuditFindings()
        let connection: PostgresConnection
        do throws(PostgresError) { connection = try await pool.acquire() } catch { throw .database(error) }
        defer { pool.release(connection) }
        // After an error the connection is left in its transaction, and the pool closes it.
        try await ask { () throws(PostgresError) in
            try await connection.script("begin isolation level repeatable read read only")
        }
        try await audit(hunt, connection, onProgress)
        try await ask { () throws(PostgresError) in try await connection.script("commit") }
        return findings.report
    }

    private func ask<Value>(
        _ body: @Reactor () async throws(PostgresError) -> Value
    ) async throws(VerificationError) -> Value {
        do throws(PostgresError) { return try await body() } catch { throw .database(error) }
    }

    private func audit(
        _ slug: String, _ connection: PostgresConnection, _ onProgress: (Int64, Int64) -> Void
    ) async throws(VerificationError) {
        let hunts = try await ask { () throws(PostgresError) in
            try await DefinitionStore.hunts(connection, slug: slug)
        }
        guard let hunt = hunts.first else { throw .unknownHunt }
        try await ask { () throws(PostgresError) in
            try await self.checkCounters(connection)
            self.findings.report.isBeingRescored = try await Rescore.isPending(hunt.huntID, connection)
        }
        let key = PostgresParameters()
        key.append(int32: hunt.huntID)
        let opening = try await ask { () throws(PostgresError) in
            try await connection.query("select clock_timestamp(), count(*) from cairn.score where hunt_id = $1", key)
        }
        let hot = redis.map {
            HotTierAudit(
                redis: $0, pool: pool, huntID: hunt.huntID, slug: Array(slug.utf8),
                databaseNowMs: opening.timestampMs(0, 0), findings: findings)
        }
        try await checkPlayers(hunt, connection, key, hot) { onProgress($0, opening.int64(0, 1)) }
        try await hot?.finish()
    }

    // MARK: Counters

    /// Invariants 1 and 3 of every lease, whatever its group and topic.
    private func checkCounters(_ connection: PostgresConnection) async throws(PostgresError) {
        let rows = try await connection.query(
            "select \(PartitionLease.columns) from cairn.partition_lease order by topic, consumer_group, partition")
        var counted: Int64 = 0
        for row in 0..<rows.count {
            let lease = PartitionLease(rows, row)
            findings.report.partitions += 1
            counted += lease.firstScans
            let subject = "\(lease.topic)/\(lease.partition) of \(lease.group)"
            let read = lease.nextOffset - lease.startOffset
            if read != lease.countedSum {
                findings.add(
                    .init(
                        kind: .conservation, subject: subject,
                        detail: """
                            \(read) records were read (\(lease.startOffset) to \(lease.nextOffset)), \
                            \(lease.countedSum) were counted
                            """))
            }
            if lease.publishedOffset > lease.nextOffset {
                findings.add(
                    .init(
                        kind: .published, subject: subject,
                        detail: "published up to \(lease.publishedOffset), scored up to \(lease.nextOffset)"))
            }
        }
        let facts = try await connection.query("select count(*) from cairn.first_scan").int64(0, 0)
        findings.report.uncountedFacts = max(0, facts - counted)
    }

    // MARK: Players

    /// Walks over facts and score rows side by side, in the order of the players' bytes.
    private func checkPlayers(
        _ hunt: DefinitionStore.StoredHunt, _ connection: PostgresConnection, _ key: PostgresParameters,
        _ hot: HotTierAudit?, _ onStep: (Int64) -> Void
    ) async throws(VerificationError) {
        let (scores, facts) = try await ask { () throws(PostgresError) in
            let scores = try await RowCursor(
                connection, "scores",
                "select \(StoredScore.columns) from cairn.score where hunt_id = $1 order by player",
                key)
            let facts = try await RowCursor(
                connection, "facts",
                "select player, checkpoint_id, scanned_at from cairn.first_scan where hunt_id = $1 order by player", key
            )
            return (scores, facts)
        }
        let names = Dictionary(uniqueKeysWithValues: zip(hunt.checkpointIDs, hunt.definition.checkpoints.map(\.id)))
        while let player = Self.smaller(scores.current, facts.current) {
            let stored = scores.current.map { StoredScore($0.rows, $0.row) }.flatMap { $0.player == player ? $0 : nil }
            let scans = try await ask { () throws(PostgresError) in
                if stored != nil { try await scores.advance() }
                return try await self.scans(of: player, facts, names)
            }
            compare(stored, scans, player, hunt.definition)
            if let stored { try await hot?.check(stored) }
            findings.report.players += 1
            if findings.report.players % Self.playersPerStep == 0 { onStep(findings.report.players) }
        }
    }

    private static func smaller(
        _ score: (rows: PostgresRows, row: Int)?, _ fact: (rows: PostgresRows, row: Int)?
    ) -> [UInt8]? {
        let left = score.map { [UInt8]($0.rows.bytes($0.row, 0)) }
        let right = fact.map { [UInt8]($0.rows.bytes($0.row, 0)) }
        guard let left, let right else { return left ?? right }
        return right.lexicographicallyPrecedes(left) ? right : left
    }

    private func scans(
        of player: [UInt8], _ facts: RowCursor, _ names: [Int32: String]
    ) async throws(PostgresError) -> [AcceptedScan] {
        var scans: [AcceptedScan] = []
        while let (rows, row) = facts.current, rows.bytes(row, 0).elementsEqual(player) {
            findings.report.facts += 1
            if let checkpoint = names[rows.int32(row, 1)] {
                // Which event was first does not matter to the score.
                scans.append(
                    AcceptedScan(
                        checkpoint: checkpoint, scannedAt: rows.timestampMs(row, 2), partition: 0, offset: 0,
                        eventID: ""))
            } else {
                findings.add(
                    .init(
                        kind: .foreignFact, subject: String(decoding: player, as: UTF8.self),
                        detail: "a fact of checkpoint number \(rows.int32(row, 1)), which the hunt does not have"))
            }
            try await facts.advance()
        }
        return scans
    }

    private func compare(
        _ stored: StoredScore?, _ scans: [AcceptedScan], _ player: [UInt8], _ definition: HuntDefinition
    ) {
        let name = String(decoding: player, as: UTF8.self)
        let expected = standing(of: scans, in: definition).tally
        guard let stored else {
            let detail = "\(scans.count) facts without a score row, worth \(expected.text)"
            return findings.add(.init(kind: .factsWithoutRow, subject: name, detail: detail))
        }
        if scans.isEmpty {
            let detail = "a score row without facts: \(stored.tally.text)"
            return findings.add(.init(kind: .rowWithoutFacts, subject: name, detail: detail))
        }
        if stored.tally != expected {
            let detail = "the row has \(stored.tally.text), the facts are worth \(expected.text)"
            return findings.add(.init(kind: .wrongScore, subject: name, detail: detail))
        }
        if stored.version == 0, expected != .zero {
            findings.add(.init(kind: .wrongScore, subject: name, detail: "version 0 of \(expected.text)"))
        }
    }
}
