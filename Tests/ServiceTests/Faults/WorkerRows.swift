import FaultProxy
import Foundation
import Randomness
import Reactor
import Testing

extension ServiceTests {
    @Suite("Faults of workers")
    struct WorkerFaults {
        @Test("a worker killed before its flush loses nothing", .timeLimit(.minutes(3)))
        @Reactor
        func killBeforeFlush() async throws {
            try await FaultRow("kill -9 before flush").run { scene in
                let victim = scene.workers[0]
                try await victim.postgres.set(.toServer, .hold)
                try await scene.await("calls and records wait in the victim") {
                    let waiting = await victim.process.samples("cairn_lane_records")?.values.reduce(0, +) ?? 0
                    return try await victim.postgres.waitingBytes(.toServer) > 0 && waiting > 0
                }
                try await Self.kill(victim, scene)
            }
        }

        @Test(
            "a worker killed between commit and hot tier leaves no key, feed record or score behind",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func killAfterCommit() async throws {
            try await FaultRow("kill -9 between COMMIT and hot tier: Postgres' reply held").run { scene in
                let victim = scene.workers[0]
                try await victim.postgres.set(.toClient, .hold)
                // Postgres is further than the worker knows.
                try await scene.await("a commit whose reply is held") { try await scene.isAheadOf(victim) }
                try await Self.kill(victim, scene)
            }
        }

        @Test(
            "a worker killed while Redis has not answered leaves no key behind",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func killBeforeHotTier() async throws {
            try await FaultRow("kill -9 between COMMIT and hot tier: Redis' reply held").run { scene in
                let victim = scene.workers[0]
                try await scene.redis.set(.toClient, .hold)
                try await scene.await("keys wait in the victim") {
                    let waiting = await victim.process.samples("cairn_hot_ring_updates")?.values.reduce(0, +) ?? 0
                    return try await scene.redis.waitingBytes(.toClient) > 0 && waiting > 0
                }
                await victim.process.kill()
                try await scene.redis.set(.toClient, .pass)
                try await Self.kill(victim, scene)
            }
        }

        @Test(
            "a worker killed between hot tier and offset doubles nothing",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func killBeforeOffset() async throws {
            try await FaultRow("kill -9 between hot tier and offset").run { scene in
                let victim = scene.workers[0]
                try await victim.postgres.set(.toServer, .hold)
                try await scene.await("all is published, and its offset is not") {
                    let waiting = await victim.process.samples("cairn_hot_ring_updates")?.values.reduce(0, +) ?? 1
                    let sent = await victim.process.metric("cairn_feed_sent_total") ?? 0
                    let delivered = await victim.process.metric("cairn_feed_delivered_total") ?? 0
                    let isHeld = try await victim.postgres.waitingBytes(.toServer) > 0
                    let isUntold = try await scene.isUntold(victim)
                    return waiting == 0 && sent == delivered && isHeld && isUntold
                }
                try await Self.kill(victim, scene)
            }
        }

        @Test(
            "a worker killed while the group meets for another loses nothing",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func killDuringRebalance() async throws {
            var row = FaultRow("kill -9 during a rebalance")
            // The test broker waits for the session of the dead, and its group meets for half a session timeout before
            // and after.
            row.ownedMsMax = Int64(2 * row.sessionTimeoutMs + 2_000)
            try await row.run { scene in
                let victim = scene.workers[0]
                try await scene.launch()
                try await scene.await("the victim has given its partitions up") {
                    await victim.process.samples("cairn_partition_offset")?.isEmpty ?? false
                }
                try await Self.kill(victim, scene)
            }
        }

        @Test(
            "workers killed at random moments, twenty times under load, lose and double nothing",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(6)))
        @Reactor
        func killAtRandom() async throws {
            var row = FaultRow("kill -9 at twenty random moments")
            row.workers = 3
            // The sooner the dead are missed, the more often the living are killed at work.
            row.sessionTimeoutMs = 2_000
            try await row.run { scene in
                var random = SplitMix64(seed: 3)
                for round in 1...20 {
                    // Every other round finds them at work, the others wherever a rebalance stands.
                    if round.isMultiple(of: 2) {
                        let before = await scene.site.countWhenUp()
                        try await scene.await("work between two kills", within: 30) {
                            try await scene.site.committedCount() > before + 5_000
                        }
                    }
                    // The moment is the test's input; nothing is awaited here.
                    await Reactor.pause(ms: Int64.random(in: 0...600, using: &random))
                    let victims = random.chance(20) ? scene.living.prefix(2) : [random.pick(scene.living)]
                    for victim in victims { await victim.process.kill() }
                    for _ in victims { try await scene.launch() }
                }
            }
        }

        @Test(
            "a worker stopped in mid flush past its session timeout is refused by the lease when it wakes",
            .timeLimit(.minutes(3)))
        @Reactor
        func zombie() async throws {
            try await FaultRow("SIGSTOP in mid flush past the session timeout, SIGCONT").run { scene in
                let frozen = scene.workers[0]
                try await frozen.postgres.set(.toServer, .hold)
                try await scene.await("calls of its flushes are held") {
                    try await frozen.postgres.waitingBytes(.toServer) > 0
                }
                frozen.process.signal(SIGSTOP)
                let stoppedAtMs = Clock.monotonicMs()
                try await scene.await("the other owns everything", within: 40) {
                    try await scene.isOwned(by: [scene.workers[1]])
                }
                scene.note("the other owns everything after \(seconds(Clock.monotonicMs() - stoppedAtMs)) s")
                // The flush of old reaches Postgres, then its worker wakes up to the answer.
                try await frozen.postgres.set(.toServer, .pass)
                frozen.process.signal(SIGCONT)
                scene.faultEnded()
                try await scene.await("its flush is refused") {
                    await frozen.process.metric("cairn_leases_lost_total") ?? 0 > 0
                }
                try await scene.await("both own again", within: 40) {
                    try await scene.isOwned(by: scene.workers, all: true)
                }
                let refused = await frozen.process.metric("cairn_leases_lost_total") ?? 0
                scene.note("\(Int(refused)) leases of its flushes were refused")
                #expect(frozen.process.isRunning)
            }
        }

        @Test(
            "a worker joins or leaves every ten seconds for five minutes, and everything is counted once",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(10)))
        @Reactor
        func churn() async throws {
            var row = FaultRow("churn: a worker joins or leaves every 10 s for 5 minutes")
            row.perSecond = 1_500
            row.players = 5_000
            // After some ten thousand small batches a partition the test broker (tansu 0.6) answers fetches with nothing
            // for minutes: few large batches, and more time for each answer.
            row.producerProperties = ["linger.ms": "100"]
            row.kafkaProperties = ["linger.ms": "50", "fetch.wait.max.ms": "500"]
            try await row.run { scene in
                for round in 0..<30 {
                    // Joins and leaves in turn; every third leaver is killed.
                    if round.isMultiple(of: 2) {
                        try await scene.launch()
                    } else if round % 6 == 5 {
                        await scene.living[0].process.kill()
                    } else {
                        let (status, tookMs) = await scene.living[0].process.stop()
                        #expect(status == 0 && tookMs < 5_000 * patience, "left with \(status) in \(tookMs) ms")
                    }
                    await Reactor.pause(ms: 10_000)
                }
            }
        }

        @Reactor
        private static func kill(_ victim: SceneWorker, _ scene: FaultScene) async throws {
            await victim.process.kill()
            scene.faultEnded()
            // What the proxy holds must not arrive any more.
            try await victim.postgres.apply(.reset)
            try await scene.expectOwned()
        }
    }
}

extension FaultScene {
    /// Whether Postgres has committed something that this worker does not know of.
    func isAheadOf(_ worker: SceneWorker) async throws -> Bool {
        guard let known = await worker.process.samples("cairn_partition_offset") else { return false }
        let rows = try await site.query("select partition, next_offset, owner from cairn.partition_lease")
        return (0..<rows.count).contains { row in
            let name = "cairn_partition_offset{topic=\"\(site.settings.topic)\",partition=\"\(rows.int32(row, 0))\"}"
            return worker.owns(rows.text(row, 2)) && known[name].map { Int64($0) < rows.int64(row, 1) } ?? false
        }
    }

    /// Whether this worker has committed something that its lease does not call published.
    func isUntold(_ worker: SceneWorker) async throws -> Bool {
        let rows = try await site.query(
            "select owner from cairn.partition_lease where published_offset < next_offset")
        return (0..<rows.count).contains { worker.owns(rows.text($0, 0)) }
    }
}
