import Foundation
import HuntCore
import Randomness
import Reactor
import Testing

extension ServiceTests {
    @Suite("What producers send")
    struct Producers {
        @Test(
            "two producers with different partitioners send one player to two partitions: exact all the same",
            .timeLimit(.minutes(3)))
        @Reactor
        func partitioners() async throws {
            var row = FaultRow("two producers with different partitioners")
            row.workers = 3
            // Few players: rows are contended.
            row.players = 400
            row.partitioners = ["consistent_random", "murmur2_random"]
            try await row.run { scene in
                try await scene.await("40,000 scans", within: 40) { scene.load.records.count > 40_000 }
                let foreign = await scene.total("cairn_foreign_writes_total")
                scene.note("\(Int(foreign)) foreign writes")
                #expect(foreign > 0)
            }
        }

        /// No broker at hand adds partitions to a topic: producers that knew half of them learn of the others here. What
        /// a group does about new partitions is the simulation's.
        @Test(
            "players move to other partitions, as when partitions are added",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func partitionsAdded() async throws {
            try await FaultRow("partitions added: players move from 3 to 6").run { scene in
                // Until now they went to all six.
                scene.load.placement = { key in Int32(key.utf8.reduce(0) { ($0 &* 31 + Int($1)) & 0xFFFF } % 3) }
                let half = scene.load.records.count
                try await scene.await("20,000 scans to three", within: 40) { scene.load.records.count > half + 20_000 }
                scene.load.placement = { key in Int32(key.utf8.reduce(0) { ($0 &* 31 + Int($1)) & 0xFFFF } % 6) }
                try await scene.await("20,000 scans to six", within: 40) { scene.load.records.count > half + 40_000 }
                scene.note("\(Int(await scene.total("cairn_foreign_writes_total"))) foreign writes")
            }
        }

        @Test(
            "a rescore under load ends with every score by the new rules",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func rescore() async throws {
            let sample = SampleHunts()
            var harbour = sample.harbour
            for number in harbour.checkpoints.indices { harbour.checkpoints[number].points += Int64(number % 3) }
            harbour.checkpoints[4].requires = []
            harbour.trails[1].bonus = 1
            harbour.opensAt -= 1_000
            harbour.checkpoints.append(.init(id: "pier-new", tag: "04DEADBEEF0000", points: 3))
            let changed = harbour
            var row = FaultRow("a rescore under load, a worker killed meanwhile")
            row.hunts = sample.all
            row.perSecond = 2_000
            try await row.run { scene in
                scene.huntsInTheEnd = [changed, sample.fado, sample.bygone]
                let path = "\(scene.site.stack.folder)/\(scene.site.name)-changed.yaml"
                try changed.yaml.write(toFile: path, atomically: true, encoding: .utf8)
                let process = try await scene.site.start(["hunt", "import", "--rescore", path], scene.site.settings)
                await scene.workers[0].process.kill()
                let status = await process.wait()
                #expect(status == 0, "\(WorkerProcess(process: process).log)")
                scene.faultEnded()
                try await scene.launch()
            }
        }

        @Test("poison among good scans is refused by its reason, and the rest is exact", .timeLimit(.minutes(3)))
        @Reactor
        func poison() async throws {
            var row = FaultRow("poison of every kind among good scans")
            row.producerProperties = [
                "message.max.bytes": "\(16 << 20)", "queue.buffering.max.kbytes": "\(1 << 20)",
            ]
            try await row.run { scene in
                var random = SplitMix64(seed: 8)
                for round in 0..<50 {
                    for record in Poison.records(&random) { scene.load.send(record) }
                    if round % 25 == 10 { scene.load.send(Poison.huge(bytes: 15 << 20)) }
                    await Reactor.pause(ms: 20)
                }
            }
        }

        @Test(
            "half of all scans from one player and everybody at one tag: no lane overflows, latency stays",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func hot() async throws {
            var row = FaultRow("a hot player (50 %) and a hot tag (all players), 35,000 scans in 20 s")
            row.players = 17_500
            row.perSecond = 1_750
            try await row.run { scene in
                let calmMs = try await scene.latencyMs(overMs: 10_000).mean
                scene.load.generator.hotPlayerPercent = 50
                scene.load.generator.hotTagPercent = 100
                let hot = try await scene.latencyMs(overMs: 20_000)
                scene.note(
                    "received to Postgres \(String(format: "%.1f", calmMs)) ms before, "
                        + "\(String(format: "%.1f", hot.mean)) ms while hot; at most \(hot.mostWaiting) records in a lane"
                )
                #expect(hot.mean < max(calmMs, 1) * 10)
                #expect(hot.mostWaiting < 4_096 * 8 / 10)
            }
        }
    }
}

extension FaultScene {
    /// How long records of the coming time take until their commit on average, and how full a lane becomes.
    func latencyMs(overMs durationMs: Int64) async throws -> (mean: Double, mostWaiting: Int) {
        let sum = "cairn_received_to_seconds_sum{to=\"postgres\"}"
        let count = "cairn_received_to_seconds_count{to=\"postgres\"}"
        let (sumBefore, countBefore) = (await total(sum), await total(count))
        let start = Clock.monotonicMs()
        var most = 0.0
        while Clock.monotonicMs() - start < durationMs {
            for worker in living {
                most = max(most, await worker.process.samples("cairn_lane_records")?.values.max() ?? 0)
            }
            await Reactor.pause(ms: 50)
        }
        let passed = await total(count) - countBefore
        guard passed > 0 else { throw ServiceFailure("no latencies were measured") }
        return ((await total(sum) - sumBefore) / passed * 1000, Int(most))
    }
}
