import FlowCore
import HuntCore
import Reactor
import RedisClient

/// Writes score rows that were just read into the hot tier, with what is left of a key's life since the read.
@Reactor
public final class ScoreKeyWriter {
    private let scoreTTLMs: Int64
    private let slugs = Slugs()
    private let cache: RedisScoreCache

    /// The hunts of rows that were written; an id never gets another slug.
    @Reactor
    private final class Slugs {
        var byID: [Int32: [UInt8]] = [:]
    }

    private struct Place: Hashable {
        let huntID: Int32
        let shard: Int
    }

    /// - Parameter scoreTTLMs: the setting `redis.score_ttl`.
    public init(redis: RedisClient, scoreTTLMs: Int64) {
        self.scoreTTLMs = scoreTTLMs
        cache = RedisScoreCache(client: redis) { [slugs] in slugs.byID[$0] }
    }

    /// Writes all rows, a call for each hunt and shard.
    ///
    /// - Returns: what the calls that succeeded did, and of how many players the call failed. A row that is older than
    ///   a key may live counts as stale and is not written.
    public func write(_ rows: [ScoreRows.Row]) async -> (written: HotWriteResult, lost: Int) {
        var written = HotWriteResult(applied: 0, refreshed: 0, stale: 0)
        var calls: [Place: [PublishItem]] = [:]
        let nowMs = Clock.monotonicMs()
        for row in rows {
            if nowMs - row.item.provenAtMs >= scoreTTLMs {
                written.stale += 1
                continue
            }
            slugs.byID[row.item.key.huntID] = row.hunt
            let shard = row.item.key.withBytes { HotShard.of($0) }
            calls[Place(huntID: row.item.key.huntID, shard: shard), default: []].append(row.item)
        }
        var lost = 0
        for (place, items) in calls {
            switch await write(items, shard: place.shard) {
            case .success(let result):
                written.applied += result.applied
                written.refreshed += result.refreshed
                written.stale += result.stale
            case .failure: lost += items.count
            }
        }
        return (written, lost)
    }

    private func write(_ items: [PublishItem], shard: Int) async -> Result<HotWriteResult, TransientTrouble> {
        let nowMs = Clock.monotonicMs()
        // A key of no time at all would be refused by Redis; 1 ms is as good as nothing.
        let timesToLiveMs = items.map { max(1, scoreTTLMs - (nowMs - $0.provenAtMs)) }
        return await withCheckedContinuation { continuation in
            cache.write(items, timesToLiveMs: timesToLiveMs, shard: shard) { continuation.resume(returning: $0) }
        }
    }
}
