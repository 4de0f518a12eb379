import FlowCore
import HuntCore
import OrderIndex
import PostgresClient
import Reactor
import ReadAPI
import RedisClient
import Testing

@testable import Storage

extension RealServices {
    /// Score keys that are put back. The tests share one Redis, so each has hunts of its own.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct HotTierRefillTests {
        private func with(
            _ slugs: [String], _ body: @Reactor (TestDatabase, RedisClient) async throws -> Void
        ) async throws {
            let redis = try RedisClient(RedisSettings(url: try await SharedStack.task.value.redisURL))
            try await redis.connect()
            defer { redis.close() }
            try await TestDatabase.with { database in
                for slug in slugs { _ = try await DefinitionStore(pool: database.pool).importHunt(smallHunt(slug)) }
                try await database.run(
                    """
                    insert into cairn.score (hunt_id, player, score, unlocks, reached_at, version, facts_seq, updated_at)
                    select h.hunt_id, 'p' || n, n * 10, 1, timestamptz '2026-06-12T09:00:00.007Z', n, n,
                        timestamptz '2026-06-12T10:00:00.008Z'
                    from cairn.hunt h, generate_series(1, 300) n
                    union all select h.hunt_id, 'new', 0, 0, null, 0, 1, now() from cairn.hunt h
                    """)
                try await body(database, redis)
            }
        }

        private func key(_ hunt: Int32, _ player: String) -> PlayerKey {
            Array(player.utf8).withUnsafeBytes { PlayerKey(huntID: hunt, player: $0) }
        }

        private func name(_ slug: String, _ player: String) -> String {
            let shard = Array(player.utf8).withUnsafeBytes { HotShard.of($0) }
            return "cairn:{\(slug):\(shard)}:score:\(player)"
        }

        private func value(_ redis: RedisClient, _ slug: String, _ player: String) async throws -> String? {
            try await redis.call(RedisArguments("GET", name(slug, player))).text
        }

        private func timeToLiveMs(_ redis: RedisClient, _ slug: String, _ player: String) async throws -> Int64 {
            guard case .integer(let left) = try await redis.call(RedisArguments("PTTL", name(slug, player))) else {
                return -3
            }
            return left
        }

        @Test("rows come by their keys, those without a version and unknown ones left out")
        func rows() async throws {
            try await with(["rows-a", "rows-b"]) { database, _ in
                let keys = [
                    key(1, "p1"), key(2, "p1"), key(2, "p300"), key(1, "new"), key(1, "stranger"), key(9, "p1"),
                ]
                let beforeMs = Clock.monotonicMs()
                let rows = try await ScoreRows.read(keys, from: database.pool)
                let found = rows.map { row in
                    "\(String(decoding: row.hunt, as: UTF8.self)) \(row.item.key.huntID) "
                        + row.item.key.withBytes { String(decoding: $0, as: UTF8.self) } + " \(row.item.version)"
                }
                #expect(Set(found) == ["rows-a 1 p1 1", "rows-b 2 p1 1", "rows-b 2 p300 300"] && rows.count == 3)
                let item = try #require(rows.first).item
                #expect(item.tally == Tally(score: 10, unlocks: 1, reachedAt: opening + 7))
                #expect(item.committedAt == opening + 3_600_008)
                #expect(item.provenAtMs >= beforeMs && item.provenAtMs <= Clock.monotonicMs())
            }
        }

        @Test("keys of both hunts come back with the time that is left since the read; a newer one stays as it is")
        func written() async throws {
            try await with(["back-a", "back-b"]) { database, redis in
                _ = try await redis.call(
                    RedisArguments("SET", name("back-a", "p7"), "1 8 80 2 77 88", "PX", "9000"))
                let writer = ScoreKeyWriter(redis: redis, scoreTTLMs: 30_000)
                let keys = (1...300).map { key(1, "p\($0)") } + (1...200).map { key(2, "p\($0)") }
                let (written, lost) = await writer.write(try await ScoreRows.read(keys, from: database.pool))
                #expect(written == HotWriteResult(applied: 499, refreshed: 0, stale: 1) && lost == 0)
                for (slug, count) in [("back-a", 300), ("back-b", 200)] {
                    for number in 1...300 where number != 7 {
                        let expected =
                            number <= count ? "1 \(number) \(number)0 1 \(opening + 7) \(opening + 3_600_008)" : nil
                        #expect(try await value(redis, slug, "p\(number)") == expected)
                    }
                }
                #expect(try await value(redis, "back-a", "p7") == "1 8 80 2 77 88")
                #expect((20_000...30_000).contains(try await timeToLiveMs(redis, "back-a", "p1")))

                // The same rows as if they had been read before; then as if they were older than a key may live.
                for (ageMs, expected) in [
                    (20_000, HotWriteResult(applied: 1, refreshed: 0, stale: 0)),
                    (30_000, HotWriteResult(applied: 0, refreshed: 0, stale: 1)),
                ] as [(Int64, HotWriteResult)] {
                    let row = try #require(try await ScoreRows.read([key(2, "p250")], from: database.pool).first)
                    let old = PublishItem(
                        key: row.item.key, tally: row.item.tally, version: row.item.version + ageMs,
                        committedAt: row.item.committedAt, provenAtMs: row.item.provenAtMs - ageMs)
                    let result = await writer.write([ScoreRows.Row(hunt: row.hunt, item: old)])
                    #expect(result.written == expected && result.lost == 0)
                    #expect((1...10_000).contains(try await timeToLiveMs(redis, "back-b", "p250")))
                }
            }
        }

        @Test("with Redis away the players are lost and counted, and nobody waits")
        func redisAway() async throws {
            try await with(["away-a"]) { database, _ in
                let nowhere = try RedisClient(RedisSettings(url: "redis://127.0.0.1:1"))
                defer { nowhere.close() }
                let writer = ScoreKeyWriter(redis: nowhere, scoreTTLMs: 30_000)
                let rows = try await ScoreRows.read((1...50).map { key(1, "p\($0)") }, from: database.pool)
                let (written, lost) = await writer.write(rows)
                #expect(written == HotWriteResult(applied: 0, refreshed: 0, stale: 0) && lost == 50)
            }
        }

        @Test("a player who is asked for has a key within a second, through the guard, and again after it was lost")
        func wholeWay() async throws {
            try await with(["way-a"]) { database, redis in
                let guarded = GuardedReads(ReadGuardSettings(replicas: 0, connectionsMax: 4))
                let writer = ScoreKeyWriter(redis: redis, scoreTTLMs: 4_000)
                let pool = database.pool
                let refill = KeyRefill(scoreTTLMs: 4_000) { wishes in
                    do throws(ReadFailure) {
                        let rows = try await guarded.read(.newest, deadlineMs: 2_000) { _ throws(ReadTrouble) in
                            do throws(PostgresError) {
                                return try await ScoreRows.read(wishes.map(\.key), from: pool)
                            } catch { throw .transient(error.description) }
                        }
                        let (written, lost) = await writer.write(rows.value)
                        return KeyRefill.Outcome(written: written, lost: lost)
                    } catch { return nil }
                }
                let work = Task { await refill.run() }
                let player = try #require(PlayerID("p42"))
                let startedMs = Clock.monotonicMs()
                refill.wanted(huntID: 1, player: player)
                while try await value(redis, "way-a", "p42") == nil { await Reactor.pause(ms: 5) }
                #expect(Clock.monotonicMs() - startedMs < 2_000)
                _ = try await redis.call(RedisArguments("DEL", name("way-a", "p42")))
                while try await value(redis, "way-a", "p42") == nil {
                    refill.wanted(huntID: 1, player: player)
                    await Reactor.pause(ms: 5)
                }
                #expect(refill.counters.applied >= 2 && refill.counters.failed == 0)
                #expect(refill.counters.skipped > 0, "it was put back though it was written a moment ago")
                work.cancel()
                await work.value
            }
        }
    }
}
