import DevStack
import Foundation
import KafkaClient
import Reactor
import Testing

@testable import cairn

extension ServiceTests {
    @Suite("Record and replay")
    struct RecordReplay {
        private static let startMs: Int64 = 1_781_254_800_000
        private static let partitions: Int32 = 3

        /// Records as topics may hold them: null and empty keys and values, a header, late timestamps.
        private static func records(_ count: Int) -> [RecordedRecord] {
            var offsets = [Int64](repeating: 0, count: Int(partitions))
            return (0..<count).map { number in
                let partition = Int32(number * number % 7) % partitions
                var record = RecordedRecord(partition: partition, offset: offsets[Int(partition)])
                offsets[Int(partition)] += 1
                record.timestampMs = startMs + Int64(number) - (number % 50 == 49 ? 3_000 : 0)
                record.isProtobuf = number % 3 == 1
                record.key = number % 11 == 4 ? nil : Array((number % 13 == 5 ? "" : "player-\(number % 90)").utf8)
                record.value = number % 17 == 6 ? nil : Array("{\"number\": \(number)}".utf8)
                return record
            }
        }

        @Test("a topic is recorded, replayed with its gaps, and equal in every record", .timeLimit(.minutes(2)))
        @Reactor
        func roundTrip() async throws {
            try await withSite(partitions: Int(Self.partitions), hunts: []) { site in
                let records = Self.records(2_000)
                try await produce(records, site)
                let file = "\(site.stack.folder)/\(site.name).rec"
                let recorded = try await site.cairn(["record", file, "--until-end"])
                #expect(recorded.status == 0, "\(recorded.output)")
                #expect(recorded.output.contains("recorded 2000 records"), "\(recorded.output)")
                let inTime = try expectFile(file, records).compactMap(\.timestampMs).filter { $0 >= Self.startMs }
                #expect(inTime == inTime.sorted())
                #expect(try await site.cairn(["record", file, "--until-end"]).status == 3)

                for (name, options, shifts) in [("again", [], false), ("now", ["--from-now"], true)] {
                    let topic = "\(site.name)-\(name)"
                    try await site.stack.createTopic(topic, partitions: Int(Self.partitions))
                    let start = Clock.epochMs()
                    let replayed = try await site.cairn(
                        ["simulate", "--profile", "trace:\(file)", "--set", "kafka.topic=\(topic)"] + options)
                    phase("replayed: \(replayed.output)")
                    #expect(replayed.status == 0, "\(replayed.output)")
                    #expect(replayed.output.contains("produced 2000, acknowledged 2000, failed 0"))
                    // The span of the timestamps, 1,999 ms.
                    #expect(Clock.epochMs() - start >= 1_990)
                    var seen = try await read(topic, site, count: records.count)
                    if shifts {
                        let firstMs = try #require(
                            seen.first { $0.key == records[0].key && $0.offset == 0 }?.timestampMs)
                        #expect((start...Clock.epochMs()).contains(firstMs))
                        for place in seen.indices { seen[place].timestampMs? += Self.startMs - firstMs }
                    }
                    expectEqual(seen, records)
                }
            }
        }

        @Test("fewer partitions keep the recorded order; --speed replays faster", .timeLimit(.minutes(2)))
        @Reactor
        func strays() async throws {
            try await withSite(partitions: Int(Self.partitions), hunts: []) { site in
                let records = Self.records(6_000)
                let file = try write(records, site)
                let topic = try await narrowTopic(site)
                let start = Clock.monotonicMs()
                let (status, output) = try await replay(file, topic, site)
                #expect(status == 0, "\(output)")
                #expect(Clock.monotonicMs() - start < 5_000 * patience)
                let strays = records.filter { $0.partition > 0 }.count
                #expect(output.contains("\(strays) records are of partitions"), "\(output)")
                let seen = try await read(topic, site, count: records.count)
                #expect(seen.map(\.value) == records.map(\.value))
                #expect(seen.map(\.timestampMs) == records.map(\.timestampMs))
            }
        }

        @Test("a damaged recording is refused, and replayed up to the damage on request", .timeLimit(.minutes(2)))
        @Reactor
        func damage() async throws {
            try await withSite(partitions: Int(Self.partitions), hunts: []) { site in
                let records = Self.records(6_000)
                let file = try write(records, site)
                var bytes = Array(try #require(FileManager.default.contents(atPath: file)))
                bytes[bytes.count * 3 / 4] ^= 1
                try Data(bytes).write(to: URL(fileURLWithPath: file))
                let survey = try RecordingFile.survey(file, speed: 1)
                #expect((1..<6_000).contains(survey.records))
                let topic = try await narrowTopic(site)
                let refused = try await replay(file, topic, site)
                #expect(refused.status == 3)
                #expect(refused.output.contains("damaged at byte"), "\(refused.output)")
                #expect(refused.output.contains("the \(survey.records) records before are whole"), "\(refused.output)")
                let (status, output) = try await replay(file, topic, site, ["--up-to-damage"])
                #expect(status == 0, "\(output)")
                // Nothing of the refused attempt is in the topic.
                let seen = try await read(topic, site, count: survey.records)
                #expect(seen.map(\.value) == records.prefix(survey.records).map(\.value))
                let missing = try await replay("\(file)-not", topic, site)
                #expect(missing.status == 1)
                #expect(missing.output.contains("No such file"), "\(missing.output)")
            }
        }

        @Test("what arrives is recorded until SIGTERM, and the file is whole", .timeLimit(.minutes(2)))
        @Reactor
        func live() async throws {
            try await withSite(partitions: Int(Self.partitions), hunts: []) { site in
                let earlier = Self.records(300)
                try await produce(earlier, site)
                let file = "\(site.stack.folder)/\(site.name).rec"
                let recorder = WorkerProcess(process: try await site.start(["record", file], site.settings))
                #expect(await says("recording ", recorder), "\(recorder.log)")
                let later = Array(Self.records(900).dropFirst(300))
                try await produce(later, site)
                #expect(await says(" 600 records", recorder), "\(recorder.log)")
                #expect(await recorder.stop().status == 0)
                try expectFile(file, later)
            }
        }

        // MARK: Steps

        @inline(never)
        @Reactor
        private func says(_ text: String, _ process: WorkerProcess) async -> Bool {
            await eventually(within: 20) { process.log.contains(text) }
        }

        @Reactor
        private func write(_ records: [RecordedRecord], _ site: Site) throws -> String {
            let file = "\(site.stack.folder)/\(site.name).rec"
            let writer = try RecordingWriter(file, replaces: false)
            for record in records { try writer.append(record) }
            try writer.finish()
            return file
        }

        /// A topic of one partition.
        @Reactor
        private func narrowTopic(_ site: Site) async throws -> String {
            let topic = "\(site.name)-narrow"
            try await site.stack.createTopic(topic, partitions: 1)
            return topic
        }

        @Reactor
        private func replay(
            _ file: String, _ topic: String, _ site: Site, _ options: [String] = []
        ) async throws -> (status: Int32, output: String) {
            try await site.cairn(
                ["simulate", "--profile", "trace:\(file)", "--speed", "1000", "--set", "kafka.topic=\(topic)"] + options
            )
        }

        @Reactor
        private func produce(_ records: [RecordedRecord], _ site: Site) async throws {
            let producer = try KafkaProducer(site.kafka())
            let topic = producer.topic(site.settings.topic)
            var failures = 0
            producer.onDelivered = { if $3 != nil || records[Int($0)].offset != $2 { failures += 1 } }
            for (number, record) in records.enumerated() {
                let isTaken = withBuffer(record.key) { key in
                    withBuffer(record.value) { value in
                        producer.produce(
                            topic, partition: record.partition, key: key, value: value,
                            headers: record.isProtobuf ? [("content-type", "application/x-protobuf")] : [],
                            timestampMs: record.timestampMs, tag: UInt64(number))
                    }
                }
                #expect(isTaken)
            }
            #expect(await producer.flush(timeoutMs: 20_000))
            #expect(failures == 0)
            await producer.close()
        }

        /// Compares a file with what was produced: all of it, each partition in its order, all by time as far as
        /// partitions allow.
        @discardableResult
        private func expectFile(_ path: String, _ records: [RecordedRecord]) throws -> [RecordedRecord] {
            var decoder = try RecordingFile.open(path)
            var read: [RecordedRecord] = []
            while let record = try decoder.next() { read.append(record) }
            expectEqual(read, records)
            return read
        }

        private func expectEqual(_ seen: [RecordedRecord], _ records: [RecordedRecord]) {
            #expect(seen.count == records.count)
            for partition in 0..<Self.partitions {
                let own = seen.filter { $0.partition == partition }
                let expected = records.filter { $0.partition == partition }
                let difference = zip(own, expected).first { $0 != $1 }
                #expect(own.count == expected.count)
                if let difference { Issue.record("\(difference.0) is not \(difference.1)") }
            }
        }

        /// Everything in a topic, partition after partition.
        @Reactor
        private func read(_ topic: String, _ site: Site, count: Int) async throws -> [RecordedRecord] {
            let partitions = Int32(try await KafkaAdmin.partitionCount(site.kafka(), topic))
            let consumer = try KafkaConsumer(
                site.kafka(), topic: topic, from: (0..<partitions).map { ($0, -2) })
            var seen: [RecordedRecord] = []
            let isWhole = await eventually(within: 20) {
                for partition in 0..<partitions {
                    _ = consumer.poll(partition, max: 500) { seen.append(RecordedRecord($0)) }
                }
                return seen.count >= count
            }
            #expect(isWhole, "\(seen.count) of \(count) records")
            await consumer.close()
            return seen
        }
    }
}

private func withBuffer<Value>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Value) -> Value {
    guard let bytes else { return body(nil) }
    return bytes.withUnsafeBytes { body($0) }
}
