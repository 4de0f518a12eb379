import Foundation
import HuntCore
import KafkaClient
import Reactor
import Testing

extension ServiceTests {
    @Suite("Faults of the log")
    struct LogFaults {
        @Test(
            "what retention took before a worker started stops its partition until the lease is skipped",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func retentionAtStart() async throws {
            try await Self.retention("log start beyond the lease, at start; lease skip", whileRunning: false)
        }

        @Test(
            "what retention takes from under a worker stops its partition until the lease is skipped",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func retentionWhileRunning() async throws {
            try await Self.retention("log start beyond the lease, while running; lease skip", whileRunning: true)
        }

        @Test(
            "a topic made anew before a worker started stops its partitions until their leases are reset",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func topicAnewAtStart() async throws {
            try await Self.topicAnew("topic made anew, at start; lease reset", whileRunning: false)
        }

        @Test(
            "a topic made anew under a worker stops its partitions until their leases are reset",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func topicAnewWhileRunning() async throws {
            try await Self.topicAnew("topic made anew, while running; lease reset", whileRunning: true)
        }

        /// The mock cluster keeps 5 MiB of a partition: it forgets what is older.
        @Reactor
        private static func retention(_ name: String, whileRunning: Bool) async throws {
            let mock = try MockBroker()
            try await withResult(name, partitions: 3, mock) { site, result in
                let load = try ScanLoad(site, seed: 61)
                await load.burst(3_000)
                try await load.stop()
                var worker = try await site.startWorkers()[0]
                try await site.expectQuiet(load)
                if whileRunning { worker.signal(SIGSTOP) } else { #expect(await worker.stop().status == 0) }
                load.placement = { _ in 0 }
                for _ in 0..<400 { load.send(Poison.huge(bytes: 20_000)) }
                load.placement = nil
                await load.burst(3_000)
                try await load.stop()
                let logStart = try await KafkaAdmin.watermarks(site.kafka(), site.settings.topic)[0].low
                if whileRunning { worker.signal(SIGCONT) } else { worker = try await site.startWorkers()[0] }
                try await site.expectStopped(worker, [1, 0, 0])
                let position = try await site.position(0)
                try #require(position < logStart, "the mock cluster has forgotten nothing")
                for partition in [Int32(1), 2] {
                    #expect(await eventually(within: 20) { try await site.position(partition) == load.ends[partition] })
                }
                let skip = try await site.cairn(["lease", "skip", site.settings.topic, "0"])
                #expect(skip.status == 0, "\(skip.output)")
                let start = Clock.monotonicMs()
                try await site.expectStopped(worker, [0, 0, 0])
                try await site.expectQuiet(load)
                result.recoveryMs = Clock.monotonicMs() - start
                #expect(site.errorLines(worker, "lease skip") == 1, "\(site.logs())")
                result.notes = ["\(logStart - position) records were lost to retention, as told"]

                let forgotten = position..<logStart
                let left = load.records.filter { $0.partition != 0 || !forgotten.contains($0.offset) }
                result.scans = left.count
                result.take(
                    try await site.reported(site.differences(Expectation(left, hunts: site.hunts), hunts: site.hunts)))
                await load.close()
            }
        }

        @Reactor
        private static func topicAnew(_ name: String, whileRunning: Bool) async throws {
            let broker = try await RenewableMock.start()
            try await withResult(name, partitions: 3, broker) { site, result in
                let load = try ScanLoad(site, seed: 62)
                await load.burst(3_000)
                try await load.stop()
                await load.close()
                var worker = try await site.startWorkers()[0]
                try await site.expectQuiet(load)
                if !whileRunning { #expect(await worker.stop().status == 0) }
                try await broker.renew()
                if !whileRunning { worker = try await site.startWorkers()[0] }
                try await site.expectStopped(worker, [1, 1, 1])
                for partition in 0..<3 {
                    let reset = try await site.cairn(["lease", "reset", site.settings.topic, "\(partition)"])
                    #expect(reset.status == 0, "\(reset.output)")
                }
                let start = Clock.monotonicMs()
                let later = try ScanLoad(site, seed: 63)
                later.generator.playerPrefix = "later-"
                await later.burst(3_000)
                try await later.stop()
                try await site.expectStopped(worker, [0, 0, 0])
                try await site.expectQuiet(later)
                result.recoveryMs = Clock.monotonicMs() - start
                #expect(site.errorLines(worker, "lease reset") == 3, "\(site.logs())")

                // Counters begin anew with their lease, facts and scores stay.
                let new = Expectation(later.records, hunts: site.hunts)
                var all = Expectation(load.records, hunts: site.hunts)
                all.add(new)
                result.scans = load.records.count + later.records.count
                var differences = try await site.compareLeases(new)
                differences += try await site.compareFacts(all)
                let rows = try await site.scoreRows()
                differences += try await site.compareScores(all, rows).map { Difference(kind: .wrong, text: $0) }
                differences += try await site.compareRedis(rows).map { Difference(kind: .wrong, text: $0) }
                result.take(try site.reported(differences))
                await later.close()
            }
            await broker.stop()
        }

        @Reactor
        private static func withResult(
            _ name: String, partitions: Int, _ broker: any SiteBroker,
            _ body: @Reactor (Site, inout FaultResult) async throws -> Void
        ) async throws {
            try await withSite(partitions: partitions, broker: broker) { site in
                var result = FaultResult(fault: name)
                do {
                    try await broker.makeTopic(site.settings.scoresTopic, partitions: partitions)
                    try await body(site, &result)
                    FaultMatrix.report(result)
                } catch {
                    result.failure = "failed: \(error)"
                    FaultMatrix.report(result)
                    throw error
                }
            }
        }
    }
}

extension Site {
    func reported(_ differences: [Difference]) throws -> [Difference] {
        report(differences.map(\.text))
        return differences
    }

    /// Waits until all of a load is committed and published.
    func expectQuiet(_ load: ScanLoad) async throws {
        let isDone = await eventually(within: 40) {
            let rows = try await self.query(
                "select partition, next_offset, published_offset from cairn.partition_lease")
            var ends: [Int32: Int64] = [:]
            for row in 0..<rows.count where rows.int64(row, 1) == rows.int64(row, 2) {
                ends[rows.int32(row, 0)] = rows.int64(row, 1)
            }
            return load.ends.allSatisfy { ends[$0.key] == $0.value }
        }
        guard isDone else { throw ServiceFailure("not quiet: \(try await leaseLines()), ends \(load.ends)") }
    }

    /// Waits until the metric says of each partition whether it is stopped.
    func expectStopped(_ worker: WorkerProcess, _ wanted: [Int]) async throws {
        var found: [Int] = []
        let isDone = await eventually(within: 40) {
            let samples = await worker.samples("cairn_partition_stopped") ?? [:]
            found = wanted.indices.map { partition in
                let name = "cairn_partition_stopped{topic=\"\(self.settings.topic)\",partition=\"\(partition)\"}"
                return samples[name].map { Int($0) } ?? -1
            }
            return found == wanted
        }
        guard isDone else { throw ServiceFailure("stopped are \(found), not \(wanted)") }
    }

    func position(_ partition: Int32) async throws -> Int64 {
        try await query("select next_offset from cairn.partition_lease where partition = \(partition)").int64(0, 0)
    }

    /// How many errors a worker has logged that name this remedy.
    func errorLines(_ worker: WorkerProcess, _ remedy: String) -> Int {
        worker.log.split(separator: "\n").count { $0.contains(#""level":"error""#) && $0.contains(remedy) }
    }
}
