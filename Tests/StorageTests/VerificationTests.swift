import FlowCore
import HuntCore
import PostgresClient
import Reactor
import RedisClient
import Storage
import Testing

extension RealServices {
    @Reactor
    @Suite(.serialized, .timeLimit(.minutes(2))) struct VerificationTests {
        /// A hunt with three players, and a lease whose counters account for their four facts.
        private func withHunt(
            _ slug: String = "small", _ body: @Reactor (TestDatabase) async throws -> Void
        ) async throws {
            try await TestDatabase.with { database in
                _ = try await DefinitionStore(pool: database.pool).importHunt(smallHunt(slug))
                try await database.run("select cairn.take_lease('scans', 'cairn', 'w1', array[0], array[0]::bigint[])")
                let flush = RawFlush(
                    generation: 1, shares: [.init(next: 6, published: 6, first: 4, repeats: 1, refusals: 1)],
                    facts: [
                        .init(), .init(checkpoint: 2, at: opening + 9), .init(player: "bert", at: opening + 3),
                        .init(player: "carl", checkpoint: 2),
                    ],
                    scores: [
                        .init(score: 35, unlocks: 2, reachedAt: opening + 9),
                        .init(player: "bert", reachedAt: opening + 3),
                        // The tower waits for the gate.
                        .init(player: "carl", score: 0, unlocks: 0, reachedAt: nil, version: 0),
                    ])
                try await database.run(flush.sql)
                try await body(database)
            }
        }

        private func verify(_ database: TestDatabase) async throws -> VerificationReport {
            try await Verification(pool: database.pool, redis: nil).run(hunt: "small")
        }

        private func kinds(_ database: TestDatabase) async throws -> [VerificationReport.Difference.Kind] {
            try await verify(database).differences.map(\.kind)
        }

        @Test("a sound hunt has no difference")
        func sound() async throws {
            try await withHunt { database in
                let report = try await verify(database)
                #expect(report.differences == [])
                #expect(report.players == 3 && report.facts == 4 && report.partitions == 1)
                #expect(report.uncountedFacts == 0)
            }
        }

        @Test("an unknown hunt is no sound hunt")
        func unknown() async throws {
            try await TestDatabase.with { database in
                do throws(VerificationError) {
                    _ = try await Verification(pool: database.pool, redis: nil).run(hunt: "none")
                    Issue.record("it was verified")
                } catch {
                    guard case .unknownHunt = error else { throw error }
                }
            }
        }

        @Test(
            "a wrong score, unlocks or time is found",
            arguments: [
                "score = 11", "unlocks = 2", "reached_at = reached_at + interval '1 ms'",
                "score = 0, reached_at = null", "version = 0",
            ])
        func wrongRow(_ change: String) async throws {
            try await withHunt { database in
                try await database.run("update cairn.score set \(change) where player = 'bert'")
                let report = try await verify(database)
                #expect(report.differences.map(\.kind) == [.wrongScore])
                #expect(report.differences.map(\.subject) == ["bert"])
            }
        }

        @Test("a missing row, a row without facts and a fact of no checkpoint are found")
        func missing() async throws {
            try await withHunt { database in
                try await database.run("delete from cairn.score where player = 'anna'")
                #expect(try await kinds(database) == [.factsWithoutRow])
                try await database.run("delete from cairn.first_scan where player = 'anna' or player = 'carl'")
                #expect(try await kinds(database) == [.rowWithoutFacts])
                try await database.run("update cairn.first_scan set checkpoint_id = 9 where player = 'bert'")
                #expect(try await kinds(database) == [.foreignFact, .rowWithoutFacts, .rowWithoutFacts])
            }
        }

        @Test("counters that do not add up are found, and facts that none counted are noted")
        func counters() async throws {
            try await withHunt { database in
                try await database.run("update cairn.partition_lease set repeats = repeats + 1")
                let report = try await verify(database)
                #expect(report.differences.map(\.kind) == [.conservation])
                #expect(report.differences.first?.subject == "scans/0 of cairn")
                try await database.run("update cairn.partition_lease set repeats = 5, first_scans = 0")
                #expect(try await verify(database).uncountedFacts == 4)
            }
        }

        @Test("more differences than are shown are counted, over several fetches of rows")
        func many() async throws {
            try await withHunt { database in
                try await database.run(
                    """
                    insert into cairn.first_scan
                        (hunt_id, player, checkpoint_id, scanned_at, event_id, source_partition, source_offset)
                    select 1, 'p' || n, 1, '2026-06-12T09:00:00Z', 'e', 0, n
                    from generate_series(1, 5000) n;
                    insert into cairn.score
                        (hunt_id, player, score, unlocks, reached_at, version, facts_seq, updated_at)
                    select 1, 'p' || n, case when n % 100 = 0 then 11 else 10 end, 1, '2026-06-12T09:00:00Z', 1, 1,
                        now()
                    from generate_series(1, 5000) n
                    """)
                let report = try await verify(database)
                #expect(report.players == 5_003 && report.facts == 5_004)
                #expect(report.differenceCount == 50 && report.differences.count == VerificationReport.keptMax)
            }
        }

        // MARK: Hot tier

        /// The slug is the test's own: the tests share one Redis.
        private func hotKinds(
            _ slug: String, _ value: (_ version: Int64, _ committedAt: Int64) -> String
        ) async throws -> [VerificationReport.Difference.Kind] {
            var kinds: [VerificationReport.Difference.Kind] = []
            try await withHunt(slug) { database in
                try await database.run(
                    "update cairn.score set version = 5, updated_at = now() - interval '1 minute' where player = 'bert'"
                )
                let redis = try RedisClient(RedisSettings(url: try await SharedStack.task.value.redisURL))
                defer { redis.close() }
                try await redis.connect()
                let shard = Array("bert".utf8).withUnsafeBytes { HotShard.of($0) }
                let key = "cairn:{\(slug):\(shard)}:score:bert"
                _ = try await redis.call(RedisArguments("SET", key, value(5, opening), "PX", "60000"))
                let report = try await Verification(pool: database.pool, redis: redis).run(hunt: slug)
                #expect(report.keys == 1)
                kinds = report.differences.map(\.kind)
            }
            return kinds
        }

        @Test("a key that equals its row is no difference")
        func hotEqual() async throws {
            #expect(try await hotKinds("hot-equal") { "1 \($0) 10 1 \(opening + 3) \($1)" } == [])
        }

        @Test("a key newer than Postgres is a difference")
        func hotNewer() async throws {
            #expect(try await hotKinds("hot-newer") { "1 \($0 + 1) 10 1 \(opening + 3) \($1)" } == [.hotNewer])
        }

        @Test("a key older than a commit of a minute ago is a difference")
        func hotOlder() async throws {
            #expect(try await hotKinds("hot-older") { "1 \($0 - 1) 0 0 - \($1)" } == [.hotOlder])
        }

        @Test("a key of the same version with other content is a difference")
        func hotContent() async throws {
            #expect(try await hotKinds("hot-content") { "1 \($0) 11 1 \(opening + 3) \($1)" } == [.hotContent])
        }

        @Test("a key of another layout is a difference", arguments: ["2 5", "", "1 5 10 1 x 9", "1 5 10 1 7 9 9"])
        func hotLayout(_ value: String) async throws {
            #expect(try await hotKinds("hot-layout") { _, _ in value } == [.hotLayout])
        }
    }
}
