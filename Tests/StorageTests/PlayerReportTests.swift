import HuntCore
import PostgresClient
import Reactor
import Testing

@testable import Storage

extension RealServices {
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct PlayerReportTests {
        private func read(
            _ database: TestDatabase, _ hunt: String, _ player: String, neighbours: Int64 = 3,
            namesPlayer: ([UInt8]) -> Bool = { _ in false }
        ) async throws -> PlayerReport.Reading {
            let report = PlayerReport(pool: database.pool)
            return try #require(
                try await report.read(
                    hunt: hunt, player: player, neighbours: neighbours, namesPlayer: namesPlayer))
        }

        /// Two hunts, one of each ranking, each with the same listed players; many ties, some without points.
        private func fillScores(_ database: TestDatabase) async throws {
            let store = DefinitionStore(pool: database.pool)
            _ = try await store.importHunt(smallHunt())
            var shared = smallHunt("together")
            shared.ranking = .shared
            _ = try await store.importHunt(shared)
            // 40 players share four scores and three times; ids differ in case, which bytes tell apart.
            try await database.run(
                """
                insert into cairn.score (hunt_id, player, score, unlocks, reached_at, version, facts_seq, updated_at)
                select h, case when n % 2 = 0 then 'P' else 'p' end || n, 10 * (n % 4), 1,
                    case when n % 4 > 0 then '2026-06-12T09:00:00Z'::timestamptz + n % 3 * interval '1 ms' end,
                    n, n, '2026-06-12T10:00:00Z'
                from generate_series(1, 2) h, generate_series(1, 40) n
                union all select h, 'unlisted', 0, 0, null, 0, 1, now() from generate_series(1, 2) h
                """)
        }

        @Test("rank and neighbours are those of the view, for every player of both rankings, ties and null included")
        func neighbours() async throws {
            try await TestDatabase.with { database in
                try await fillScores(database)
                let standings = StandingsReport(pool: database.pool)
                for hunt in ["small", "together"] {
                    let all = try #require(try await standings.page(hunt: hunt, limit: 100, offset: 0))
                    #expect(all.count == 40)
                    #expect(all.contains { $0.reachedAt == nil })
                    for (position, row) in all.enumerated() {
                        for count in [0, 3, 50] {
                            let reading = try await read(database, hunt, row.player, neighbours: Int64(count))
                            let window = all[max(0, position - count)...min(all.count - 1, position + count)]
                            #expect(reading.neighbours == Array(window), "\(hunt) \(row.player) \(count)")
                            #expect(reading.score?.rank == row.rank, "\(hunt) \(row.player) \(count)")
                        }
                    }
                }
                let together = try #require(try await standings.page(hunt: "together", limit: 100, offset: 0))
                #expect(Set(together.map(\.rank)) == [1, 11, 21, 31])
            }
        }

        @Test("the score row is told in full; without unlocks there is no rank and there are no neighbours")
        func scoreRow() async throws {
            try await TestDatabase.with { database in
                try await fillScores(database)
                let listed = try #require(try await read(database, "small", "p7").score)
                #expect(listed.score == 30 && listed.unlocks == 1 && listed.version == 7)
                #expect(listed.reachedAt == opening + 1 && listed.updatedAt == opening + 3_600_000)
                let unlisted = try await read(database, "small", "unlisted")
                #expect(unlisted.score?.rank == nil && unlisted.score?.version == 0 && unlisted.neighbours.isEmpty)
                let stranger = try await read(database, "small", "p7'")
                #expect(stranger.score == nil && stranger.facts.isEmpty && stranger.neighbours.isEmpty)
                let report = PlayerReport(pool: database.pool)
                #expect(
                    try await report.read(hunt: "none", player: "p7", neighbours: 3) { _ in true } == nil)
            }
        }

        @Test("facts come with checkpoint, event, reader and place, and only those of this player and hunt")
        func facts() async throws {
            try await TestDatabase.with { database in
                try await fillScores(database)
                try await database.run(
                    """
                    insert into cairn.first_scan (hunt_id, player, checkpoint_id, scanned_at, event_id, reader,
                        source_partition, source_offset)
                    select c.hunt_id, p, c.checkpoint_id, '2026-06-12T09:00:01.234Z', 'e-' || c.slug || p,
                        case when c.slug = 'gate' then 'r1' end, 5, 1000000000000
                    from cairn.checkpoint c, unnest(array['p1', 'p3']) p
                    """)
                let facts = try await read(database, "small", "p1").facts.sorted { $0.checkpoint < $1.checkpoint }
                #expect(
                    facts == [
                        AcceptedScan(
                            checkpoint: "gate", scannedAt: opening + 1234, partition: 5, offset: 1_000_000_000_000,
                            eventID: "e-gatep1", reader: "r1"),
                        AcceptedScan(
                            checkpoint: "tower", scannedAt: opening + 1234, partition: 5, offset: 1_000_000_000_000,
                            eventID: "e-towerp1"),
                    ])
            }
        }

        @Test("a refused value is asked about when it holds both names or a backslash; the newest 1,000 are kept")
        func refusals() async throws {
            try await TestDatabase.with { database in
                try await fillScores(database)
                try await database.run(
                    #"""
                    insert into cairn.refused_scan (topic, partition, "offset", reason, detail, value, received_at, hour)
                    select 'scans', 0, n, 'too_late', '', convert_to(case
                            when n > 2500 then '{"hunt":"small","player":"p1"}'
                            when n = 1 then '{"hunt":"sm\u0061ll","player":"p\u0031"}'
                            when n = 2 then 'small'
                            when n = 3 then null
                            else '{"hunt":"small","player":"p2"}' end, 'UTF8'),
                        to_timestamp(n), to_timestamp(n / 3600 * 3600)
                    from generate_series(1, 4000) n
                    """#)
                var asked: Set<[UInt8]> = []
                let reading = try await read(database, "small", "p1") { value in
                    asked.insert(value)
                    return true
                }
                #expect(
                    asked == [
                        Array(#"{"hunt":"small","player":"p1"}"#.utf8),
                        Array(#"{"hunt":"sm\u0061ll","player":"p\u0031"}"#.utf8),
                    ])
                #expect(reading.refusalCount == 1501)
                #expect(reading.refusals.map(\.offset) == (3001...4000).reversed())
                let none = try await read(database, "small", "p1") { _ in false }
                #expect(none.refusals.isEmpty && none.refusalCount == 0)
            }
        }
    }
}
