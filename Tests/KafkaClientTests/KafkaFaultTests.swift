import KafkaClient
import Reactor
import Testing

extension ServiceTests {
    @Suite("Faults and the cooperative protocol, on librdkafka's mock cluster")
    @Reactor
    struct KafkaFaultTests {
        private let cooperative = ["partition.assignment.strategy": "cooperative-sticky"]

        @Test("cooperative: a joiner gets its share, what stays goes on without a gap, all comes back when it leaves")
        func cooperativeShare() async throws {
            let cluster = try MockCluster(topic: "scans", partitions: 4, properties: cooperative)
            let first = try TestReader(cluster.settings, group: "g", topic: "scans")
            #expect(await eventually { first.assigned.count == 4 })
            try await fill(cluster.settings, "scans", partitions: 4, count: 4_000)
            #expect(await eventually { first.count == 4_000 })
            let second = try TestReader(cluster.settings, group: "g", topic: "scans")
            for partition: Int32 in 0..<4 { second.starts[partition] = 1_000 }
            #expect(await eventually(within: 40) { first.assigned.count == 2 && second.assigned.count == 2 })
            #expect(first.assigned.isDisjoint(with: second.assigned))
            try await fill(cluster.settings, "scans", partitions: 4, count: 400)
            #expect(await eventually { first.count == 4_200 && second.count == 200 })
            for partition in first.assigned { #expect(first.offsets[partition] == Array(0..<1_100)) }

            let before = Clock.monotonicMs()
            for partition: Int32 in 0..<4 { first.starts[partition] = 1_100 }
            await second.consumer.close()
            #expect(Clock.monotonicMs() - before < 2_000)
            #expect(await eventually(within: 40) { first.assigned.count == 4 })
            #expect(first.errors.isEmpty && second.errors.isEmpty)
            await first.consumer.close()
        }

        @Test("cooperative: restart and stop touch only their own partition")
        func cooperativeRestart() async throws {
            let cluster = try MockCluster(topic: "scans", partitions: 2, properties: cooperative)
            try await fill(cluster.settings, "scans", partitions: 2, count: 2_000)
            let reader = try TestReader(cluster.settings, group: "g", topic: "scans")
            #expect(await eventually { reader.count == 2_000 })
            reader.consumer.restart(0, at: 900)
            #expect(await eventually { reader.count == 2_100 })
            #expect(reader.offsets[0]?.suffix(100) == ArraySlice(900..<1_000))
            reader.consumer.stop(0)
            try await fill(cluster.settings, "scans", partitions: 2, count: 200)
            #expect(await eventually { reader.offsets[1]?.count == 1_100 })
            #expect(reader.count == 2_200)
            reader.consumer.restart(0, at: 1_000)
            #expect(await eventually { reader.count == 2_300 })
            #expect(reader.errors.isEmpty)
            await reader.consumer.close()
        }

        @Test(
            "a start beyond the log is told for that partition, the other goes on, restart mends it",
            arguments: [true, false])
        func outOfRange(isCooperative: Bool) async throws {
            let cluster = try MockCluster(topic: "scans", partitions: 2, properties: isCooperative ? cooperative : [:])
            try await fill(cluster.settings, "scans", partitions: 2, count: 200)
            let reader = try TestReader(cluster.settings, group: "g", topic: "scans")
            reader.starts = [0: 5_000]
            #expect(await eventually { reader.problems[0] != nil })
            guard case .offsetOutOfRange = reader.problems[0] else {
                Issue.record("not out of range: \(String(describing: reader.problems[0]))")
                return
            }
            #expect(await eventually { reader.offsets[1]?.count == 100 })
            #expect(reader.offsets[0] == nil)
            reader.consumer.restart(0, at: 50)
            #expect(await eventually { reader.offsets[0]?.count == 50 })
            #expect(reader.offsets[1]?.count == 100)
            await reader.consumer.close()
        }

        @Test("after an outage of the broker reading goes on where it stood, and the outage was told")
        func outage() async throws {
            let cluster = try MockCluster(topic: "scans", partitions: 2)
            let reader = try TestReader(cluster.settings, group: "g", topic: "scans")
            var lines: [KafkaLogLine] = []
            reader.consumer.onLog = { lines.append($0) }
            try await fill(cluster.settings, "scans", partitions: 2, count: 200)
            #expect(await eventually { reader.count == 200 })
            cluster.setDown()
            #expect(await eventually { !reader.errors.isEmpty })
            #expect(reader.errors.allSatisfy { if case .unreachable = $0 { true } else { false } })
            await Reactor.pause(ms: 1_000)
            cluster.setUp()
            try await fill(cluster.settings, "scans", partitions: 2, count: 200)
            #expect(await eventually { reader.count >= 400 })
            #expect(Set(reader.offsets[0] ?? []) == Set(0..<200))
            #expect(!lines.isEmpty)
            await reader.consumer.close()
        }

        @Test("a session that times out loses its partitions, and gets them back", arguments: [true, false])
        func lostSession(isCooperative: Bool) async throws {
            let cluster = try MockCluster(topic: "scans", partitions: 2, properties: isCooperative ? cooperative : [:])
            let reader = try TestReader(cluster.settings, group: "g", topic: "scans")
            #expect(await eventually { reader.assigned.count == 2 })
            cluster.setDown()
            #expect(await eventually(within: 30) { reader.rebalances.contains(.revoked([0, 1], lost: true)) })
            #expect(reader.assigned.isEmpty)
            cluster.setUp()
            #expect(await eventually(within: 30) { reader.assigned.count == 2 })
            await reader.consumer.close()
        }

        @Test(
            "a session that times out before the assignment was answered is served in the end",
            arguments: [true, false])
        func lostBeforeAnswer(isCooperative: Bool) async throws {
            let cluster = try MockCluster(topic: "scans", partitions: 2, properties: isCooperative ? cooperative : [:])
            let reader = try TestReader(cluster.settings, group: "g", topic: "scans")
            reader.answers = false
            #expect(await eventually { reader.rebalances == [.assigned([0, 1])] })
            cluster.setDown()
            await Reactor.pause(ms: 8_000)
            cluster.setUp()
            // If this fails, a newer librdkafka no longer waits for the answer; GroupGrant is ready for that.
            #expect(reader.rebalances.count == 1)
            reader.answers = true
            reader.answer(.assigned([0, 1]))
            try await fill(cluster.settings, "scans", partitions: 2, count: 200)
            #expect(await eventually(within: 40) { Set(reader.offsets[0] ?? []) == Set(0..<100) })
            #expect(await eventually(within: 40) { reader.assigned == [0, 1] })
            await reader.consumer.close()
        }

        @Test("closing while no broker answers takes at most 3 s")
        func closeWithoutBroker() async throws {
            let cluster = try MockCluster(topic: "scans", partitions: 2)
            let reader = try TestReader(cluster.settings, group: "g", topic: "scans")
            #expect(await eventually { reader.assigned.count == 2 })
            cluster.setDown()
            await Reactor.pause(ms: 200)
            let before = Clock.monotonicMs()
            await reader.consumer.close()
            #expect(Clock.monotonicMs() - before < 3_000)
            cluster.setUp()
        }
    }
}
