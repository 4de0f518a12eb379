import DevStack
import HuntCore
import LuaScripts
import Reactor
import RedisClient

@testable import FlowCore
@testable import Simulation
@testable import Storage

/// A hot tier that may hold other tests' keys, and a way to look at single ones past the port.
@Reactor
protocol CacheStage: AnyObject {
    var patience: Patience { get }
    var cache: any ScoreCache { get }
    /// `VERSION SCORE UNLOCKS REACHED_AT COMMITTED_AT` of a key of hunt 1, `-` for null; nil when there is none.
    func value(of player: String) async throws -> String?
    /// What is left of a key's time to live in milliseconds; 0 when there is none.
    func timeToLiveMs(of player: String) async throws -> Int64
    /// Forgets all keys, and whatever else a server keeps in memory.
    func forgetAll() async throws
    func leave() async throws
    func comeBack() async throws
    var violations: [String] { get }
    func end() async
}

@Reactor
func withCache(_ implementation: Implementation, _ body: @Reactor (any CacheStage) async throws -> Void) async throws {
    let stage: any CacheStage =
        switch implementation {
        case .fake: FakeCacheStage()
        case .real: try await RealCacheStage()
        }
    let result: Result<Void, any Error>
    do {
        try await stage.forgetAll()
        result = .success(try await body(stage))
    } catch {
        result = .failure(error)
    }
    await stage.end()
    try result.get()
}

extension CacheStage {
    /// Writes players of one shard.
    func write(_ items: [(item: PublishItem, timeToLiveMs: Int64)]) async throws -> HotWriteResult {
        let shard = items.first.map { $0.item.key.withBytes { HotShard.of($0) } } ?? 0
        return try await patience.reply {
            cache.write(items.map(\.item), timesToLiveMs: items.map(\.timeToLiveMs), shard: shard, reply: $0)
        }.get()
    }
}

extension PublishItem {
    /// A change of a player of hunt 1, worth ten points a version unless told otherwise.
    static func sample(_ player: String, _ version: Int64, score: Int64? = nil, batch: UInt32 = 1) -> PublishItem {
        let score = score ?? 10 * version
        return PublishItem(
            key: PlayerKey(huntID: 1, name: player),
            tally: score == 0
                ? .zero : Tally(score: score, unlocks: 1, reachedAt: VirtualTime.startEpochMs + version),
            version: version, committedAt: VirtualTime.startEpochMs + 100 + version, provenAtMs: 0, partition: 2,
            offset: 70 + version, receivedAt: -1, batch: batch)
    }

    /// As the stages tell what they hold of it.
    var text: String {
        let reachedAt = tally.reachedAt < 0 ? "-" : "\(tally.reachedAt)"
        return "\(version) \(tally.score) \(tally.unlocks) \(reachedAt) \(committedAt)"
    }
}

@Reactor
final class FakeCacheStage: CacheStage {
    private let time = VirtualTime()
    private let tables: FakeCache
    private let client: CacheClient

    init() {
        tables = FakeCache(time: time)
        client = CacheClient(cache: tables, time: time, faults: Faults(seed: 1))
    }

    var patience: Patience { Patience(time: time) }
    var cache: any ScoreCache { client }

    func value(of player: String) async throws -> String? {
        tables.entries[PlayerID(hunt: 1, player: player)].map { entry in
            let reachedAt = entry.tally.reachedAt < 0 ? "-" : "\(entry.tally.reachedAt)"
            return "\(entry.version) \(entry.tally.score) \(entry.tally.unlocks) \(reachedAt) \(entry.committedAt)"
        }
    }

    func timeToLiveMs(of player: String) async throws -> Int64 {
        tables.entries[PlayerID(hunt: 1, player: player)].map { $0.expiresAtMs - time.nowMs } ?? 0
    }

    func forgetAll() async throws { tables.flushAll() }
    func leave() async throws { tables.isAway = true }
    func comeBack() async throws { tables.isAway = false }
    var violations: [String] { tables.violations }
    func end() async {}
}

@Reactor
final class RealCacheStage: CacheStage {
    private let stack: DevStack
    private let redis: RedisClient
    private let client: RedisScoreCache

    init() async throws {
        stack = try await RealServers.stack
        var settings = RedisSettings(url: stack.redisURL)
        // A call that is repeated would refresh what it has just written.
        settings.callTimeoutMs = 10_000
        settings.retries = 0
        redis = try RedisClient(settings)
        let script = RealServers.mutant("CAIRN_MUTANT_LUA") ?? LuaScripts.flushV1
        client = RedisScoreCache(client: redis, script: RedisScript(source: script)) {
            $0 == 1 ? Array("lisbon".utf8) : nil
        }
        try await redis.connect()
    }

    var patience: Patience { Patience(time: nil) }
    var cache: any ScoreCache { client }

    private func key(_ player: String) -> String {
        let shard = PlayerKey(huntID: 1, name: player).withBytes { HotShard.of($0) }
        return "cairn:{lisbon:\(shard)}:score:\(player)"
    }

    func value(of player: String) async throws -> String? {
        guard case .bulk(let bytes) = try await redis.call(RedisArguments("GET", key(player))) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        // The layout comes first.
        return words.first == "1" ? words.dropFirst().joined(separator: " ") : "layout \(words)"
    }

    func timeToLiveMs(of player: String) async throws -> Int64 {
        guard case .integer(let left) = try await redis.call(RedisArguments("PTTL", key(player))) else { return 0 }
        return max(left, 0)
    }

    func forgetAll() async throws {
        _ = try await redis.call(RedisArguments("FLUSHALL"))
        _ = try await redis.call(RedisArguments("SCRIPT", "FLUSH"))
    }

    func leave() async throws { try await stack.kill(.redis) }

    func comeBack() async throws {
        try await stack.restart(.redis)
        try await patience.until("a connection to Redis") { redis.isUp }
    }

    var violations: [String] { [] }
    func end() async { redis.close() }
}
