import Reactor
import Testing

@testable import KafkaClient

extension ServiceTests {
    @Suite("Records through a real broker")
    @Reactor
    struct KafkaRecordTests {
        @Test("100,000 keyed records arrive once and in order per partition; every tag comes back once")
        func hundredThousand() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 4)
                let producer = try KafkaProducer(broker.settings)
                let topic = producer.topic(name)
                let total = 100_000
                var reports = [UInt8](repeating: 0, count: total)
                var high: [Int32: Int64] = [:]
                producer.onDelivered = { tag, partition, offset, error in
                    #expect(error == nil)
                    reports[Int(tag)] += 1
                    high[partition] = max(high[partition] ?? -1, offset)
                }
                for number in 0..<total {
                    while !Self.produce(producer, topic, player: number % 500, number) { await Reactor.pause(ms: 1) }
                }
                #expect(await producer.flush(timeoutMs: 20_000))
                #expect(producer.outstanding == 0)
                #expect(reports.allSatisfy { $0 == 1 })
                #expect(high.values.reduce(0) { $0 + $1 + 1 } == Int64(total))
                await producer.close()

                let reader = try TestReader(broker.settings, topic: name, from: (0..<4).map { ($0, -2) })
                var lastOfPlayer = [Int](repeating: -1, count: 500)
                reader.onRecord = { record in
                    let player = Int(record.key?.loadUnaligned(as: UInt32.self) ?? 0)
                    let number = Int(record.value?.loadUnaligned(as: UInt64.self) ?? 0)
                    #expect(number > lastOfPlayer[player])
                    lastOfPlayer[player] = number
                }
                #expect(await eventually { reader.count == total })
                for (_, offsets) in reader.offsets { #expect(offsets == Array(0..<Int64(offsets.count))) }
                await reader.consumer.close()
            }
        }

        private static func produce(_ producer: KafkaProducer, _ topic: KafkaTopic, player: Int, _ number: Int) -> Bool
        {
            var player = UInt32(player)
            var value = UInt64(number)
            return withUnsafeBytes(of: &player) { key in
                withUnsafeBytes(of: &value) { value in
                    producer.produce(topic, key: key, value: value, tag: UInt64(number))
                }
            }
        }

        @Test("a record keeps its timestamp, its header, and the difference between null and empty")
        func everyField() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 1)
                let producer = try KafkaProducer(broker.settings)
                let topic = producer.topic(name)
                let empty = UnsafeRawBufferPointer(start: nil, count: 0)
                let text: StaticString = "player-1"
                let key = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
                #expect(
                    producer.produce(
                        topic, key: key, value: empty, headers: [("content-type", "application/x-protobuf")],
                        timestampMs: 1_700_000_000_123, tag: 1))
                #expect(producer.produce(topic, key: nil, value: nil, timestampMs: 1_700_000_000_124, tag: 0))
                #expect(await producer.flush(timeoutMs: 5_000))
                await producer.close()

                let reader = try TestReader(broker.settings, topic: name, from: [(0, 0)])
                var seen: [String] = []
                reader.onRecord = { record in
                    let key = record.key.map { String(decoding: $0, as: UTF8.self) } ?? "null"
                    let value = record.value.map { "\($0.count) bytes" } ?? "null"
                    let header = record.header("content-type").map { String(decoding: $0, as: UTF8.self) } ?? "none"
                    #expect(record.header("other") == nil)
                    seen.append("\(record.offset) \(record.timestampMs) \(key) \(value) \(header)")
                }
                #expect(await eventually { seen.count == 2 })
                #expect(
                    seen == [
                        "0 1700000000123 player-1 0 bytes application/x-protobuf", "1 1700000000124 null null none",
                    ])
                await reader.consumer.close()
            }
        }

        @Test("headers arrive in order, the last of a name counts, and names and values are compared byte for byte")
        func headers() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 1)
                let producer = try KafkaProducer(broker.settings)
                let topic = producer.topic(name)
                let sent: [[(name: StaticString, value: StaticString)]] = [
                    [], [("a", "yes")], [("a", "yes"), ("a", "no")], [("a", "no"), ("b", "x"), ("a", "yes")],
                    [("A", "yes")], [("a", "Yes")], [("a", "yes ")], [("a", "ye")], [("a", "")], [("aa", "yes")],
                ]
                for headers in sent {
                    #expect(
                        producer.produce(topic, partition: 0, key: nil, value: nil, headers: headers, tag: 0))
                }
                #expect(await producer.flush(timeoutMs: 5_000))
                await producer.close()

                let reader = try TestReader(broker.settings, topic: name, from: [(0, 0)])
                var last: [String?] = []
                var equal: [Bool] = []
                reader.onRecord = { record in
                    last.append(record.header("a").map { String(decoding: $0, as: UTF8.self) })
                    equal.append(record.lastHeader("a", isEqualTo: "yes"))
                }
                #expect(await eventually { last.count == sent.count })
                #expect(last == [nil, "yes", "no", "yes", nil, "Yes", "yes ", "ye", "", nil])
                #expect(equal == [false, true, false, true, false, false, false, false, false, false])
                await reader.consumer.close()
            }
        }

        @Test("that a record has no headers is seen around its value, whatever the lengths, and never of one that has")
        func seenWithoutHeaders() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 1)
                let player: StaticString = "player"
                var settings = broker.settings
                settings.properties["compression.type"] = "gzip"
                for settings in [broker.settings, settings] {
                    let producer = try KafkaProducer(settings)
                    let topic = producer.topic(name)
                    for length in [1, 63, 64, 140, 8_191, 8_192, 16_384, 20_000] {
                        let value = [UInt8](repeating: 0, count: length)
                        for headers: [(name: StaticString, value: StaticString)] in [[], [("a", "")]] {
                            value.withUnsafeBytes { value in
                                let key = UnsafeRawBufferPointer(start: player.utf8Start, count: 6)
                                #expect(
                                    producer.produce(
                                        topic, partition: 0, key: key, value: value, headers: headers,
                                        tag: 0))
                            }
                        }
                    }
                    #expect(await producer.flush(timeoutMs: 5_000))
                    await producer.close()
                }

                let reader = try TestReader(broker.settings, topic: name, from: [(0, 0)])
                var seen: [Bool] = []
                reader.onRecord = { seen.append($0.isSeenWithoutHeaders) }
                #expect(await eventually { seen.count == 32 })
                #expect(seen == (0..<32).map { $0 % 2 == 0 })
                await reader.consumer.close()
            }
        }

        @Test("a value of 15 MiB is consumed, and what follows it")
        func largeValue() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 1)
                var settings = broker.settings
                settings.properties["message.max.bytes"] = "20000000"
                let producer = try KafkaProducer(settings)
                let topic = producer.topic(name)
                for size in [10, 15 << 20, 20] {
                    let value = [UInt8](repeating: 0x7a, count: size)
                    #expect(
                        value.withUnsafeBytes { producer.produce(topic, partition: 0, key: nil, value: $0, tag: 1) })
                }
                #expect(await producer.flush(timeoutMs: 10_000))
                await producer.close()

                let reader = try TestReader(broker.settings, topic: name, from: [(0, 0)])
                var sizes: [Int] = []
                reader.onRecord = { sizes.append($0.value?.count ?? -1) }
                #expect(await eventually { sizes.count == 3 })
                #expect(sizes == [10, 15 << 20, 20])
                await reader.consumer.close()
            }
        }

        @Test("a partition that is not polled stays within its bound, holds up nobody and goes on afterwards")
        func unpolledPartition() async throws {
            try await withBroker { broker in
                let name = try await broker.topic(partitions: 2)
                try await fill(broker.settings, name, partitions: 2, count: 40_000, bytes: 1_000)
                var settings = broker.settings
                settings.partitionsExpected = 2
                settings.prefetchBytesMax = 4 << 20
                let reader = try TestReader(settings, topic: name, from: [(0, -2), (1, -2)])
                reader.unpolled = [0]
                #expect(await eventually { reader.offsets[1]?.count == 20_000 })
                let waiting = reader.consumer.waitingRecords(0)
                // 2 MiB for the partition, and one fetch of 1 MiB more.
                #expect(waiting > 0 && waiting <= 3_200)
                await Reactor.pause(ms: 300)
                #expect(reader.consumer.waitingRecords(0) <= 3_200)
                reader.unpolled = []
                reader.readAll()
                #expect(await eventually { reader.offsets[0]?.count == 20_000 })
                #expect(reader.offsets[0] == Array(0..<20_000))
                await reader.consumer.close()
            }
        }
    }
}
