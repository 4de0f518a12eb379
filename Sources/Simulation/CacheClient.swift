import FlowCore

/// One worker's connection to the hot tier.
public final class CacheClient: ScoreCache {
    private let cache: FakeCache
    private let time: VirtualTime
    private let faults: Faults
    var isAlive: () -> Bool = { true }
    private var callsInFlight = 0
    /// The most calls that were on their way at one time.
    public private(set) var mostCallsInFlight = 0
    /// Whether the worker knows this hunt; keys of others die by themselves.
    var isKnown: (_ huntID: Int32) -> Bool = { _ in true }

    public init(cache: FakeCache, time: VirtualTime, faults: Faults) {
        self.cache = cache
        self.time = time
        self.faults = faults
    }

    public func write(
        _ items: [PublishItem], timesToLiveMs: [Int64], shard: Int,
        reply: @escaping (Result<HotWriteResult, TransientTrouble>) -> Void
    ) {
        if let first = items.first, !isKnown(first.key.huntID) {
            return time.after(0) { [self] in
                if isAlive() { reply(.success(HotWriteResult(applied: 0, refreshed: 0, stale: items.count))) }
            }
        }
        callsInFlight += 1
        mostCallsInFlight = max(mostCallsInFlight, callsInFlight)
        let fault = faults.cacheFault()
        if case .late(let delayMs) = fault {
            time.after(delayMs) { [self] in
                if !cache.isAway { _ = cache.write(items, timesToLiveMs: timesToLiveMs, shard: shard) }
            }
        }
        time.after(faults.latencyMs()) { [self] in
            let isDone = !cache.isAway && (fault == .none || fault == .replyLost)
            let result = isDone ? cache.write(items, timesToLiveMs: timesToLiveMs, shard: shard) : nil
            time.after(faults.latencyMs()) { [self] in
                callsInFlight -= 1
                guard isAlive() else { return }
                if let result, fault == .none { return reply(.success(result)) }
                reply(.failure(TransientTrouble("Redis does not answer")))
            }
        }
    }
}
