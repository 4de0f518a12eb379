import Foundation
import Randomness
import Reactor
import Testing

extension ServiceTests {
    @Suite("Workers come and go")
    struct Fleet {
        @Test(
            "three workers share the partitions, one joins and one leaves, and every score is exact",
            .timeLimit(.minutes(3)))
        @Reactor
        func joinAndLeave() async throws {
            try await withSite(partitions: 7) { site in
                let first = try await site.startWorkers(2)
                let load = try ScanLoad(site, seed: 2)
                load.start(perSecond: 5_000)
                phase("fleet: two workers under load")
                #expect(await eventually(within: 30, { try await site.owners().count == 2 }))
                try await site.startWorkers(1)
                #expect(await eventually(within: 30, { try await site.owners().count == 3 }))
                phase("fleet: the third has joined")
                let (status, tookMs) = await first[0].stop()
                phase("fleet: one left in \(tookMs) ms with status \(status)")
                #expect(status == 0)
                #expect(tookMs < 5_000)
                #expect(await eventually(within: 30, { try await site.owners().count == 2 }))
                try await load.stop()
                try await site.expectExact(load)
                await load.close()
            }
        }

        @Test(
            "workers killed at random moments, twenty times under load, lose and double nothing",
            .timeLimit(.minutes(5)))
        @Reactor
        func killed() async throws {
            try await withSite(partitions: 6) { site in
                // The sooner the dead are missed, the more often the living are killed at work.
                site.settings.sessionTimeoutMs = 2_000
                try await site.startWorkers(3)
                let load = try ScanLoad(site, seed: 3)
                var random = SplitMix64(seed: 3)
                load.start(perSecond: 5_000)
                for round in 1...20 {
                    // Every other round finds them at work, the others wherever a rebalance stands.
                    if round.isMultiple(of: 2) {
                        let before = await site.countWhenUp()
                        #expect(await eventually(within: 30, { try await site.committedCount() > before + 5_000 }))
                    }
                    // The moment is the test's input; nothing is awaited here.
                    await Reactor.pause(ms: Int64.random(in: 0...600, using: &random))
                    let running = site.workers.filter(\.isRunning)
                    let victims = random.chance(20) ? running.prefix(2) : [random.pick(running)]
                    for victim in victims { await victim.kill() }
                    for _ in victims { _ = try await site.launchWorker() }
                    let committed = (try? await site.committedCount()) ?? -1
                    let produced = load.records.count
                    phase("kill -9, round \(round): \(victims.count) killed, \(committed) of \(produced) committed")
                }
                try await load.stop()
                try await site.expectExact(load)
                await load.close()
            }
        }

        @Test("a worker stopped past its session timeout wakes up fenced and doubles nothing", .timeLimit(.minutes(3)))
        @Reactor
        func zombie() async throws {
            try await withSite(partitions: 6) { site in
                let workers = try await site.startWorkers(2)
                let load = try ScanLoad(site, seed: 4)
                load.start(perSecond: 5_000)
                #expect(await eventually(within: 30, { try await site.owners().count == 2 }))
                phase("zombie: stopping one of two")
                let frozen = workers[0]
                frozen.signal(SIGSTOP)
                let stoppedMs = Clock.monotonicMs()
                #expect(await eventually(within: 40, { try await site.owners().count == 1 }))
                phase("zombie: the other owns everything after \(Clock.monotonicMs() - stoppedMs) ms")
                frozen.signal(SIGCONT)
                #expect(await eventually(within: 40, { try await site.owners().count == 2 }))
                phase("zombie: both own again; leases lost \(await frozen.metric("cairn_leases_lost_total") ?? -1)")
                #expect(frozen.isRunning)
                try await load.stop()
                try await site.expectExact(load)
                await load.close()
            }
        }
    }
}

extension Site {
    /// Who holds leases.
    func owners() async throws -> Set<String> {
        let rows = try await query("select distinct owner from cairn.partition_lease")
        return Set((0..<rows.count).map { rows.text($0, 0) })
    }
}
