import Foundation
import HuntCore
import KafkaClient
import PostgresClient
import Reactor
import RedisClient
import Settings

/// Reads everything that a hunt left behind.
@Reactor
struct Observer {
    let settings: Settings
    let pool: PostgresPool
    let huntID: Int32
    let slug: String
    let partitions: Int

    private static let keysPerCall = 500
    private static let feedDeadlineMs: Int64 = 20_000
    /// The feed has ended when nothing comes for so long. Milliseconds.
    private static let feedQuietMs: Int64 = 300

    /// - Throws: `PostgresError`, `RedisError`, `KafkaError`.
    func observe() async throws -> Observation {
        var seen = Observation()
        try await readFacts(&seen)
        try await readScores(&seen)
        try await readCounts(&seen)
        try await readHotTier(&seen)
        try await readFeed(&seen)
        return seen
    }

    private func query(_ sql: String, ofHunt: Bool = true) async throws(PostgresError) -> PostgresRows {
        let parameters = PostgresParameters()
        if ofHunt { parameters.append(int32: huntID) }
        return try await pool.with { connection throws(PostgresError) in try await connection.query(sql, parameters) }
    }

    // MARK: Postgres

    private func readFacts(_ seen: inout Observation) async throws(PostgresError) {
        let rows = try await query(
            """
            select f.player, c.slug, f.scanned_at, f.event_id, f.source_partition, f.source_offset
            from cairn.first_scan f join cairn.checkpoint c using (hunt_id, checkpoint_id) where f.hunt_id = $1
            """)
        for row in 0..<rows.count {
            seen.facts[rows.text(row, 0), default: []].append(
                Observation.Fact(
                    checkpoint: rows.text(row, 1), scannedAt: rows.timestampMs(row, 2), event: rows.text(row, 3),
                    partition: rows.int32(row, 4), offset: rows.int64(row, 5)))
        }
    }

    private func readScores(_ seen: inout Observation) async throws(PostgresError) {
        let rows = try await query(
            "select player, score, unlocks, reached_at, version, updated_at from cairn.score where hunt_id = $1")
        for row in 0..<rows.count {
            seen.scores[rows.text(row, 0)] = Observation.Score(
                score: rows.int64(row, 1), unlocks: rows.int64(row, 2),
                reachedAt: rows.isNull(row, 3) ? nil : rows.timestampMs(row, 3), version: rows.int64(row, 4),
                committedAt: rows.timestampMs(row, 5))
        }
    }

    private func readCounts(_ seen: inout Observation) async throws(PostgresError) {
        let refusals = try await query("select reason, count from cairn.refusals", ofHunt: false)
        for row in 0..<refusals.count { seen.refusals[refusals.text(row, 0)] = refusals.int64(row, 1) }
        let leases = try await query(
            """
            select coalesce(sum(first_scans), 0)::bigint, coalesce(sum(earlier_scans), 0)::bigint,
                   coalesce(sum(repeats), 0)::bigint, coalesce(sum(refusals), 0)::bigint
            from cairn.partition_lease
            """, ofHunt: false)
        seen.counters = Observation.Counters(
            firstScans: leases.int64(0, 0), earlierScans: leases.int64(0, 1), repeats: leases.int64(0, 2),
            refusals: leases.int64(0, 3))
    }

    // MARK: Redis

    private func readHotTier(_ seen: inout Observation) async throws {
        var redisSettings = settings.redisSettings
        // Nobody waits for these answers but us, and a repeated read would only cost time.
        redisSettings.callTimeoutMs = 5_000
        redisSettings.retries = 0
        let redis = try RedisClient(redisSettings)
        defer { redis.close() }
        try await redis.connect()
        let players = seen.scores.keys.sorted()
        for start in stride(from: 0, to: players.count, by: Self.keysPerCall) {
            let part = players[start..<min(players.count, start + Self.keysPerCall)]
            var call = RedisArguments("MGET")
            for player in part { call.append(scoreKey(of: player)) }
            guard case .array(let values) = try await redis.call(call) else { continue }
            for (player, value) in zip(part, values) { seen.hot[player] = value.text }
        }
    }

    /// `cairn:{HUNT:S}:score:PLAYER` (contracts.md section 4).
    private func scoreKey(of player: String) -> String {
        let shard = Array(player.utf8).withUnsafeBytes { crc16($0) } % 64
        return "cairn:{\(slug):\(shard)}:score:\(player)"
    }

    // MARK: Feed

    private struct FeedRecord: Decodable {
        var hunt: String
        var player: String
        var score: Int64
        var unlocks: Int64
        var reachedAt: Int64?
        var version: Int64
        var committedAt: Int64

        enum CodingKeys: String, CodingKey {
            case hunt, player, score, unlocks, version
            case reachedAt = "reached_at"
            case committedAt = "committed_at"
        }
    }

    /// Reads until every row's version has come and nothing more comes, or the deadline passes. The broker is not asked
    /// where the feed ends: the demo's own one answers with an end that may be too low.
    private func readFeed(_ seen: inout Observation) async throws(KafkaError) {
        let consumer = try KafkaConsumer(
            settings.kafkaSettings, topic: settings.kafka.scoresTopic,
            from: (0..<Int32(partitions)).map { ($0, -2) })
        var trouble: KafkaError?
        consumer.onError = { trouble = $0 }
        let deadline = Clock.monotonicMs() + Self.feedDeadlineMs
        var lastRecordMs = Clock.monotonicMs()
        while Clock.monotonicMs() < deadline {
            var count = 0
            for partition in 0..<Int32(partitions) {
                count += consumer.poll(partition, max: 500) { Self.note($0, hunt: slug, &seen.feed) }.count
            }
            if count > 0 { lastRecordMs = Clock.monotonicMs() }
            let isQuiet = Clock.monotonicMs() - lastRecordMs > Self.feedQuietMs
            if isQuiet && Self.isComplete(seen) { break }
            await Reactor.pause(ms: count > 0 ? 0 : 10)
        }
        await consumer.close()
        if let trouble, seen.feed.isEmpty { throw trouble }
    }

    private static func isComplete(_ seen: Observation) -> Bool {
        seen.scores.allSatisfy { player, row in row.version == 0 || (seen.feed[player]?.version ?? 0) >= row.version }
    }

    private static func note(_ record: KafkaRecord, hunt: String, _ feed: inout [String: Observation.Score]) {
        guard let value = record.value,
            let change = try? JSONDecoder().decode(FeedRecord.self, from: Data(value)), change.hunt == hunt
        else { return }
        if let known = feed[change.player], known.version >= change.version { return }
        feed[change.player] = Observation.Score(
            score: change.score, unlocks: change.unlocks, reachedAt: change.reachedAt, version: change.version,
            committedAt: change.committedAt)
    }
}
