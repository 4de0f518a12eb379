import FlowCore
import HuntCore
import RedisClient
import Storage

/// A hot tier that writes the script's keys and arguments and answers when it is told to.
final class EncodingCache: ScoreCache {
    /// Players of all calls.
    private(set) var written = 0
    /// On the wire.
    private(set) var bytes = 0
    private var unanswered: [(Result<HotWriteResult, TransientTrouble>) -> Void] = []
    private var answers: [HotWriteResult] = []

    var isIdle: Bool { unanswered.isEmpty }

    /// Does what `RedisScoreCache` does before it sends.
    func write(
        _ items: [PublishItem], timesToLiveMs: [Int64], shard: Int,
        reply: @escaping (Result<HotWriteResult, TransientTrouble>) -> Void
    ) {
        guard let first = items.first, let slug = CountedHunt.book.hunt(id: first.key.huntID)?.slug else { return }
        var keys = RedisArguments()
        var arguments = RedisArguments()
        arguments.append(RedisScoreCache.layout)
        for (item, timeToLiveMs) in zip(items, timesToLiveMs) {
            keys.append(scoreKeyOf: item.key, hunt: slug, shard: shard)
            arguments.append(valueOf: item)
            arguments.append(timeToLiveMs)
        }
        bytes += keys.byteCount + arguments.byteCount
        written += items.count
        unanswered.append(reply)
        answers.append(HotWriteResult(applied: items.count, refreshed: 0, stale: 0))
    }

    func answer() {
        for (reply, answer) in zip(unanswered, answers) { reply(.success(answer)) }
        unanswered.removeAll(keepingCapacity: true)
        answers.removeAll(keepingCapacity: true)
    }
}
