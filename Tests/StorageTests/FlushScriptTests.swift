import DevStack
import LuaScripts
import Reactor
import RedisClient
import Storage
import Testing

extension RealServices {
    /// `flush.v1.lua` as Redis runs it. The tests share one database, so each has keys of its own.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct FlushScriptTests {
        private func withRedis(_ body: @Reactor (RedisClient) async throws -> Void) async throws {
            let redis = try RedisClient(RedisSettings(url: try await SharedStack.task.value.redisURL))
            try await redis.connect()
            let result: Result<Void, any Error>
            do { result = .success(try await body(redis)) } catch { result = .failure(error) }
            redis.close()
            try result.get()
        }

        private func write(
            _ redis: RedisClient, layout: String = "1", _ entries: [(key: String, value: String, ttl: Int64)]
        ) async throws(RedisError) -> RedisReply {
            var keys = RedisArguments()
            var arguments = RedisArguments(layout)
            for entry in entries {
                keys.append(entry.key)
                arguments.append(entry.value)
                arguments.append(entry.ttl)
            }
            return try await redis.eval(RedisScript(source: LuaScripts.flushV1), keys: keys, arguments: arguments)
        }

        private func refusal(_ body: @Reactor () async throws(RedisError) -> RedisReply) async -> String? {
            do throws(RedisError) {
                return "answered \(try await body())"
            } catch {
                if case .refused(let code, _) = error { return code }
                return error.description
            }
        }

        @Test("a newer version replaces, an equal one refreshes the time to live, an older one is refused")
        func versions() async throws {
            try await withRedis { redis in
                let keys = ["cairn:{v:1}:score:a", "cairn:{v:1}:score:b", "cairn:{v:1}:score:c"]
                let first = keys.map { (key: $0, value: "1 5 10 1 77 88", ttl: Int64(1_000)) }
                #expect(try await write(redis, first) == .array([.integer(3), .integer(0), .integer(0)]))
                let second = [
                    (key: keys[0], value: "1 6 20 2 78 99", ttl: Int64(20_000)),
                    (key: keys[1], value: "1 5 10 1 77 88", ttl: Int64(20_000)),
                    (key: keys[2], value: "1 4 0 0 - 11", ttl: Int64(20_000)),
                ]
                #expect(try await write(redis, second) == .array([.integer(1), .integer(1), .integer(1)]))
                let held = try await redis.call(RedisArguments("MGET", keys[0], keys[1], keys[2]))
                let texts = ["1 6 20 2 78 99", "1 5 10 1 77 88", "1 5 10 1 77 88"]
                #expect(held == .array(texts.map { .bulk(Array($0.utf8)) }))
                for (key, range) in zip(keys, [15_000...20_000, 15_000...20_000, 0...1_000]) {
                    guard case .integer(let left) = try await redis.call(RedisArguments("PTTL", key)) else { continue }
                    #expect(range.contains(Int(left)))
                }
            }
        }

        @Test("versions compare as numbers, not as text")
        func numericVersions() async throws {
            try await withRedis { redis in
                let key = "cairn:{n:1}:score:a"
                _ = try await write(redis, [(key: key, value: "1 9 10 1 77 88", ttl: 9_000)])
                let reply = try await write(redis, [(key: key, value: "1 10 20 1 77 88", ttl: 9_000)])
                #expect(reply == .array([.integer(1), .integer(0), .integer(0)]))
            }
        }

        @Test("a key of another layout, and a caller of another layout, change nothing")
        func layouts() async throws {
            try await withRedis { redis in
                let foreign = "cairn:{l:1}:score:a"
                let free = "cairn:{l:1}:score:b"
                _ = try await redis.call(RedisArguments("SET", foreign, "2 9 whatever"))
                let both = [
                    (key: free, value: "1 1 10 1 77 88", ttl: Int64(9_000)),
                    (key: foreign, value: "1 10 10 1 77 88", ttl: Int64(9_000)),
                ]
                let code = await refusal { () throws(RedisError) in try await write(redis, both) }
                #expect(code == "CAIRNLAYOUT")
                let other = await refusal { () throws(RedisError) in
                    try await write(redis, layout: "2", [both[0]])
                }
                #expect(other == "CAIRNLAYOUT")
                let held = try await redis.call(RedisArguments("MGET", free, foreign))
                #expect(held == .array([.null, .bulk(Array("2 9 whatever".utf8))]))
            }
        }
    }
}
