import HuntCore
import Reactor
import Testing

extension ServiceTests {
    @Suite("Positions outside the log")
    struct Positions {
        /// The story: partition 0's lease stands below the log's start, as after retention, partition 1's above its
        /// end, as after the topic was created anew. An operator resets the second one before the worker starts: the
        /// test broker (tansu 0.6) does not tell a reader that its position is beyond the end.
        @Test(
            "a partition below its log stops with one error and a metric until it is skipped, others go on, one is reset",
            .timeLimit(.minutes(3)))
        @Reactor
        func skipAndReset() async throws {
            try await withSite(partitions: 3) { site in
                let load = try ScanLoad(site, seed: 41)
                await load.burst(900)
                try await load.stop()
                let first = try await site.startWorkers()[0]
                try await site.expectExact(load)
                #expect(await first.stop().status == 0)
                _ = try await site.query(
                    "update cairn.partition_lease set start_offset = start_offset - next_offset - 1, "
                        + "next_offset = -1, published_offset = -1 where partition = 0")
                _ = try await site.query(
                    "update cairn.partition_lease set start_offset = start_offset + 5000, "
                        + "next_offset = next_offset + 5000, published_offset = published_offset + 5000 "
                        + "where partition = 1")

                let topic = site.settings.topic
                for (action, partition) in [("skip", "1"), ("reset", "0"), ("reset", "2"), ("skip", "2")] {
                    let wrong = try await site.cairn(["lease", action, topic, partition])
                    #expect(wrong.status == 3 && wrong.output.contains("nothing to \(action)"), "\(wrong.output)")
                }
                let reset = try await site.cairn(["lease", "reset", topic, "1"])
                #expect(reset.status == 0, "\(reset.output)")

                let worker = try await site.startWorkers()[0]
                #expect(await eventually(within: 40) { await Self.stopped(worker, site) == [1, 0, 0] })
                await load.burst(900)
                try await load.stop()
                for partition in [Int32(1), 2] {
                    #expect(
                        await eventually(within: 20) {
                            try await Self.position(site, partition) == Self.end(load, partition)
                        })
                }
                #expect(try await Self.position(site, 0) == -1)
                let skip = try await site.cairn(["lease", "skip", topic, "0"])
                #expect(skip.status == 0, "\(skip.output)")
                #expect(await eventually(within: 40) { await Self.stopped(worker, site) == [0, 0, 0] })
                #expect(await eventually(within: 20) { try await Self.position(site, 0) == Self.end(load, 0) })
                #expect(Self.errors(worker) == 1, "\(site.logs())")
                // What was read again counts as repeated.
                let expected = Expectation(load.records, hunts: site.hunts)
                let facts = try await site.query("select count(*) from cairn.first_scan").int64(0, 0)
                #expect(facts == Int64(expected.facts.count))
                await load.close()
            }
        }

        /// The metric of each partition; -1: there is none.
        @Reactor
        private static func stopped(_ worker: WorkerProcess, _ site: Site) async -> [Int] {
            var values: [Int] = []
            for partition in 0..<3 {
                let name = "cairn_partition_stopped{topic=\"\(site.settings.topic)\",partition=\"\(partition)\"}"
                values.append(await worker.metric(name).map { Int($0) } ?? -1)
            }
            return values
        }

        @Reactor
        private static func position(_ site: Site, _ partition: Int32) async throws -> Int64 {
            try await site.query(
                "select next_offset from cairn.partition_lease where partition = \(partition)"
            ).int64(0, 0)
        }

        /// The offset after the last record of a partition.
        @Reactor
        private static func end(_ load: ScanLoad, _ partition: Int32) -> Int64 {
            (load.records.filter { $0.partition == partition }.map(\.offset).max() ?? -1) + 1
        }

        private static func errors(_ worker: WorkerProcess) -> Int {
            worker.log.split(separator: "\n").count { $0.contains(#""level":"error""#) && $0.contains("lease skip") }
        }
    }
}
