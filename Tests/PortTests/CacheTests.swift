import FlowCore
import Reactor
import Testing

/// Players whose keys one call can write.
private let sameShard: [String] = {
    let shard = PublishItem.sample("p0", 1).shard
    return Array((0..<10_000).map { "p\($0)" }.filter { PublishItem.sample($0, 1).shard == shard }.prefix(3))
}()

extension Ports {
    /// What the engine relies on, of any `ScoreCache`.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct CacheTests {
        private let anna = sameShard[0]
        private let bert = sameShard[1]
        private let carl = sameShard[2]

        @Test(
            "a newer version replaces, an equal one refreshes the time to live, an older one changes nothing",
            arguments: Implementation.allCases)
        func versions(_ implementation: Implementation) async throws {
            try await withCache(implementation) { stage async throws in
                let first = [anna, bert, carl].map { (item: PublishItem.sample($0, 5), timeToLiveMs: Int64(9_000)) }
                #expect(try await stage.write(first) == HotWriteResult(applied: 3, refreshed: 0, stale: 0))
                #expect(try await stage.value(of: anna) == first[0].item.text)
                let second = [
                    (item: PublishItem.sample(anna, 6), timeToLiveMs: Int64(30_000)),
                    (item: .sample(bert, 5), timeToLiveMs: 20_000), (item: .sample(carl, 4), timeToLiveMs: 30_000),
                ]
                #expect(try await stage.write(second) == HotWriteResult(applied: 1, refreshed: 1, stale: 1))
                #expect(try await stage.value(of: anna) == second[0].item.text)
                #expect(try await stage.value(of: bert) == first[1].item.text)
                #expect(try await stage.value(of: carl) == first[2].item.text)
                #expect((20_001...30_000).contains(try await stage.timeToLiveMs(of: anna)))
                #expect((9_001...20_000).contains(try await stage.timeToLiveMs(of: bert)))
                #expect((1...9_000).contains(try await stage.timeToLiveMs(of: carl)))
                #expect(stage.violations.isEmpty)
            }
        }

        @Test("versions compare as numbers", arguments: Implementation.allCases)
        func numbers(_ implementation: Implementation) async throws {
            try await withCache(implementation) { stage async throws in
                _ = try await stage.write([(item: .sample(anna, 9), timeToLiveMs: 9_000)])
                let newer = try await stage.write([(item: .sample(anna, 10), timeToLiveMs: 9_000)])
                #expect(newer == HotWriteResult(applied: 1, refreshed: 0, stale: 0))
                let older = try await stage.write([(item: .sample(anna, 9), timeToLiveMs: 9_000)])
                #expect(older == HotWriteResult(applied: 0, refreshed: 0, stale: 1))
            }
        }

        @Test("an equal version may also shorten a key's time", arguments: Implementation.allCases)
        func shorter(_ implementation: Implementation) async throws {
            try await withCache(implementation) { stage async throws in
                _ = try await stage.write([(item: .sample(anna, 1), timeToLiveMs: 30_000)])
                _ = try await stage.write([(item: .sample(anna, 1), timeToLiveMs: 5_000)])
                #expect((1...5_000).contains(try await stage.timeToLiveMs(of: anna)))
            }
        }

        @Test(
            "a key is gone when its time has run out, and then any version is new", arguments: Implementation.allCases)
        func expiry(_ implementation: Implementation) async throws {
            try await withCache(implementation) { stage async throws in
                _ = try await stage.write([(item: .sample(anna, 7), timeToLiveMs: 60)])
                try await stage.patience.until("a key that runs out") { try await stage.value(of: anna) == nil }
                let again = try await stage.write([(item: .sample(anna, 3), timeToLiveMs: 9_000)])
                #expect(again == HotWriteResult(applied: 1, refreshed: 0, stale: 0))
            }
        }

        @Test("a score of nothing has no moment of reaching it", arguments: Implementation.allCases)
        func zero(_ implementation: Implementation) async throws {
            try await withCache(implementation) { stage async throws in
                let item = PublishItem.sample(anna, 2, score: 0)
                _ = try await stage.write([(item: item, timeToLiveMs: 9_000)])
                #expect(try await stage.value(of: anna) == "2 0 0 - \(item.committedAt)")
            }
        }

        @Test("a tier that has lost everything takes the next write like the first", arguments: Implementation.allCases)
        func loss(_ implementation: Implementation) async throws {
            try await withCache(implementation) { stage async throws in
                _ = try await stage.write([(item: .sample(anna, 8), timeToLiveMs: 9_000)])
                try await stage.forgetAll()
                #expect(try await stage.value(of: anna) == nil)
                let again = try await stage.write([(item: .sample(anna, 8), timeToLiveMs: 9_000)])
                #expect(again == HotWriteResult(applied: 1, refreshed: 0, stale: 0))
            }
        }

        @Test("while it is away every call fails, and afterwards calls work again", arguments: Implementation.allCases)
        func absence(_ implementation: Implementation) async throws {
            try await withCache(implementation) { stage async throws in
                _ = try await stage.write([(item: .sample(anna, 1), timeToLiveMs: 9_000)])
                try await stage.leave()
                let failure = await #expect(throws: TransientTrouble.self) {
                    try await stage.write([(item: .sample(anna, 2), timeToLiveMs: 9_000)])
                }
                #expect(failure?.reason.isEmpty == false)
                try await stage.comeBack()
                _ = try await stage.write([(item: .sample(anna, 3), timeToLiveMs: 9_000)])
                #expect(try await stage.value(of: anna) == PublishItem.sample(anna, 3).text)
            }
        }
    }
}

extension PublishItem {
    fileprivate var shard: Int { key.withBytes { HotShard.of($0) } }
}
