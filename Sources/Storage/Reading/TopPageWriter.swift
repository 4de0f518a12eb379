import LuaScripts
import Reactor
import RedisClient

/// The key `cairn:{HUNT}:top`, written by `top.v1.lua` (contracts.md section 4).
@Reactor
public final class TopPageWriter {
    /// How long the key lives, milliseconds.
    public nonisolated static let timeToLiveMs: Int64 = 30_000

    private let redis: RedisClient
    private let script = RedisScript(source: LuaScripts.topV1)

    public init(redis: RedisClient) { self.redis = redis }

    /// - Parameters:
    ///   - hunt: the slug.
    ///   - page: a JSON object that begins with `{"as_of":"`, a time with milliseconds and Z.
    /// - Returns: false: the key holds a page whose `as_of` is later.
    public func write(_ page: [UInt8], hunt: String) async throws(RedisError) -> Bool {
        var keys = RedisArguments()
        keys.append(Self.key(of: hunt))
        var arguments = RedisArguments()
        arguments.append(RedisScoreCache.layout)
        arguments.append(page)
        arguments.append(Self.timeToLiveMs)
        switch try await redis.eval(script, keys: keys, arguments: arguments) {
        case .integer(1): return true
        case .integer(0): return false
        case let reply: throw .protocolViolation("Redis answered the script of the top key with \(reply)")
        }
    }

    public nonisolated static func key(of hunt: String) -> String { "cairn:{\(hunt)}:top" }
}
