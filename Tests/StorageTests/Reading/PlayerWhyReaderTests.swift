import HuntCore
import Reactor
import Testing

@testable import PostgresClient
@testable import Storage

extension RealServices {
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct PlayerWhyReaderTests {
        /// Anna has both checkpoints and the trail, carl's tower waits for the gate.
        private func withPlayers(_ body: @Reactor (TestDatabase) async throws -> Void) async throws {
            try await TestDatabase.with { database in
                _ = try await DefinitionStore(pool: database.pool).importHunt(smallHunt())
                try await database.run("select cairn.take_lease('scans', 'cairn', 'w1', array[0], array[0]::bigint[])")
                let flush = RawFlush(
                    generation: 1, shares: [.init(next: 3, published: 3, first: 3)],
                    facts: [.init(), .init(checkpoint: 2, at: opening + 9), .init(player: "carl", checkpoint: 2)],
                    scores: [
                        .init(score: 35, unlocks: 2, reachedAt: opening + 9, version: 1),
                        .init(player: "carl", score: 0, unlocks: 0, reachedAt: nil, version: 0),
                    ])
                try await database.run(flush.sql)
                try await body(database)
            }
        }

        @Test("score row and facts are those of the full report, and the explanation is worth the row")
        func reading() async throws {
            try await withPlayers { database in
                let reader = PlayerWhyReader()
                let report = PlayerReport(pool: database.pool)
                let before = try await database.rows("select now()").timestampMs(0, 0)
                for player in ["anna", "carl", "stranger"] {
                    let full = try #require(
                        try await report.read(hunt: "small", player: player, neighbours: 0) { _ in false })
                    let reading = try #require(
                        try await reader.read(from: database.pool, hunt: "small", player: player))
                    #expect(
                        reading.facts.sorted { $0.checkpoint < $1.checkpoint }
                            == full.facts.sorted { $0.checkpoint < $1.checkpoint })
                    #expect(reading.score?.score == full.score?.score)
                    #expect(reading.score?.version == full.score?.version)
                    #expect(reading.score?.reachedAt == full.score?.reachedAt)
                    #expect(reading.score?.updatedAt == full.score?.updatedAt)
                    #expect(reading.explanation.tally.score == full.score?.score ?? 0)
                    #expect(reading.hunt.definition == full.hunt.definition && reading.erasures == 0)
                    #expect(reading.asOf >= before && reading.asOf <= Clock.epochMs() + 1_000 && !reading.isReplica)
                    #expect(!reading.isBeingRescored)
                }
                let carl = try #require(try await reader.read(from: database.pool, hunt: "small", player: "carl"))
                #expect(carl.explanation.waiting.map(\.toScan) == [["gate"]])
                #expect(try await reader.read(from: database.pool, hunt: "none", player: "anna") == nil)
            }
        }

        @Test("changed rules are there with the next answer, which says that scores are being counted anew")
        func rules() async throws {
            try await withPlayers { database in
                let reader = PlayerWhyReader()
                _ = try await reader.read(from: database.pool, hunt: "small", player: "anna")
                var changed = smallHunt()
                changed.trails[0].bonus = 500
                _ = try await DefinitionStore(pool: database.pool).importHunt(changed, rescore: [])
                let reading = try #require(try await reader.read(from: database.pool, hunt: "small", player: "anna"))
                #expect(reading.hunt.rulesVersion == 2 && reading.hunt.definition == changed)
                #expect(reading.explanation.tally.score == 530 && reading.score?.score == 35)
                #expect(reading.isBeingRescored)
            }
        }

        @Test("among 50,000 players and as many refused scans no table of them is scanned")
        func lookUps() async throws {
            try await withPlayers { database in
                try await database.run(
                    """
                    insert into cairn.score (hunt_id, player, score, unlocks, reached_at, version, facts_seq, updated_at)
                    select 1, 'p' || n, 10, 1, now(), 1, 1, now() from generate_series(1, 50000) n;
                    insert into cairn.first_scan (hunt_id, player, checkpoint_id, scanned_at, event_id, reader,
                        source_partition, source_offset)
                    select 1, 'p' || n, 1, now(), 'e' || n, null, 0, n from generate_series(1, 50000) n;
                    insert into cairn.refused_scan (topic, partition, "offset", reason, detail, value, received_at, hour)
                    select 'scans', 0, n, 'too_late', '', '{"player":"p7"}', now(), now() from generate_series(1, 50000) n
                    """)
                let scans =
                    "select coalesce(sum(seq_scan), 0)::bigint, coalesce(sum(idx_scan), 0)::bigint"
                    + " from pg_stat_user_tables where relname in ('score', 'first_scan', 'refused_scan')"
                try await quiet(database)
                let before = try await database.rows(scans)
                // Its server tells what it counted as it ends.
                let pool = PostgresPool(url: database.pool.url, settings: PoolSettings(max: 1, minIdle: 0))
                for number in 1...20 {
                    let reading = try await PlayerWhyReader().read(from: pool, hunt: "small", player: "p\(number)")
                    #expect(reading?.facts.count == 1)
                }
                await pool.close()
                while try await database.rows(scans).int64(0, 1) < before.int64(0, 1) + 40 {
                    await Reactor.pause(ms: 20)
                }
                #expect(try await database.rows(scans).int64(0, 0) == before.int64(0, 0))
            }
        }

        /// Ends the servers of all connections but the asking one, so that nothing they have counted is told later.
        private func quiet(_ database: TestDatabase) async throws {
            try await database.pool.with { connection throws(PostgresError) in
                let others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                _ = try await connection.query("select pg_terminate_backend(pid) \(others)")
                while try await connection.query("select 1 \(others) and backend_type = 'client backend'").count > 0 {
                    await Reactor.pause(ms: 10)
                }
                _ = try await connection.query("select pg_stat_force_next_flush()")
            }
        }

        @Test(
            "a read that takes too long, in one statement or in many, is ended and leaves no server at work",
            arguments: ["5", "0.3"])
        func brief(seconds: String) async throws {
            try await TestDatabase.with { database in
                let startedMs = Clock.monotonicMs()
                do throws(PostgresError) {
                    try await BriefSnapshot.with(database.pool) { snapshot throws(PostgresError) in
                        for _ in 0..<100 { _ = try await snapshot.connection.query("select pg_sleep(\(seconds))") }
                    }
                    Issue.record("it was not ended")
                } catch {
                    let isTimeout =
                        switch error {
                        case .raised(.queryCanceled, _, _, _), .outcomeUnknown, .unreachable: true
                        default: false
                        }
                    #expect(isTimeout, "\(error)")
                }
                let others =
                    "select count(*) from pg_stat_activity where datname = current_database() and state = 'active'"
                    + " and pid <> pg_backend_pid()"
                while try await database.number(others) > 0 { await Reactor.pause(ms: 20) }
                // 2 s by the rule; the rest is for a busy machine.
                #expect(Clock.monotonicMs() - startedMs < 4_500)
            }
        }
    }
}
