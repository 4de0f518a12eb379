import DevStack
import Foundation
import PostgresClient
import Reactor
import Testing

extension ServiceTests {
    @Suite("Servers fail")
    struct ServerFaults {
        @Test(
            "Redis loses everything and goes away: scoring goes on, and a second after its return it has news",
            .timeLimit(.minutes(3)))
        @Reactor
        func redis() async throws {
            try await withSite { site in
                try await site.startWorkers(2)
                let load = try ScanLoad(site, seed: 5)
                load.start(perSecond: 3_000)
                #expect(await eventually(within: 30, { try await site.redisScores().count > 100 }))
                phase("redis: FLUSHALL")
                _ = try await site.redis.call(.init("FLUSHALL"))
                #expect(await eventually(within: 5, { try await site.redisScores().count > 100 }))
                phase("redis: SCRIPT FLUSH")
                _ = try await site.redis.call(.init("SCRIPT", "FLUSH"))
                try await site.expectFreshKeys()
                phase("redis: kill")
                try await site.stack.kill(.redis)
                let before = try await site.committedCount()
                #expect(await eventually(within: 20, { try await site.committedCount() > before + 3_000 }))
                phase("redis: scoring went on; restart")
                try await site.stack.restart(.redis)
                try await site.expectFreshKeys()
                try await load.stop()
                try await site.expectExact(load)
                await load.close()
            }
        }

        @Test("Postgres is killed and comes back two seconds later, and every score is exact", .timeLimit(.minutes(3)))
        @Reactor
        func postgres() async throws {
            try await withSite { site in
                let workers = try await site.startWorkers(2)
                let load = try ScanLoad(site, seed: 6)
                load.start(perSecond: 4_000)
                #expect(await eventually(within: 30, { try await site.committedCount() > 5_000 }))
                phase("postgres: kill")
                try await site.stack.kill(.postgres)
                await Reactor.pause(ms: 2_000)
                phase("postgres: restart")
                try await site.stack.restart(.postgres)
                let before = await site.countWhenUp()
                #expect(await eventually(within: 30, { try await site.committedCount() > before + 10_000 }))
                #expect(workers.count { $0.isRunning } == 2)
                phase("postgres: workers went on")
                try await load.stop()
                try await site.expectExact(load)
                await load.close()
            }
        }

        @Test("backends that end in the middle of a flush lose and double nothing", .timeLimit(.minutes(3)))
        @Reactor
        func backends() async throws {
            try await withSite { site in
                try await site.startWorkers(2)
                let load = try ScanLoad(site, seed: 7)
                load.start(perSecond: 5_000)
                #expect(await eventually(within: 30, { try await site.committedCount() > 5_000 }))
                let admin = try await PostgresConnection.open(site.stack.adminURL)
                var ended: Int64 = 0
                for _ in 0..<100 {
                    let rows = try await admin.query(
                        "select count(pg_terminate_backend(pid)) from pg_stat_activity "
                            + "where application_name = 'cairn worker' and state <> 'idle'")
                    ended += rows.int64(0, 0)
                    await Reactor.pause(ms: 50)
                }
                admin.close()
                phase("backends: \(ended) ended during a call")
                #expect(ended > 10)
                try await load.stop()
                try await site.expectExact(load)
                await load.close()
            }
        }
    }
}

extension Site {
    /// Expects a score that was committed after this moment in Redis, a second later at most.
    func expectFreshKeys() async throws {
        let start = Clock.epochMs()
        let isFresh = await eventually(within: 10) {
            try await self.redisScores().values.contains { value in
                Int64(value.split(separator: " ").last ?? "").map { $0 > start } ?? false
            }
        }
        let tookMs = Clock.epochMs() - start
        phase("redis: fresh keys after \(tookMs) ms")
        #expect(isFresh && tookMs <= 1_000, "the first fresh key came after \(tookMs) ms")
    }

    /// The number of committed records, as soon as Postgres tells it.
    func countWhenUp() async -> Int64 {
        var count: Int64 = -1
        _ = await eventually(within: 20) {
            count = try await self.committedCount()
            return true
        }
        return count
    }
}
