import FlowCore
import HuntCore
import KafkaClient
import Reactor
import RedisClient

/// Tells the feed and the hot tier of what a command changed in Postgres, as workers do of what they change.
///
/// The feed is told for certain or the call throws. The hot tier is told once: its keys die by themselves.
@Reactor
public final class ProjectionWriter {
    private static let keysPerCall = 500
    private static let feedDeadlineMs: Int64 = 30_000

    private let producer: KafkaProducer
    private let topic: KafkaTopic
    private let redis: RedisClient?
    private let scoreTTLMs: Int64
    private let hunt: [UInt8]
    private var record = ScoreRecord()
    private var failure: KafkaError?
    /// Why the hot tier could not be told at some time; its keys are up to their time to live behind then.
    public private(set) var hotTierTrouble: String?

    /// - Parameters:
    ///   - producer: for this alone.
    ///   - topic: the feed's.
    ///   - redis: nil leaves the hot tier out.
    ///   - scoreTTLMs: milliseconds that a key lives.
    ///   - hunt: the slug.
    public init(producer: KafkaProducer, topic: String, redis: RedisClient?, scoreTTLMs: Int64, hunt: String) {
        self.producer = producer
        self.topic = producer.topic(topic)
        self.redis = redis
        self.scoreTTLMs = scoreTTLMs
        self.hunt = Array(hunt.utf8)
        producer.onDelivered = { [unowned self] _, _, _, error in
            if let error { failure = error }
        }
    }

    /// Publishes committed scores; returns when the feed has acknowledged all.
    public func publish(_ items: [PublishItem]) async throws(KafkaError) {
        for item in items {
            record.set(item, hunt: hunt)
            try await produce(hasValue: true)
        }
        await writeHotTier(items)
        try await awaitFeed()
    }

    /// Takes players out of feed and hot tier; returns when the feed has acknowledged all tombstones.
    public func erase(_ players: [PlayerKey]) async throws(KafkaError) {
        for player in players {
            record.setKey(player, hunt: hunt)
            try await produce(hasValue: false)
        }
        await deleteKeys(players)
        try await awaitFeed()
    }

    // MARK: Feed

    private func produce(hasValue: Bool) async throws(KafkaError) {
        while !produceOnce(hasValue: hasValue) {
            if let failure { throw failure }
            await Reactor.pause(ms: 1)
        }
    }

    private func produceOnce(hasValue: Bool) -> Bool {
        producer.produce(topic, key: record.key, value: hasValue ? record.value : nil, tag: 0)
    }

    private func awaitFeed() async throws(KafkaError) {
        let isTold = await producer.flush(timeoutMs: Self.feedDeadlineMs)
        if let failure { throw failure }
        if !isTold {
            throw .unreachable("the feed did not acknowledge within \(Self.feedDeadlineMs / 1000) s")
        }
    }

    // MARK: Hot tier

    private func writeHotTier(_ items: [PublishItem]) async {
        guard let redis else { return }
        let cache = RedisScoreCache(client: redis) { [hunt] _ in hunt }
        for (shard, all) in Self.byShard(items, key: \.key) {
            for part in all {
                let now = Clock.monotonicMs()
                let lives = part.map { scoreTTLMs - (now - $0.provenAtMs) }
                if lives.contains(where: { $0 < 1 }) { continue }
                let result = await withCheckedContinuation { continuation in
                    cache.write(part, timesToLiveMs: lives, shard: shard) { continuation.resume(returning: $0) }
                }
                if case .failure(let trouble) = result { hotTierTrouble = trouble.reason }
            }
        }
    }

    private func deleteKeys(_ players: [PlayerKey]) async {
        guard let redis else { return }
        for (shard, all) in Self.byShard(players, key: \.self) {
            for part in all {
                var call = RedisArguments("UNLINK")
                for player in part { call.append(scoreKeyOf: player, hunt: hunt, shard: shard) }
                // One hash tag, so one slot: any key of the shard leads there.
                let route = Array("cairn:{".utf8) + hunt + Array(":\(shard)}".utf8)
                do throws(RedisError) {
                    _ = try await redis.call(call, routedBy: route)
                } catch {
                    hotTierTrouble = error.description
                }
            }
        }
    }

    private static func byShard<Item>(
        _ items: [Item], key: (Item) -> PlayerKey
    ) -> [(shard: Int, parts: [[Item]])] {
        var shards = [[Item]](repeating: [], count: HotShard.count)
        for item in items { shards[key(item).withBytes { HotShard.of($0) }].append(item) }
        return shards.indices.filter { !shards[$0].isEmpty }.map { shard in
            let all = shards[shard]
            let parts = stride(from: 0, to: all.count, by: keysPerCall).map {
                Array(all[$0..<min(all.count, $0 + keysPerCall)])
            }
            return (shard, parts)
        }
    }
}
