import KafkaClient
import Reactor
import Testing

extension ServiceTests {
    @Suite("Producer and topics")
    @Reactor
    struct KafkaProducerTests {
        private func send(_ producer: KafkaProducer, _ topic: KafkaTopic, _ bytes: Int, tag: UInt64) -> Bool {
            let value = [UInt8](repeating: 0x61, count: bytes)
            return value.withUnsafeBytes {
                producer.produce(topic, partition: 0, key: nil, value: $0, headers: [("a", "b")], tag: tag)
            }
        }

        @Test("a full queue refuses, says when there is room, and loses nothing it accepted")
        func fullQueue() async throws {
            let cluster = try MockCluster(
                topic: "scores", partitions: 1, properties: ["queue.buffering.max.messages": "100"])
            cluster.setDown()
            let producer = try KafkaProducer(cluster.settings)
            let topic = producer.topic("scores")
            var delivered: [UInt64] = []
            var roomTold = 0
            producer.onDelivered = { tag, _, _, error in if error == nil { delivered.append(tag) } }
            producer.onWritable = { roomTold += 1 }
            var accepted: UInt64 = 0
            while accepted < 1_000, send(producer, topic, 10, tag: accepted) { accepted += 1 }
            #expect(accepted == 100)
            #expect(producer.outstanding == 100)
            #expect(await producer.flush(timeoutMs: 50) == false)
            cluster.setUp()
            #expect(await eventually { roomTold == 1 })
            #expect(await producer.flush(timeoutMs: 10_000))
            #expect(delivered.sorted() == Array(0..<100))
            await producer.close()
        }

        @Test("a record that cannot be sent comes back with its tag and the reason")
        func refusedRecord() async throws {
            let cluster = try MockCluster(topic: "scores", partitions: 1)
            let producer = try KafkaProducer(cluster.settings)
            var reports: [UInt64: KafkaError] = [:]
            producer.onDelivered = { tag, _, offset, error in
                #expect(offset == -1)
                reports[tag] = error
            }
            #expect(send(producer, producer.topic("scores"), 2_000_000, tag: 7))
            #expect(reports.isEmpty)
            #expect(await eventually { reports.count == 1 })
            guard case .broker(_, let name, _) = reports[7] else {
                Issue.record("\(reports)")
                return
            }
            #expect(name == "MSG_SIZE_TOO_LARGE")
            await producer.close()
            #expect(send(producer, producer.topic("scores"), 1, tag: 8))
            #expect(await eventually { reports[8] != nil })
        }

        @Test("close answers every accepted record, also those that were never sent")
        func closeAnswersAll() async throws {
            let cluster = try MockCluster(topic: "scores", partitions: 1)
            cluster.setDown()
            let producer = try KafkaProducer(cluster.settings)
            var failed = 0
            producer.onDelivered = { _, _, _, error in if error != nil { failed += 1 } }
            for tag: UInt64 in 0..<10 { #expect(send(producer, producer.topic("scores"), 10, tag: tag)) }
            let before = Clock.monotonicMs()
            await producer.close()
            #expect(failed == 10)
            #expect(Clock.monotonicMs() - before < 2_000)
            cluster.setUp()
        }

        @Test("creating a topic twice is fine; its partitions can be asked for; a missing one is named")
        func topics() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 3)
                try await KafkaAdmin.createTopic(
                    broker.settings, name, partitions: 5, config: ["cleanup.policy": "compact"])
                #expect(try await KafkaAdmin.partitionCount(broker.settings, name) == 3)
                await #expect(throws: KafkaError.topicMissing("no-such-topic")) {
                    try await KafkaAdmin.partitionCount(broker.settings, "no-such-topic")
                }
            }
        }

        @Test("the ends of all partitions of a topic can be asked for")
        func ends() async throws {
            let cluster = try MockCluster(topic: "scans", partitions: 3)
            try await fill(cluster.settings, "scans", partitions: 3, count: 7)
            let ends = try await KafkaAdmin.watermarks(cluster.settings, "scans")
            #expect(ends.map(\.high) == [3, 2, 2])
            #expect(ends.map(\.low) == [0, 0, 0])
        }

        @Test("a broker that is killed is told as unreachable, and a question fails")
        func killedBroker() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 1)
                let reader = try TestReader(broker.settings, topic: name, from: [(0, -2)])
                try await fill(broker.settings, name, partitions: 1, count: 10)
                #expect(await eventually { reader.count == 10 })
                broker.stop()
                #expect(await eventually { !reader.errors.isEmpty })
                #expect(reader.errors.allSatisfy { if case .unreachable = $0 { true } else { false } })
                await #expect(throws: KafkaError.self) { try await reader.consumer.queryWatermarks(0) }
                await reader.consumer.close()
            }
        }
    }
}
