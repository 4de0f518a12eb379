import KafkaClient
import PostgresClient
import Reactor
import Testing

@testable import Storage

extension RealServices {
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct LeaseStoreTests {
        /// Partition 2: records 10 to 50 read, 40 counted.
        private func withLease(_ body: @Reactor (TestDatabase, LeaseStore) async throws -> Void) async throws {
            try await TestDatabase.with { database in
                try await database.run("select cairn.take_lease('scans', 'cairn', 'w1', array[2], array[10]::bigint[])")
                try await database.run(
                    RawFlush(
                        shares: [
                            .init(
                                partition: 2, from: 10, next: 50, published: 45, first: 10, earlier: 5, repeats: 20,
                                refusals: 5)
                        ]
                    ).sql)
                try await body(database, LeaseStore(pool: database.pool, group: "cairn"))
            }
        }

        private func failure(
            _ body: @Reactor () async throws(LeaseMoveError) -> LeaseMove
        ) async -> LeaseMoveError? {
            do throws(LeaseMoveError) {
                _ = try await body()
                return nil
            } catch {
                return error
            }
        }

        @Test("a lease below the log's start is moved there, and its counters still add up")
        func skip() async throws {
            try await withLease { database, store in
                let move = try await store.skip(topic: "scans", partition: 2, logStart: 80)
                #expect(move.before.nextOffset == 50 && move.before.epoch == 1)
                let after = move.after
                #expect(after.nextOffset == 80 && after.publishedOffset == 80 && after.epoch == 2)
                #expect(after.nextOffset - after.startOffset == after.countedSum && after.countedSum == 40)
                #expect(try await store.leases() == [after])
                // The owner before is shut out.
                let late = RawFlush(shares: [.init(partition: 2, from: 50, next: 51, repeats: 1)])
                #expect(try await database.refusal(of: late.sql)?.state == "CA001")
                let report = try await verify(database)
                #expect(report.differences.isEmpty)
            }
        }

        private func verify(_ database: TestDatabase) async throws -> VerificationReport {
            _ = try await DefinitionStore(pool: database.pool).importHunt(smallHunt())
            return try await Verification(pool: database.pool, redis: nil).run(hunt: "small")
        }

        @Test("a lease within the log is neither skipped nor reset, and one that is missing is said to be")
        func notNeeded() async throws {
            try await withLease { _, store in
                let before = try await store.leases()
                let skip = await failure { () throws(LeaseMoveError) in
                    try await store.skip(topic: "scans", partition: 2, logStart: 50)
                }
                #expect(skip == .notNeeded(nextOffset: 50))
                let reset = await failure { () throws(LeaseMoveError) in
                    try await store.reset(topic: "scans", partition: 2, logStart: 0, logEnd: 50)
                }
                #expect(reset == .notNeeded(nextOffset: 50))
                let other = await failure { () throws(LeaseMoveError) in
                    try await store.skip(topic: "scans", partition: 3, logStart: 50)
                }
                #expect(other == .missing)
                #expect(try await store.leases() == before)
                #expect(try await store.leases(topic: "other").isEmpty)
            }
        }

        @Test("a lease above the log's end begins at its start with counters at 0, one within it only by force")
        func reset() async throws {
            try await withLease { _, store in
                let after = try await store.reset(topic: "scans", partition: 2, logStart: 3, logEnd: 49).after
                #expect(after.nextOffset == 3 && after.publishedOffset == 3 && after.startOffset == 3)
                #expect(after.countedSum == 0 && after.epoch == 2)
                let forced = try await store.reset(
                    topic: "scans", partition: 2, logStart: 0, logEnd: 49, isForced: true)
                #expect(forced.after.nextOffset == 0 && forced.after.epoch == 3)
            }
        }
    }
}

/// What `cairn status` says of a partition, from lease and log.
@Suite struct PartitionStatusTests {
    private func lease(_ next: Int64, published: Int64? = nil, updatedAt: Int64 = 1_000_000) -> PartitionLease {
        PartitionLease(
            topic: "scans", partition: 0, group: "cairn", epoch: 1, owner: "w1", startOffset: 0, nextOffset: next,
            publishedOffset: published ?? next, firstScans: next, earlierScans: 0, repeats: 0, refusals: 0,
            updatedAt: updatedAt)
    }

    private func status(_ lease: PartitionLease?, _ low: Int64, _ high: Int64, nowMs: Int64) -> PartitionStatus? {
        PartitionStatus.all(
            topic: "scans", leases: lease.map { [$0] } ?? [], ends: [KafkaWatermarks(low: low, high: high)],
            nowMs: nowMs
        ).first
    }

    @Test("each trouble of a partition is named with its remedy, and a partition at work has none")
    func troubles() throws {
        let atWork = try #require(status(lease(40), 0, 50, nowMs: 1_005_000))
        #expect(atWork.trouble == nil && atWork.lag == 10)
        #expect(status(nil, 20, 50, nowMs: 0)?.trouble?.contains("no lease") == true)
        #expect(status(nil, 20, 50, nowMs: 0)?.lag == 30)
        let skip = status(lease(40), 45, 50, nowMs: 1_000_000)
        #expect(skip?.trouble?.contains("cairn lease skip scans 0") == true && skip?.lag == 5)
        #expect(status(lease(51), 0, 50, nowMs: 1_000_000)?.trouble?.contains("cairn lease reset scans 0") == true)
        #expect(status(lease(40), 0, 50, nowMs: 1_030_000)?.trouble == "owner silent for 30 s with lag")
        #expect(status(lease(50), 0, 50, nowMs: 9_000_000)?.trouble == nil)
        let unpublished = lease(50, published: 40)
        #expect(status(unpublished, 0, 50, nowMs: 1_030_000)?.trouble == "scored but not published for 30 s")
    }

    @Test("without Kafka the leases are shown alone, and a lease beyond the topic's partitions is named")
    func partial() {
        let away = PartitionStatus.all(topic: "scans", leases: [lease(4)], ends: nil, nowMs: 1_000_000)
        #expect(away.map(\.trouble) == [nil] && away.map(\.lag) == [nil])
        let shrunk = PartitionStatus.all(topic: "scans", leases: [lease(4)], ends: [], nowMs: 1_000_000)
        #expect(shrunk.map(\.trouble) == ["the topic has no such partition"])
    }
}
