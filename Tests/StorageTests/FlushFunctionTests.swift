import HuntCore
import PostgresClient
import Reactor
import Storage
import Testing

extension RealServices {
    /// `cairn.flush` as Postgres runs it.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct FlushFunctionTests {
        /// Partition 0 leased at epoch 1 by one owner.
        private func withLease(_ body: @Reactor (TestDatabase) async throws -> Void) async throws {
            try await TestDatabase.with { database in
                try await database.run("select cairn.take_lease('scans', 'cairn', 'w1', array[0], array[0]::bigint[])")
                try await body(database)
            }
        }

        private let scoreRow = "select player, score, unlocks, version, facts_seq from cairn.score order by player"

        @Test("a flush writes facts, scores and counters and moves the lease")
        func writes() async throws {
            try await withLease { database in
                let flush = RawFlush(
                    shares: [.init(next: 3, published: 1, first: 1, repeats: 2)], facts: [.init()], scores: [.init()])
                try await database.run(flush.sql)
                #expect(try await database.text(scoreRow) == "(anna,10,1,1,1)")
                #expect(
                    try await database.text(
                        """
                        select epoch, owner, start_offset, next_offset, published_offset, first_scans, repeats
                        from cairn.partition_lease
                        """) == "(1,w1,0,3,1,1,2)")
            }
        }

        @Test("an old epoch and a position that is not the lease's are CA001 with the partitions, and write nothing")
        func leaseLost() async throws {
            try await withLease { database in
                try await database.run("select cairn.take_lease('scans', 'cairn', 'w2', array[0], array[0]::bigint[])")
                let old = RawFlush(shares: [.init(epoch: 1, next: 1, first: 1)], facts: [.init()], scores: [.init()])
                let refusal = try #require(try await database.refusal(of: old.sql))
                #expect(refusal.state == "CA001" && refusal.detail == "0")
                let astray = RawFlush(shares: [.init(epoch: 2, from: 5, next: 6), .init(partition: 4, next: 1)])
                let second = try #require(try await database.refusal(of: astray.sql))
                #expect(second.state == "CA001" && second.detail == "0,4")
                #expect(try await database.number("select count(*) from cairn.first_scan") == 0)
                #expect(try await database.number("select next_offset from cairn.partition_lease") == 0)
            }
        }

        @Test("a row that is newer than the batch, and one that is missing, are CA002 with their number")
        func playersChanged() async throws {
            try await withLease { database in
                // Thought to exist, does not.
                let missing = RawFlush(
                    shares: [.init(next: 1, first: 1)], facts: [.init()], scores: [.init(version: 2, factsSeq: 2)])
                #expect(try await database.refusal(of: missing.sql)?.state == "CA002")
                let fresh = RawFlush(shares: [.init(next: 1, first: 1)], facts: [.init()], scores: [.init()])
                try await database.run(fresh.sql)
                // Thought not to exist, does; beside a player whose row is right.
                let known = RawFlush(
                    shares: [.init(from: 1, next: 3, first: 2)],
                    facts: [.init(checkpoint: 2), .init(player: "bert")], scores: [.init(), .init(player: "bert")])
                let refusal = try #require(try await database.refusal(of: known.sql))
                #expect(refusal.state == "CA002" && refusal.detail == "1")
                // Read before somebody else's flush.
                let stale = RawFlush(
                    shares: [.init(from: 1, next: 2, first: 1)], facts: [.init(checkpoint: 2)],
                    scores: [.init(version: 3, factsSeq: 3)])
                #expect(try await database.refusal(of: stale.sql)?.state == "CA002")
                #expect(try await database.text(scoreRow) == "(anna,10,1,1,1)")
                #expect(try await database.number("select count(*) from cairn.first_scan") == 1)
            }
        }

        @Test("definitions of another generation are CA003")
        func definitionsChanged() async throws {
            try await withLease { database async throws in
                let flush = RawFlush(generation: 7, shares: [.init(next: 1, repeats: 1)])
                #expect(try await database.refusal(of: flush.sql)?.state == "CA003")
                #expect(try await database.number("select next_offset from cairn.partition_lease") == 0)
            }
        }

        @Test("an earlier scan replaces a fact; on equal times the smaller partition, then offset, wins")
        func earlierFacts() async throws {
            try await withLease { database async throws in
                var seq = 0
                func offer(_ at: Int64, _ partition: Int, _ offset: Int) async throws -> String {
                    seq += 1
                    let flush = RawFlush(
                        shares: [.init(from: seq - 1, next: seq, repeats: 1)],
                        facts: [
                            .init(isNew: seq == 1, at: at, event: "e\(seq)", partition: partition, offset: offset)
                        ],
                        scores: [.init(factsSeq: seq)])
                    try await database.run(flush.sql)
                    return try await database.text("select event_id from cairn.first_scan")
                }
                #expect(try await offer(opening + 1000, 3, 30) == "(e1)")
                #expect(try await offer(opening + 1001, 0, 0) == "(e1)")
                #expect(try await offer(opening + 1000, 4, 0) == "(e1)")
                #expect(try await offer(opening + 1000, 3, 31) == "(e1)")
                #expect(try await offer(opening + 1000, 3, 29) == "(e5)")
                #expect(try await offer(opening + 1000, 2, 99) == "(e6)")
                #expect(try await offer(opening + 999, 9, 99) == "(e7)")
            }
        }

        @Test("updated_at moves with the version and only with it")
        func updatedAt() async throws {
            try await withLease { database in
                let time = "select (extract(epoch from updated_at) * 1000000)::bigint from cairn.score"
                try await database.run(
                    RawFlush(shares: [.init(next: 1, first: 1)], facts: [.init()], scores: [.init()]).sql)
                let first = try await database.number(time)
                #expect(first % 1000 == 0)
                try await database.run("select pg_sleep(0.005)")
                let same = RawFlush(
                    shares: [.init(from: 1, next: 2, first: 1)], facts: [.init(checkpoint: 2)],
                    scores: [.init(version: 1, factsSeq: 2)])
                try await database.run(same.sql)
                #expect(try await database.number(time) == first)
                let changed = RawFlush(
                    shares: [.init(from: 2, next: 3, first: 1)], facts: [.init(checkpoint: 3)],
                    scores: [.init(score: 30, version: 2, factsSeq: 3)])
                try await database.run(changed.sql)
                #expect(try await database.number(time) > first)
            }
        }

        @Test("of each reason, partition and hour a thousand refusals are kept and all are counted")
        func refusalQuota() async throws {
            try await withLease { database in
                try await database.run("select cairn.take_lease('scans', 'cairn', 'w1', array[1], array[0]::bigint[])")
                func flush(_ offsets: Range<Int>) -> RawFlush {
                    RawFlush(
                        shares: [.init(from: offsets.lowerBound, next: offsets.upperBound, refusals: offsets.count)],
                        refusals: offsets.map { .init(offset: $0) }, counts: [("malformed", 495_000, offsets.count)])
                }
                try await database.run(flush(0..<700).sql)
                try await database.run(flush(700..<1_400).sql)
                try await database.run(flush(1_400..<1_500).sql)
                let others = RawFlush(
                    shares: [.init(partition: 1, next: 1, refusals: 1), .init(from: 1_500, next: 1_502, refusals: 2)],
                    refusals: [
                        .init(partition: 1, offset: 0), .init(offset: 1_500, hour: 495_001),
                        .init(offset: 1_501, reason: "too_late"),
                    ], counts: [("malformed", 495_000, 1), ("malformed", 495_001, 1), ("too_late", 495_000, 1)])
                try await database.run(others.sql)
                #expect(
                    try await database.text(
                        """
                        select reason, partition, count(*), max("offset") from cairn.refused_scan
                        group by reason, partition, hour order by 1, 2, 3
                        """) == "(malformed,0,1,1500) (malformed,0,1000,999) (malformed,1,1,0) (too_late,0,1,1501)")
                #expect(
                    try await database.text("select reason, count from cairn.refusals order by 1")
                        == "(malformed,1502) (too_late,1)")
            }
        }

        @Test("the position published never goes back and never passes the one scored")
        func publishedOffset() async throws {
            try await withLease { database in
                try await database.run(RawFlush(shares: [.init(next: 5, published: 4, repeats: 5)]).sql)
                try await database.run(RawFlush(shares: [.init(from: 5, next: 6, published: 2, repeats: 1)]).sql)
                #expect(try await database.number("select published_offset from cairn.partition_lease") == 4)
                let beyond = RawFlush(shares: [.init(from: 6, next: 7, published: 8, repeats: 1)])
                #expect(try await database.refusal(of: beyond.sql)?.state == "23514")
            }
        }
    }
}
