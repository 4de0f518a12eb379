import HuntCore
import PostgresClient
import Reactor
import Testing

@testable import Storage

extension RealServices {
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct ReportTests {
        @Test("standings come in the order of the contract, ties included, page by page")
        func standings() async throws {
            try await TestDatabase.with { database in
                let store = DefinitionStore(pool: database.pool)
                _ = try await store.importHunt(smallHunt())
                var shared = smallHunt("together")
                shared.ranking = .shared
                _ = try await store.importHunt(shared)
                try await database.run(
                    """
                    insert into cairn.score
                        (hunt_id, player, score, unlocks, reached_at, version, facts_seq, updated_at)
                    select h, p.player, p.score, p.unlocks, p.reached_at::timestamptz, 1, 1, now()
                    from generate_series(1, 2) h, (values
                        ('b', 10, 1, '2026-06-12T09:00:01Z'), ('B', 10, 1, '2026-06-12T09:00:01Z'),
                        ('c', 10, 1, '2026-06-12T09:00:00Z'), ('zero', 0, 1, null), ('unlisted', 0, 0, null),
                        ('a', 30, 2, '2026-06-12T09:00:09Z')) p(player, score, unlocks, reached_at)
                    """)
                let report = StandingsReport(pool: database.pool)
                let first = try #require(try await report.page(hunt: "small", limit: 20, offset: 0))
                #expect(first.map(\.player) == ["a", "c", "B", "b", "zero"])
                #expect(first.map(\.rank) == [1, 2, 3, 4, 5])
                #expect(first.last?.reachedAt == nil && first.first?.hunt == "small")
                let second = try #require(try await report.page(hunt: "together", limit: 2, offset: 3))
                #expect(second.map(\.player) == ["b", "zero"] && second.map(\.rank) == [2, 5])
                #expect(try await report.page(hunt: "small", limit: 5, offset: 9)?.isEmpty == true)
                #expect(try await report.page(hunt: "none", limit: 5, offset: 0) == nil)
            }
        }

        @Test("refused scans come newest first, by reason or by a filter, however many fetches that takes")
        func refusals() async throws {
            try await TestDatabase.with { database in
                try await database.run("select cairn.take_lease('scans', 'cairn', 'w1', array[0], array[0]::bigint[])")
                let kept = (0..<900).map { offset in
                    RawFlush.Refusal(offset: offset, reason: offset % 9 == 0 ? "too_late" : "malformed")
                }
                try await database.run(
                    RawFlush(
                        shares: [.init(next: 900, refusals: 900)], refusals: kept,
                        counts: [("malformed", 495_000, 800), ("too_late", 495_000, 100)]
                    ).sql)
                let report = RefusalReport(pool: database.pool)
                let hour: Int64 = 495_000 * 3_600_000
                #expect(
                    try await report.summary() == [
                        RefusalReport.Summary(reason: "malformed", count: 800, latest: hour + 899),
                        RefusalReport.Summary(reason: "too_late", count: 100, latest: hour + 891),
                    ])
                #expect(try await report.scans(reason: nil, limit: 3).map(\.offset) == [899, 898, 897])
                #expect(try await report.scans(reason: "too_late", limit: 2).map(\.offset) == [891, 882])
                let old = try await report.scans(reason: nil, limit: 5) { $0.offset < 2 }
                #expect(old.map(\.offset) == [1, 0])
                #expect(old.first?.value == Array("{\"hunt\":\"small\"}".utf8) && old.first?.receivedAt == hour + 1)
                #expect(try await report.scans(reason: nil, limit: 0).isEmpty)
            }
        }

        @Test("the status tells generation, leases and the database's time")
        func status() async throws {
            try await TestDatabase.with { database in
                _ = try await DefinitionStore(pool: database.pool).importHunt(smallHunt())
                try await database.run("select cairn.take_lease('scans', 'cairn', 'w1', array[0], array[7]::bigint[])")
                let reading = try await StatusReport(pool: database.pool, group: "cairn").read()
                #expect(reading.generation == 1 && reading.leases.map(\.nextOffset) == [7])
                #expect(abs(reading.nowMs - Clock.epochMs()) < 5_000)
                #expect(reading.sessions.isEmpty)
            }
        }
    }
}
