import FlowCore
import Foundation
import Reactor
import RedisClient
import Testing

extension ServiceTests {
    /// What `cairn serve` asks of Postgres for readers, and what it writes into Redis.
    @Suite("Serve: Postgres and Redis")
    struct ServeReads {
        private struct Board {
            let text: String
            let entries: [[String: Any]]

            init(_ answer: HTTPAnswer) {
                text = answer.body
                entries = answer.json["entries"] as? [[String: Any]] ?? []
            }
        }

        @Test(
            "why comes from Postgres, an asked-for key comes back, and top is the API's page", .timeLimit(.minutes(2)))
        @Reactor
        func quietHunt() async throws {
            phase("serve: why, refill, top")
            try await withSite { site in
                let load = try ScanLoad(site, seed: 1, players: 300)
                let worker = try await site.startWorkers(1)[0]
                load.start(perSecond: 1_000)
                await Reactor.pause(ms: 2_000)
                try await load.stop()
                try await site.expectExact(load)
                worker.process.signal(SIGTERM)
                await worker.process.wait()
                let serve = try await site.startServe()
                do {
                    try await check(site, serve)
                    serve.process.signal(SIGTERM)
                    #expect(await serve.process.wait() == 0)
                } catch {
                    Issue.record("\(error)\nserve:\n\(serve.log.suffix(3_000))")
                    serve.process.signal(SIGKILL)
                    await serve.process.wait()
                }
                await load.close()
            }
        }

        @Reactor
        private func check(_ site: Site, _ serve: ServeProcess) async throws {
            let page = Board(try #require(await serve.call("/v1/hunts/harbour/board?limit=100")))
            #expect(page.entries.count == 100)
            for entry in page.entries.prefix(20) {
                let player = try #require(entry["player"] as? String)
                let why = try #require(await serve.call("/v1/hunts/harbour/players/\(player)/why"))
                #expect(why.status == 200 && why.json["source"] as? String == "primary", "\(why.body)")
                #expect(why.json["score"] as? Int == entry["score"] as? Int)
                #expect(why.json["player_version"] as? Int == entry["player_version"] as? Int)
                let points = why.json["points"] as? Int ?? 0
                #expect(points + (why.json["bonuses"] as? Int ?? 0) == entry["score"] as? Int)
            }
            try await checkTop(site, page)
            try await checkRefill(site, serve, page)
            let metrics = try #require(await serve.call("/metrics")).body
            #expect(metrics.contains("cairn_breaker_state{backend=\"primary\"} 0\n"))
            #expect(metrics.contains("cairn_top_key_writes_total{outcome=\"written\"}"))
        }

        @Reactor
        private func checkTop(_ site: Site, _ page: Board) async throws {
            var top: [[String: Any]] = []
            let isThere = await eventually(within: 20) {
                guard let text = try? await site.redis.call(RedisArguments("GET", "cairn:{harbour}:top")).text,
                    let json = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
                else { return false }
                top = json["entries"] as? [[String: Any]] ?? []
                return !top.isEmpty
            }
            #expect(isThere)
            #expect(NSArray(array: top).isEqual(to: page.entries))
        }

        @Reactor
        private func checkRefill(_ site: Site, _ serve: ServeProcess, _ page: Board) async throws {
            _ = try await site.redis.call(RedisArguments("FLUSHALL"))
            let entry = page.entries[3]
            let player = try #require(entry["player"] as? String)
            let shard = Array(player.utf8).withUnsafeBytes { HotShard.of($0) }
            let key = "cairn:{harbour:\(shard)}:score:\(player)"
            _ = await serve.call("/v1/hunts/harbour/players/\(player)")
            var value: String?
            let isBack = await eventually(within: 20) {
                value = try? await site.redis.call(RedisArguments("GET", key)).text
                return value != nil
            }
            #expect(isBack)
            let words = (value ?? "").split(separator: " ")
            #expect(words.count == 6 && words[1] == "\(entry["player_version"] ?? "")", "\(value ?? "")")
            #expect(words.count == 6 && words[2] == "\(entry["score"] ?? "")")
            guard case .integer(let left) = try await site.redis.call(RedisArguments("PTTL", key)) else { return }
            #expect((1...30_000).contains(left))
        }
    }
}
