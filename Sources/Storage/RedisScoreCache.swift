import FlowCore
import HuntCore
import LuaScripts
import Reactor
import RedisClient

/// The hot tier behind FlowCore's port: score keys in Redis, written by `flush.v1.lua`.
@Reactor
public final class RedisScoreCache: @Reactor ScoreCache {
    /// The layout of a value, its first word and the script's first argument (contracts.md section 4).
    public nonisolated static let layout: Int64 = 1

    private let client: RedisClient
    private let script: RedisScript
    /// The slug of a hunt by its database id.
    private let slug: (Int32) -> [UInt8]?

    public convenience init(client: RedisClient, slug: @escaping (Int32) -> [UInt8]?) {
        self.init(client: client, script: RedisScript(source: LuaScripts.flushV1), slug: slug)
    }

    /// - Parameter script: for tests, which plant defects in it; `flush.v1.lua` otherwise.
    init(client: RedisClient, script: RedisScript, slug: @escaping (Int32) -> [UInt8]?) {
        self.client = client
        self.script = script
        self.slug = slug
    }

    public func write(
        _ items: [PublishItem], timesToLiveMs: [Int64], shard: Int,
        reply: @escaping (Result<HotWriteResult, TransientTrouble>) -> Void
    ) {
        guard let first = items.first, let slug = slug(first.key.huntID) else {
            // The hunt is gone; its keys die by themselves.
            Reactor.submit { reply(.success(HotWriteResult(applied: 0, refreshed: 0, stale: items.count))) }
            return
        }
        var keys = RedisArguments()
        var arguments = RedisArguments()
        arguments.reserve(byteCount: items.count * RedisArguments.bytesPerScore)
        keys.reserve(byteCount: items.count * RedisArguments.bytesPerScore)
        arguments.append(Self.layout)
        for (item, timeToLiveMs) in zip(items, timesToLiveMs) {
            keys.append(scoreKeyOf: item.key, hunt: slug, shard: shard)
            arguments.append(valueOf: item)
            arguments.append(timeToLiveMs)
        }
        Reactor.task { [self] in
            do throws(RedisError) {
                let answer = try await client.eval(script, keys: keys, arguments: arguments)
                reply(Self.result(answer))
            } catch {
                reply(.failure(TransientTrouble(error.description)))
            }
        }
    }

    private static func result(_ reply: RedisReply) -> Result<HotWriteResult, TransientTrouble> {
        if case .array(let parts) = reply, parts.count == 3, case .integer(let applied) = parts[0],
            case .integer(let refreshed) = parts[1], case .integer(let stale) = parts[2]
        {
            return .success(HotWriteResult(applied: Int(applied), refreshed: Int(refreshed), stale: Int(stale)))
        }
        return .failure(TransientTrouble("Redis answered the flush script with \(reply)"))
    }
}

extension RedisArguments {
    /// What a key, or a value and its time to live, takes on the wire, usually.
    static let bytesPerScore = 96

    /// `cairn:{HUNT:S}:score:PLAYER`
    package mutating func append(scoreKeyOf key: PlayerKey, hunt: [UInt8], shard: Int) {
        withUnsafeTemporaryAllocation(byteCount: Self.keyBytesMax, alignment: 1) { room in
            var text = TextWriter(room)
            text.append("cairn:{")
            hunt.withUnsafeBytes { text.append($0) }
            text.append(":")
            text.append(Int64(shard))
            text.append("}:score:")
            key.withBytes { text.append($0) }
            append(text.bytes)
        }
    }

    /// `1 VERSION SCORE UNLOCKS REACHED_AT_MS COMMITTED_AT_MS`, `-` for null.
    package mutating func append(valueOf item: PublishItem) {
        withUnsafeTemporaryAllocation(byteCount: Self.valueBytesMax, alignment: 1) { room in
            var text = TextWriter(room)
            text.append(RedisScoreCache.layout)
            text.append(" ")
            text.append(item.version)
            text.append(" ")
            text.append(item.tally.score)
            text.append(" ")
            text.append(Int64(item.tally.unlocks))
            text.append(" ")
            if item.tally.reachedAt < 0 { text.append("-") } else { text.append(item.tally.reachedAt) }
            text.append(" ")
            text.append(item.committedAt)
            append(text.bytes)
        }
    }

    /// A slug has at most 63 bytes, a player 64.
    private static let keyBytesMax = 160
    /// Six numbers of at most 20 bytes.
    private static let valueBytesMax = 128
}
