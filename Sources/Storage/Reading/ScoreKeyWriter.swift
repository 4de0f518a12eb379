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

    /// Writes all rows, a call for each hunt and shard, all at once: 512 players are half of what Redis answers within
    /// `redis.call_timeout`, and one that hangs costs one wait.
    ///
    /// - Returns: what the calls that succeeded did, and of how many players the call failed. A row that is older than
    ///   a key may live counts as stale and is not written.
    public func write(_ rows: [ScoreRows.Row]) async -> (written: HotWriteResult, lost: Int) {
        var stale = 0
        var items: [Place: [PublishItem]] = [:]
        let nowMs = Clock.monotonicMs()
        for row in rows {
            let key = row.item.key
            if nowMs - row.item.provenAtMs >= scoreTTLMs {
                stale += 1
                continue
            }
            slugs.byID[key.huntID] = row.hunt
            items[Place(huntID: key.huntID, shard: key.withBytes { HotShard.of($0) }), default: []].append(row.item)
        }
        let calls = Calls(count: items.count)
        for (place, items) in items {
            let timesToLiveMs = items.map { scoreTTLMs - (nowMs - $0.provenAtMs) }
            cache.write(items, timesToLiveMs: timesToLiveMs, shard: place.shard) { result in
                calls.ended(result, players: items.count)
            }
        }
        await calls.end()
        calls.written.stale += stale
        return (calls.written, calls.lost)
    }

    /// The sum of calls under way.
    @Reactor
    private final class Calls {
        var written = HotWriteResult(applied: 0, refreshed: 0, stale: 0)
        var lost = 0
        private var left: Int
        private var waiter: CheckedContinuation<Void, Never>?

        init(count: Int) { left = count }

        func ended(_ result: Result<HotWriteResult, TransientTrouble>, players: Int) {
            switch result {
            case .success(let result):
                written.applied += result.applied
                written.refreshed += result.refreshed
                written.stale += result.stale
            case .failure: lost += players
            }
            left -= 1
            if left == 0 { waiter?.resume() }
        }

        /// Waits for all of them.
        func end() async {
            if left == 0 { return }
            await withCheckedContinuation { waiter = $0 }
        }
    }
}
