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
    /// `cairn:{HUNT:S}:score:PLAYER`
    package mutating func append(scoreKeyOf key: PlayerKey, hunt: [UInt8], shard: Int) {
        begin()
        appendPiece("cairn:{")
        hunt.withUnsafeBytes { appendPiece($0) }
        appendPiece(":")
        appendPiece(Int64(shard))
        appendPiece("}:score:")
        key.withBytes { appendPiece($0) }
        end()
    }

    /// `1 VERSION SCORE UNLOCKS REACHED_AT_MS COMMITTED_AT_MS`, `-` for null.
    package mutating func append(valueOf item: PublishItem) {
        begin()
        appendPiece(RedisScoreCache.layout)
        appendPiece(" ")
        appendPiece(item.version)
        appendPiece(" ")
        appendPiece(item.tally.score)
        appendPiece(" ")
        appendPiece(Int64(item.tally.unlocks))
        appendPiece(" ")
        if item.tally.reachedAt < 0 { appendPiece("-") } else { appendPiece(item.tally.reachedAt) }
        appendPiece(" ")
        appendPiece(item.committedAt)
        end()
    }
}
