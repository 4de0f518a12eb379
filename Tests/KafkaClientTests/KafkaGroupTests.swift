import KafkaClient
import Reactor
import Testing

extension ServiceTests {
    @Suite("Consumer groups on a real broker")
    @Reactor
    struct KafkaGroupTests {
        @Test("partitions start at the offsets given to assign, and a later commit and query agree")
        func startOffsets() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 2)
                try await fill(broker.settings, name, partitions: 2, count: 2_000)
                let reader = try TestReader(broker.settings, group: "g-\(name)", topic: name)
                reader.starts = [0: 990, 1: -2]
                #expect(await eventually { reader.count == 1_010 })
                #expect(reader.offsets[0] == Array(990..<1_000))
                #expect(reader.offsets[1] == Array(0..<1_000))
                let ends = try await reader.consumer.queryWatermarks(0)
                #expect(ends == KafkaWatermarks(low: 0, high: 1_000))
                #expect(reader.consumer.cachedWatermarks(1)?.high == 1_000)
                #expect(try await reader.consumer.partitionCount() == 2)
                reader.consumer.commit([(0, 1_000), (1, 500)])
                await Reactor.pause(ms: 200)
                #expect(reader.consumer.commitFailures == 0)
                #expect(reader.errors.isEmpty)
                await reader.consumer.close()
            }
        }

        @Test("two consumers share, one leaves within 2 s, the other reads on alone")
        func shareAndLeave() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 4)
                let first = try TestReader(broker.settings, group: "g-\(name)", topic: name)
                #expect(await eventually { first.assigned == [0, 1, 2, 3] })
                let second = try TestReader(broker.settings, group: "g-\(name)", topic: name)
                #expect(await eventually { first.assigned.count == 2 && second.assigned.count == 2 })
                #expect(first.assigned.isDisjoint(with: second.assigned))
                #expect(first.rebalances.contains(.revoked([0, 1, 2, 3], lost: false)))
                try await fill(broker.settings, name, partitions: 4, count: 4_000)
                #expect(await eventually { first.count + second.count == 4_000 })

                let before = Clock.monotonicMs()
                await first.consumer.close()
                #expect(Clock.monotonicMs() - before < 2_000)
                for partition: Int32 in 0..<4 { second.starts[partition] = 1_000 }
                second.forgetOffsets()
                #expect(await eventually { second.assigned.count == 4 })
                try await fill(broker.settings, name, partitions: 4, count: 400)
                #expect(await eventually { second.count == 400 })
                await second.consumer.close()
            }
        }

        @Test("an assignment that is answered 2 s late works, and nothing is read before")
        func lateAnswer() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 2)
                try await fill(broker.settings, name, partitions: 2, count: 100)
                let reader = try TestReader(broker.settings, group: "g-\(name)", topic: name)
                reader.answers = false
                #expect(await eventually { !reader.rebalances.isEmpty })
                await Reactor.pause(ms: 2_000)
                #expect(reader.consumer.poll(0, max: 10) { _ in }.count == 0)
                reader.answer(reader.rebalances[0])
                #expect(await eventually { reader.count == 100 })
                await reader.consumer.close()
            }
        }

        @Test("a second consumer that joins before the first has answered is served in the end")
        func joinBeforeAnswer() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 2)
                let first = try TestReader(broker.settings, group: "g-\(name)", topic: name)
                first.answers = false
                #expect(await eventually { !first.rebalances.isEmpty })
                let second = try TestReader(broker.settings, group: "g-\(name)", topic: name)
                await Reactor.pause(ms: 2_000)
                #expect(first.rebalances == [.assigned([0, 1])])
                first.answers = true
                first.answer(first.rebalances[0])
                #expect(await eventually { first.assigned.count == 1 && second.assigned.count == 1 })
                #expect(first.assigned.isDisjoint(with: second.assigned))
                await second.consumer.close()
                await first.consumer.close()
            }
        }

        @Test("a partition goes back on restart and is silent after stop; the others miss and repeat nothing")
        func restartAndStop() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 3)
                try await fill(broker.settings, name, partitions: 3, count: 30_000)
                let reader = try TestReader(broker.settings, group: "g-\(name)", topic: name)
                #expect(await eventually { reader.count > 3_000 })
                reader.consumer.restart(0, at: 9_990)
                let skipped = reader.offsets[0] ?? []
                #expect(await eventually { reader.offsets[0]?.last == 9_999 && reader.count == 20_010 + skipped.count })
                #expect(reader.offsets[0]?.suffix(10) == ArraySlice(9_990..<10_000))
                #expect(reader.offsets[1] == Array(0..<10_000))
                #expect(reader.offsets[2] == Array(0..<10_000))

                reader.consumer.stop(0)
                reader.forgetOffsets()
                try await fill(broker.settings, name, partitions: 3, count: 300)
                #expect(await eventually { reader.count == 200 })
                await Reactor.pause(ms: 100)
                #expect(reader.offsets[0] == nil)
                reader.consumer.restart(0, at: 10_000)
                #expect(await eventually { reader.offsets[0] == Array(10_000..<10_100) })
                #expect(reader.count == 300)
                #expect(reader.errors.isEmpty)
                await reader.consumer.close()
            }
        }

        @Test("close is quick also with an unanswered assignment and without any group met")
        func quickClose() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 2)
                let unanswered = try TestReader(broker.settings, group: "g-\(name)", topic: name)
                unanswered.answers = false
                #expect(await eventually { !unanswered.rebalances.isEmpty })
                let fresh = try TestReader(broker.settings, group: "h-\(name)", topic: name)
                let before = Clock.monotonicMs()
                await unanswered.consumer.close()
                #expect(Clock.monotonicMs() - before < 1_000)
                await fresh.consumer.close()
                await fresh.consumer.close()
                #expect(Clock.monotonicMs() - before < 3_000)
            }
        }
    }
}
