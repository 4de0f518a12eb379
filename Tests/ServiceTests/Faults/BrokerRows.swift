import FaultProxy
import Foundation
import Randomness
import Reactor
import Testing

extension ServiceTests {
    @Suite("Faults of the broker")
    struct BrokerFaults {
        @Test("the connections of all workers to the broker are reset five times", .timeLimit(.minutes(3)))
        @Reactor
        func connectionCut() async throws {
            try await Self.withOwnBroker("broker: connections reset, five times") { row, broker in
                try await row.run { scene in
                    var links = 0
                    for _ in 0..<5 {
                        links += try await broker.proxy.apply(.reset, where: OwnBroker.isWorker)
                        await Reactor.pause(ms: 1_000)
                    }
                    scene.faultEnded()
                    scene.note("\(links) connections")
                    #expect(links >= 10)
                }
            }
        }

        @Test(
            "the broker is stopped for twenty seconds, three session timeouts",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func stopped() async throws {
            try await Self.withOwnBroker("broker: SIGSTOP 20 s") { row, broker in
                try await row.run { scene in
                    broker.stack.signal(.kafka, SIGSTOP)
                    await Reactor.pause(ms: 20_000)
                    broker.stack.signal(.kafka, SIGCONT)
                    scene.faultEnded()
                    #expect(scene.living.count == 2)
                }
            }
        }

        @Test(
            "a worker killed while the feed has not answered leaves no record behind",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func killBeforeFeed() async throws {
            try await Self.withOwnBroker("kill -9 between COMMIT and offset: the feed's reply held") { row, broker in
                try await row.run { scene in
                    let victim = scene.workers[0]
                    try await broker.proxy.apply(.traffic(.toClient, .hold), where: OwnBroker.isWorker)
                    try await scene.await("the feed has not answered") {
                        let sent = await victim.process.metric("cairn_feed_sent_total") ?? 0
                        let delivered = await victim.process.metric("cairn_feed_delivered_total") ?? 0
                        return sent > delivered
                    }
                    await victim.process.kill()
                    scene.faultEnded()
                    try await broker.proxy.apply(.traffic(.toClient, .pass), where: OwnBroker.isWorker)
                    try await scene.expectOwned()
                }
            }
        }

        @Test("the broker answers every kind of request with errors for a while", .timeLimit(.minutes(3)))
        @Reactor
        func requestErrors() async throws {
            let mock = try MockBroker()
            try await Self.row("mock cluster: errors for every request, closed connections", mock).run { scene in
                for request in KafkaRequest.allCases {
                    mock.fail(request, request.errors)
                    await Reactor.pause(ms: 300)
                }
                // One that starts meets those that only a start makes.
                for request in KafkaRequest.allCases { mock.fail(request, request.errors) }
                try await scene.launch()
                await Reactor.pause(ms: 3_000)
                mock.failNoMore()
                scene.faultEnded()
                try await scene.await("all three own partitions", within: 60) {
                    try await scene.isOwned(by: scene.living, all: true)
                }
                #expect(scene.living.count == 3)
            } before: { site in
                try mock.makeTopic(site.settings.scoresTopic, partitions: site.partitions)
            }
        }

        @Test(
            "leaders of all partitions move again and again",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func leaderMoves() async throws {
            let mock = try MockBroker()
            try await Self.row("mock cluster: leaders move, thirty times", mock).run { scene in
                var random = SplitMix64(seed: 30)
                for _ in 0..<30 {
                    let topic = random.chance(50) ? scene.site.settings.topic : scene.site.settings.scoresTopic
                    for partition in 0..<Int32(scene.row.partitions) {
                        let broker = Int32.random(in: 1...MockBroker.brokerCount, using: &random)
                        mock.moveLeader(of: topic, partition, to: broker)
                    }
                    await Reactor.pause(ms: 300)
                }
                scene.faultEnded()
            } before: { site in
                try mock.makeTopic(site.settings.scoresTopic, partitions: site.partitions)
            }
        }

        @Test(
            "the group's coordinator moves again and again",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(3)))
        @Reactor
        func coordinatorMoves() async throws {
            let mock = try MockBroker()
            try await Self.row("mock cluster: the coordinator moves, six times", mock).run { scene in
                for round in 0..<6 {
                    mock.moveCoordinator(of: scene.site.settings.group, to: Int32(round) % MockBroker.brokerCount + 1)
                    await Reactor.pause(ms: 1_500)
                }
                scene.faultEnded()
                try await scene.await("both own partitions", within: 60) {
                    try await scene.isOwned(by: scene.living, all: true)
                }
            } before: { site in
                try mock.makeTopic(site.settings.scoresTopic, partitions: site.partitions)
            }
        }

        @Test(
            "by the cooperative protocol workers join, are killed and leave under load",
            .enabled(if: FaultMatrix.isWhole, FaultMatrix.whyNot), .timeLimit(.minutes(4)))
        @Reactor
        func cooperative() async throws {
            let mock = try MockBroker()
            var row = Self.row("mock cluster: cooperative-sticky, join, kill -9, leave", mock)
            row.kafkaProperties = ["partition.assignment.strategy": "cooperative-sticky"]
            // The mock cluster lets its group meet for a session timeout less a second, and members keep what they have
            // meanwhile, so that the meeting cannot be seen.
            row.ownedMsMax = Int64(row.sessionTimeoutMs + 2_000 + row.sessionTimeoutMs - 1_000)
            try await row.run { scene in
                try await scene.launch()
                try await scene.await("three share", within: 60) {
                    try await scene.isOwned(by: scene.living, all: true)
                }
                await scene.workers[0].process.kill()
                scene.faultEnded()
                try await scene.expectOwned()
                let (status, _) = await scene.workers[1].process.stop()
                #expect(status == 0)
                scene.faultEnded()
                try await scene.await("the last owns all", within: 60) {
                    try await scene.isOwned(by: scene.living)
                }
            } before: { site in
                try mock.makeTopic(site.settings.scoresTopic, partitions: site.partitions)
            }
        }

        private static func row(_ name: String, _ broker: any SiteBroker) -> FaultRow {
            var row = FaultRow(name)
            row.broker = broker
            // The mock cluster keeps little.
            row.perSecond = 1_000
            row.repeatsUnanswered = true
            return row
        }

        @Reactor
        private static func withOwnBroker(
            _ name: String, _ body: @Reactor (FaultRow, OwnBroker) async throws -> Void
        ) async throws {
            let broker = try await OwnBroker.start()
            var row = FaultRow(name)
            row.broker = broker
            do {
                try await body(row, broker)
            } catch {
                await broker.stop()
                throw error
            }
            await broker.stop()
        }
    }
}
