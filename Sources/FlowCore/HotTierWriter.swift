/// Carries committed scores to the hot tier: per shard a bounded ring of the newest version per player and one call in
/// flight. It never holds back scoring for longer than its push-back; what a cache may lose it loses, counted.
final class HotTierWriter {
    private struct Shard {
        let ring: CoalescingRing
        var isBusy = false
    }

    private let limits: FlowLimits
    private let cache: any ScoreCache
    private var shards: [Shard]
    /// A bit for each shard with updates in its ring.
    private var waiting: UInt64 = 0
    /// Players in calls that were sent and not answered; a small call counts as `leastPerCall`.
    private var inFlight = 0
    /// The shard whose turn is next, so that none waits behind the others for ever.
    private var nextShard = 0
    private var retryAtMs: Int64 = 0
    private var backoff: Backoff
    private var fullSinceMs: Int64?
    private(set) var counters = HotTierCounters()
    /// An item of a batch needs no more care: written, superseded, dropped, or tried in vain and kept for another try.
    var onResolved: (_ batch: UInt32) -> Void = { _ in }
    var onWritten: ([PublishItem]) -> Void = { _ in }
    var onWork: () -> Void = {}

    init(limits: FlowLimits, cache: any ScoreCache, seed: UInt64) {
        self.limits = limits
        self.cache = cache
        shards = (0..<HotShard.count).map { _ in Shard(ring: CoalescingRing(capacity: limits.hotRingCapacity)) }
        backoff = Backoff(seed: seed)
    }

    var pendingCount: Int { shards.reduce(0) { $0 + $1.ring.count } }
    var isIdle: Bool { waiting == 0 && !shards.contains { $0.isBusy } }
    func fill(ofShard shard: Int) -> Int { shards[shard].ring.count }

    func offer(_ item: PublishItem) {
        let shard = item.key.withBytes { HotShard.of($0) }
        put(item, into: shard)
    }

    private func put(_ item: PublishItem, into shard: Int) {
        switch shards[shard].ring.offer(item) {
        case .added: break
        case .superseded:
            counters.coalesced += 1
            onResolved(item.batch)
        case .replaced(let older):
            counters.coalesced += 1
            onResolved(older.batch)
        case .pushedOut(let oldest):
            counters.dropped += 1
            onResolved(oldest.batch)
        }
        waiting |= 1 << UInt64(shard)
    }

    /// Whether the next flush should wait a moment for the rings to empty: a ring over 80 %, for at most the push-back.
    func holdsBack(nowMs: Int64) -> Bool {
        guard let sinceMs = fullSinceMs else { return false }
        return nowMs - sinceMs < limits.hotPushBackMs
    }

    /// What a call costs the hot tier besides its players, in players.
    private static let leastPerCall = 16

    /// Starts every call that can start. What is sent at once is answered one after the other, so more than the hot tier
    /// can do within a call's timeout would only time out there.
    func pump(nowMs: Int64) {
        noteFill(nowMs: nowMs)
        if nowMs < retryAtMs { return }
        forEachWaiting(from: nextShard) { shard in
            if !shards[shard].isBusy && inFlight < limits.hotPlayersInFlight { startCall(shard, nowMs: nowMs) }
        }
    }

    private func noteFill(nowMs: Int64) {
        let mark = limits.hotRingCapacity * 4 / 5
        var isFull = false
        forEachWaiting(from: 0) { shard in isFull = isFull || shards[shard].ring.count > mark }
        if !isFull { fullSinceMs = nil } else if fullSinceMs == nil { fullSinceMs = nowMs }
    }

    /// Calls `body` with each shard that waits now, in order from one of them on.
    private func forEachWaiting(from first: Int, _ body: (Int) -> Void) {
        var rest = waiting >> first | waiting << (HotShard.count - first)
        while rest != 0 {
            body((first + rest.trailingZeroBitCount) % HotShard.count)
            rest &= rest - 1
        }
    }

    /// When `pump` should run again though nothing happened; nil when never.
    func deadlineMs(nowMs: Int64) -> Int64? {
        let retry = waiting == 0 || nowMs >= retryAtMs ? nil : retryAtMs
        guard holdsBack(nowMs: nowMs), let fullSinceMs else { return retry }
        return min(retry ?? .max, fullSinceMs + limits.hotPushBackMs)
    }

    private func startCall(_ shard: Int, nowMs: Int64) {
        var items: [PublishItem] = []
        var timesToLive: [Int64] = []
        while items.count < limits.hotPlayersPerCall, let next = shards[shard].ring.oldest {
            // All keys of a call share a hash tag, which names the hunt.
            if let first = items.first, first.key.huntID != next.key.huntID { break }
            _ = shards[shard].ring.popOldest()
            let timeToLive = limits.scoreTTLMs - (nowMs - next.provenAtMs)
            if timeToLive <= 0 {
                counters.outlived += 1
                onResolved(next.batch)
            } else {
                items.append(next)
                timesToLive.append(timeToLive)
            }
        }
        if shards[shard].ring.count == 0 { waiting &= ~(1 << UInt64(shard)) }
        if items.isEmpty { return }
        shards[shard].isBusy = true
        nextShard = (shard + 1) % HotShard.count
        let cost = max(items.count, Self.leastPerCall)
        inFlight += cost
        counters.calls += 1
        cache.write(items, timesToLiveMs: timesToLive, shard: shard) { [self] result in
            shards[shard].isBusy = false
            inFlight -= cost
            ended(items, shard, result)
            onWork()
        }
    }

    private func ended(_ items: [PublishItem], _ shard: Int, _ result: Result<HotWriteResult, TransientTrouble>) {
        switch result {
        case .success(let written):
            backoff.reset()
            counters.applied += written.applied
            counters.refreshed += written.refreshed
            counters.stale += written.stale
            onWritten(items)
            for item in items { onResolved(item.batch) }
        case .failure:
            counters.failures += 1
            mustPause = true
            for item in items {
                onResolved(item.batch)
                // Kept for the next try, unless a newer version waits already. Its publication is resolved by now.
                put(item.withoutBatch, into: shard)
            }
        }
    }

    private var mustPause = false

    /// After a failed call: the next calls wait. Told the time by the engine's turn.
    func settlePause(nowMs: Int64) {
        if !mustPause { return }
        mustPause = false
        retryAtMs = nowMs + min(backoff.nextPauseMs(), 500)
    }
}

/// Totals since start.
public struct HotTierCounters: Sendable, Equatable {
    public var calls = 0
    public var failures = 0
    public var applied = 0
    public var refreshed = 0
    public var stale = 0
    /// A newer version took the place of a waiting one.
    public var coalesced = 0
    /// Pushed out of a full ring.
    public var dropped = 0
    /// Older than a key may live when its turn came.
    public var outlived = 0
}
