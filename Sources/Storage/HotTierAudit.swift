import FlowCore
import HuntCore
import PostgresClient
import Reactor
import RedisClient

/// Compares the keys that the hot tier holds with score rows, shard by shard.
@Reactor
final class HotTierAudit {
    /// Keys of one MGET.
    private static let keysPerCall = 500
    /// A key may lag behind a commit for so long, milliseconds (contracts.md section 6, `cairn verify`).
    private static let lagMaxMs: Int64 = 5_000

    private let redis: RedisClient
    private let pool: PostgresPool
    private let huntID: Int32
    private let slug: [UInt8]
    /// What to add to the monotonic clock to have the database's, milliseconds.
    private let clockOffsetMs: Int64
    private let findings: AuditFindings
    private var waiting = [[StoredScore]](repeating: [], count: HotShard.count)

    /// - Parameter databaseNowMs: the database's clock at this moment, epoch milliseconds.
    init(
        redis: RedisClient, pool: PostgresPool, huntID: Int32, slug: [UInt8], databaseNowMs: Int64,
        findings: AuditFindings
    ) {
        self.redis = redis
        self.pool = pool
        self.huntID = huntID
        self.slug = slug
        self.findings = findings
        clockOffsetMs = databaseNowMs - Clock.monotonicMs()
    }

    func check(_ score: StoredScore) async throws(VerificationError) {
        // An id that no worker ever writes has no key either.
        if score.player.count > PlayerKey.bytesMax { return }
        let shard = score.player.withUnsafeBytes { HotShard.of($0) }
        waiting[shard].append(score)
        if waiting[shard].count == Self.keysPerCall { try await compare(shard) }
    }

    /// Compares what is left over.
    func finish() async throws(VerificationError) {
        for shard in waiting.indices where !waiting[shard].isEmpty { try await compare(shard) }
    }

    private func compare(_ shard: Int) async throws(VerificationError) {
        let scores = waiting[shard]
        waiting[shard].removeAll(keepingCapacity: true)
        for (score, held) in zip(scores, try await read(scores, shard)) {
            guard let held else { continue }
            findings.report.keys += 1
            guard let value = HotValue(held) else {
                let text = String(decoding: held.prefix(80), as: UTF8.self)
                findings.add(.init(kind: .hotLayout, subject: score.playerText, detail: "the key holds \"\(text)\""))
                continue
            }
            var truth = score
            if value.version > score.version {
                // A commit after the snapshot, or a key that never was in Postgres: one look tells.
                guard let newer = try await readAgain(score.player) else { continue }
                truth = newer
            }
            if let difference = difference(value, truth) { findings.add(difference) }
        }
    }

    private func difference(_ value: HotValue, _ truth: StoredScore) -> VerificationReport.Difference? {
        let player = truth.playerText
        if value.version > truth.version {
            return .init(
                kind: .hotNewer, subject: player,
                detail: "the key has version \(value.version), Postgres \(truth.version)")
        }
        let ageMs = Clock.monotonicMs() + clockOffsetMs - truth.updatedAt
        if value.version < truth.version, ageMs > Self.lagMaxMs {
            return .init(
                kind: .hotOlder, subject: player,
                detail: "the key has version \(value.version), Postgres \(truth.version) for \(ageMs) ms")
        }
        if value.version == truth.version, value.tally != truth.tally {
            return .init(
                kind: .hotContent, subject: player,
                detail: "the key of version \(value.version) has \(value.tally.text), Postgres \(truth.tally.text)")
        }
        return nil
    }

    private func read(_ scores: [StoredScore], _ shard: Int) async throws(VerificationError) -> [[UInt8]?] {
        var arguments = RedisArguments("MGET")
        for score in scores {
            let key = score.player.withUnsafeBytes { PlayerKey(huntID: huntID, player: $0) }
            arguments.append(scoreKeyOf: key, hunt: slug, shard: shard)
        }
        let route = Array("cairn:{".utf8) + slug + Array(":\(shard)}".utf8)
        let reply: RedisReply
        do throws(RedisError) { reply = try await redis.call(arguments, routedBy: route) } catch {
            throw .hotTier(error)
        }
        guard case .array(let values) = reply, values.count == scores.count else {
            throw .hotTier(.protocolViolation("Redis answered MGET with something else than \(scores.count) values"))
        }
        return values.map { value in
            if case .bulk(let bytes) = value { bytes } else { nil }
        }
    }

    private func readAgain(_ player: [UInt8]) async throws(VerificationError) -> StoredScore? {
        let parameters = PostgresParameters()
        parameters.append(int32: huntID)
        player.withUnsafeBytes { parameters.append(text: $0) }
        do throws(PostgresError) {
            let rows = try await pool.with { connection throws(PostgresError) in
                try await connection.query(
                    "select \(StoredScore.columns) from cairn.score where hunt_id = $1 and player = $2", parameters)
            }
            return rows.isEmpty ? nil : StoredScore(rows, 0)
        } catch {
            throw .database(error)
        }
    }
}

/// The value of a score key: `1 VERSION SCORE UNLOCKS REACHED_AT_MS COMMITTED_AT_MS` (contracts.md section 4).
struct HotValue: Equatable {
    let version: Int64
    let tally: Tally

    /// nil for anything else, another layout included.
    init?(_ bytes: [UInt8]) {
        let words = bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 6, words[0] == "\(RedisScoreCache.layout)", let version = Int64(words[1]),
            let score = Int64(words[2]), let unlocks = Int32(words[3]), Int64(words[5]) != nil
        else { return nil }
        var reachedAt: Int64 = -1
        if words[4] != "-" {
            guard let ms = Int64(words[4]), ms >= 0 else { return nil }
            reachedAt = ms
        }
        self.version = version
        tally = Tally(score: score, unlocks: unlocks, reachedAt: reachedAt)
    }
}
