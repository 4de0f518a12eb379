import HuntCore
import Randomness
import Reactor
import RedisClient
import Testing

@testable import Storage

extension RealServices {
    /// `top.v1.lua` as Redis runs it.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct TopScriptTests {
        private func withRedis(_ body: @Reactor (RedisClient) async throws -> Void) async throws {
            let redis = try RedisClient(RedisSettings(url: try await SharedStack.task.value.redisURL))
            try await redis.connect()
            let result: Result<Void, any Error>
            do { result = .success(try await body(redis)) } catch { result = .failure(error) }
            redis.close()
            try result.get()
        }

        private func page(asOf: Int64, _ rest: String = "") -> [UInt8] {
            Array("{\"as_of\":\"\(Timestamp.format(asOf))\",\"version\":7,\"source\":\"feed\"\(rest)}".utf8)
        }

        private func held(_ redis: RedisClient, _ hunt: String) async throws -> [UInt8]? {
            let reply = try await redis.call(RedisArguments("GET", TopPageWriter.key(of: hunt)))
            if case .bulk(let bytes) = reply { return bytes }
            return nil
        }

        private func timeToLiveMs(_ redis: RedisClient, _ hunt: String) async throws -> Int64 {
            let reply = try await redis.call(RedisArguments("PTTL", TopPageWriter.key(of: hunt)))
            if case .integer(let left) = reply { return left }
            return -3
        }

        @Test("a page of a later or the same moment replaces, one of an earlier moment changes nothing; it lives 30 s")
        func moments() async throws {
            try await withRedis { redis in
                let writer = TopPageWriter(redis: redis)
                let entries = ",\"entries\":[\"" + String(repeating: "x", count: 20_000) + "\"]"
                let first = page(asOf: opening, entries)
                #expect(try await writer.write(first, hunt: "top-a"))
                #expect(try await held(redis, "top-a") == first)
                #expect((25_000...30_000).contains(try await timeToLiveMs(redis, "top-a")))
                _ = try await redis.call(RedisArguments("PEXPIRE", "cairn:{top-a}:top", "5000"))
                #expect(try await !writer.write(page(asOf: opening - 1), hunt: "top-a"))
                #expect(try await held(redis, "top-a") == first)
                #expect(try await timeToLiveMs(redis, "top-a") <= 5_000)
                #expect(try await writer.write(page(asOf: opening), hunt: "top-a"))
                #expect(try await timeToLiveMs(redis, "top-a") > 5_000)
                let later = page(asOf: opening + 1_000)
                #expect(try await writer.write(page(asOf: opening + 999), hunt: "top-a"))
                #expect(try await writer.write(later, hunt: "top-a"))
                #expect(try await held(redis, "top-a") == later)
            }
        }

        @Test("of two serves at odds, the key never goes back")
        func twoServes() async throws {
            try await withRedis { redis in
                for seed in 1...3 as ClosedRange<UInt64> {
                    var random = SplitMix64(seed: seed)
                    let writers = [TopPageWriter(redis: redis), TopPageWriter(redis: redis)]
                    var latest: Int64 = 0
                    var refused = 0
                    for _ in 0..<200 {
                        let asOf = opening + Int64(random.below(50_000_000))
                        let isWritten = try await random.pick(writers).write(page(asOf: asOf), hunt: "top-b\(seed)")
                        #expect(isWritten == (asOf >= latest))
                        latest = max(latest, asOf)
                        if !isWritten { refused += 1 }
                        #expect(try await held(redis, "top-b\(seed)") == page(asOf: latest))
                    }
                    #expect(refused > 50)
                }
            }
        }

        private func refusal(_ body: @Reactor () async throws(RedisError) -> Bool) async -> String? {
            do throws(RedisError) {
                return "answered \(try await body())"
            } catch {
                if case .refused(let code, _) = error { return code }
                return error.description
            }
        }

        @Test("a key that holds something else, and a page that is none, change nothing and say so")
        func layouts() async throws {
            try await withRedis { redis in
                let writer = TopPageWriter(redis: redis)
                _ = try await redis.call(RedisArguments("SET", "cairn:{top-c}:top", "something else"))
                #expect(
                    await refusal { () throws(RedisError) in
                        try await writer.write(page(asOf: opening), hunt: "top-c")
                    } == "CAIRNLAYOUT")
                #expect(try await held(redis, "top-c") == Array("something else".utf8))
                for text in [
                    "", "{}", "{\"version\":7,\"as_of\":\"2026-06-12T09:00:00.123Z\"}", "{\"as_of\":\"2026-06-12\"}",
                ] {
                    #expect(
                        await refusal { () throws(RedisError) in
                            try await writer.write(Array(text.utf8), hunt: "top-d")
                        } == "CAIRNLAYOUT")
                }
                #expect(try await held(redis, "top-d") == nil)
            }
        }
    }
}
