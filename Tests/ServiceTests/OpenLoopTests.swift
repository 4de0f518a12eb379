import DevStack
import Foundation
import HuntCore
import KafkaClient
import Reactor
import Testing

@testable import cairn

extension ServiceTests {
    @Suite("The open loop")
    struct OpenLoop {
        @Test(
            "a broker that stands still makes records late, and moves neither schedule nor order",
            .timeLimit(.minutes(2)))
        @Reactor
        func brokerStandsStill() async throws {
            let hunt = SampleHunts().fado
            try await withSite(partitions: 2, hunts: []) { site in
                let plan = try SimulationOptions.plan(
                    hunt, players: 50, rate: 400, seconds: 6, seed: 1, startMs: hunt.opensAt, speed: 1,
                    profile: .poisson)
                // So few fit into the producer that most have to wait in the schedule.
                let settings = site.kafka(["queue.buffering.max.messages": "50"])
                let run = try SimulationRun(hunt, plan, settings, topic: site.settings.topic)
                run.start()
                let production = run.production
                #expect(await hasAcknowledged(production, moreThan: 100))
                site.stack.signal(.kafka, SIGSTOP)
                let isLate = await becomesLate(production, byNs: 1_500_000_000)
                site.stack.signal(.kafka, SIGCONT)
                #expect(isLate)
                #expect(run.stalls > 0)
                #expect(await stops(run))
                // Not later than the plan, although it could not produce for 1.5 s of it.
                #expect(run.elapsedSeconds < 6.9)
                await run.finish(timeoutMs: 20_000)
                phase("late by at most \(production.largestLatenessNs / 1_000_000) ms")
                var schedule = ArrivalSchedule(plan)
                var due: [Int64] = []
                while let arrival = schedule.next() { due.append(plan.moment(atNs: arrival.dueNs)) }
                #expect(production.produced == due.count)
                #expect(production.acknowledged == due.count)
                #expect(run.expectation.records == due.count)
                #expect(production.failed == 0)
                #expect(production.largestLatenessNs > 1_500_000_000)
                #expect(production.lastLatenessNs < 1_000_000_000)
                #expect(try await timestamps(site, count: due.count).sorted() == due)
            }
        }

        @Test("Ctrl-C ends a simulation with its summary and exit code 130", .timeLimit(.minutes(2)))
        @Reactor
        func interrupted() async throws {
            let hunt = SampleHunts().fado
            try await withSite(partitions: 2, hunts: [hunt]) { site in
                let arguments = ["simulate", "--rate", "200", "--seconds", "300", "--profile", "burst"]
                let process = WorkerProcess(process: try await site.start(arguments, site.settings))
                #expect(await eventually(within: 20) { process.log.contains("2 s: ") }, "\(process.log)")
                process.signal(SIGINT)
                let status = await process.process.wait()
                #expect(status == 130, "\(process.log)")
                // The first burst, and nothing of the second.
                #expect(process.log.contains("produced 520, acknowledged 520, failed 0"), "\(process.log)")
            }
        }

        // Each wait has a function of its own: Swift 6.3 gives a closure in a macro's argument the name of another closure
        // of the same type in the same closure body, and keeps one of the two.

        @inline(never)
        @Reactor
        private func hasAcknowledged(_ production: OpenLoopProducer, moreThan count: Int) async -> Bool {
            await eventually(within: 10) { production.acknowledged > count }
        }

        @inline(never)
        @Reactor
        private func becomesLate(_ production: OpenLoopProducer, byNs latenessNs: Int64) async -> Bool {
            await eventually(within: 10) { production.latenessNs > latenessNs }
        }

        @inline(never)
        @Reactor
        private func stops(_ run: SimulationRun) async -> Bool {
            await eventually(within: 20) { run.isStopped }
        }

        @Reactor
        private func timestamps(_ site: Site, count: Int) async throws -> [Int64] {
            let consumer = try KafkaConsumer(site.kafka(), topic: site.settings.topic, from: [(0, -2), (1, -2)])
            var times: [[Int64]] = [[], []]
            let isWhole = await eventually(within: 20) {
                for partition: Int32 in 0..<2 {
                    _ = consumer.poll(partition, max: 500) { times[Int($0.partition)].append($0.timestampMs) }
                }
                return times[0].count + times[1].count >= count
            }
            #expect(isWhole)
            #expect(times.allSatisfy { $0 == $0.sorted() })
            await consumer.close()
            return times[0] + times[1]
        }
    }
}
