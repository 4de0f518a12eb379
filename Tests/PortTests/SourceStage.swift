import FlowCore
import HuntCore
import KafkaClient
import Reactor
import Storage

@testable import Simulation

/// A topic of two partitions and one member of a group that reads it.
@Reactor
protocol SourceStage: AnyObject {
    var patience: Patience { get }
    var source: any ScanSource { get }
    /// The engine that is told what the group gives and takes. Nobody gives it a turn, so the test answers.
    var engine: FlowEngine { get }
    /// Appends records with these values; each has the key `k` and the time 1,000 ms plus its number in the call.
    func produce(_ partition: Int32, _ values: [String]) async throws
    /// Retention takes records of partition 0.
    ///
    /// - Returns: the first offset that is left, 2 or more; there is one left at least.
    func trim() async throws -> Int64
    /// The group gives partitions to the member.
    func give() async throws
    /// The group takes them away.
    func takeAway() async throws
    var violations: [String] { get }
    func end() async
}

@Reactor
func withSource(_ implementation: Implementation, _ body: @Reactor (any SourceStage) async throws -> Void) async throws
{
    let stage: any SourceStage =
        switch implementation {
        case .fake: FakeSourceStage()
        case .real: try RealSourceStage()
        }
    let result: Result<Void, any Error>
    do { result = .success(try await body(stage)) } catch { result = .failure(error) }
    await stage.end()
    try result.get()
}

extension SourceStage {
    /// Polls once: offsets and values as `OFFSET VALUE`.
    func poll(_ partition: Int32, limit: Int = 100) -> (lines: [String], outcome: PollOutcome) {
        var lines: [String] = []
        let outcome = source.poll(partition, limit: limit) { lines.append("\($0.offset) \(Self.text($0.value))") }
        return (lines, outcome)
    }

    /// Polls until there are so many records.
    func take(_ partition: Int32, _ count: Int, limit: Int = 100) async throws -> [String] {
        var lines: [String] = []
        try await patience.until("\(count) records of partition \(partition)") {
            lines += poll(partition, limit: min(limit, count - lines.count)).lines
            return lines.count >= count
        }
        return lines
    }

    /// Waits until a poll finds that the position is not in the log.
    func refusedPosition(_ partition: Int32) async throws {
        try await patience.until("a refused position of partition \(partition)") {
            let polled = poll(partition)
            if !polled.lines.isEmpty { throw NeverHappened(description: "records: \(polled.lines)") }
            return polled.outcome == .offsetOutOfRange
        }
    }

    func bounds(_ partitions: [Int32]) async throws -> [LogBounds] {
        try await patience.reply { source.logBounds(of: partitions, reply: $0) }.get()
    }

    static func text(_ bytes: UnsafeRawBufferPointer?) -> String {
        bytes.map { String(decoding: $0, as: UTF8.self) } ?? "-"
    }
}

@Reactor
final class FakeSourceStage: SourceStage {
    private let time = VirtualTime()
    private let log = FakeLog(partitionCount: 2)
    private let client: FakeSource
    let engine: FlowEngine

    init() {
        let faults = Faults(seed: 1)
        client = FakeSource(log: log, time: time, faults: faults)
        engine = idleEngine(
            source: client, feed: FeedClient(feed: FakeFeed(), time: time, faults: faults, queueMax: 1))
    }

    var patience: Patience { Patience(time: time) }
    var source: any ScanSource { client }

    func produce(_ partition: Int32, _ values: [String]) async throws {
        for (number, value) in values.enumerated() {
            log.append(
                partition, key: Array("k".utf8), value: Array(value.utf8), timestampMs: 1_000 + Int64(number), scan: nil
            )
        }
    }

    func trim() async throws -> Int64 {
        log.trim(0, to: 2)
        return 2
    }

    func give() async throws { client.give([0, 1], to: engine) }
    func takeAway() async throws { client.takeAll(from: engine) }
    var violations: [String] { client.violations }
    func end() async {}
}

@Reactor
final class RealSourceStage: SourceStage {
    private let cluster: MockCluster
    private let settings: KafkaSettings
    private let consumer: KafkaConsumer
    private let client: KafkaScanSource
    private var rival: KafkaConsumer?
    let engine: FlowEngine

    init() throws {
        cluster = try MockCluster(topic: "scans", partitions: 2)
        settings = KafkaSettings(
            brokers: cluster.brokers, properties: ["session.timeout.ms": "6000", "heartbeat.interval.ms": "200"])
        consumer = try KafkaConsumer(settings, group: "cairn", topic: "scans")
        client = KafkaScanSource(consumer: consumer)
        let time = VirtualTime()
        engine = idleEngine(
            source: client, feed: FeedClient(feed: FakeFeed(), time: time, faults: Faults(seed: 1), queueMax: 1))
        client.attach(engine) {}
    }

    var patience: Patience { Patience(time: nil) }
    var source: any ScanSource { client }

    func produce(_ partition: Int32, _ values: [String]) async throws {
        let producer = try KafkaProducer(KafkaSettings(brokers: cluster.brokers))
        let topic = producer.topic("scans")
        var delivered = 0
        producer.onDelivered = { _, _, _, error in if error == nil { delivered += 1 } }
        for (number, value) in values.enumerated() {
            let isTaken = Array(value.utf8).withUnsafeBytes { value in
                [UInt8]("k".utf8).withUnsafeBytes { key in
                    producer.produce(
                        topic, partition: partition, key: key, value: value, timestampMs: 1_000 + Int64(number),
                        tag: UInt64(number))
                }
            }
            if !isTaken { throw NeverHappened(description: "room in the producer's queue") }
        }
        try await patience.until("\(values.count) records on their way") { delivered == values.count }
        await producer.close()
    }

    /// Beyond 5 MB the cluster forgets whole batches, which are smaller than 1 MB.
    func trim() async throws -> Int64 {
        for _ in 0..<8 { try await produce(0, [String(repeating: "x", count: 900_000)]) }
        guard let start = try await bounds([0]).first?.start, start >= 2 else {
            throw NeverHappened(description: "a log that has lost its start")
        }
        return start
    }

    func give() async throws {
        try await patience.until("both partitions") { engine.laneReports.map(\.partition) == [0, 1] }
    }

    func takeAway() async throws {
        let rival = try KafkaConsumer(settings, group: "cairn", topic: "scans")
        rival.onRebalance = { rebalance in
            switch rebalance {
            case .assigned(let partitions): rival.assign(partitions.map { ($0, -2) })
            case .revoked: rival.completeRevoke()
            }
        }
        self.rival = rival
        try await patience.until("a rebalance") { engine.laneReports.map(\.partition) != [0, 1] }
    }

    var violations: [String] { [] }

    func end() async {
        await rival?.close()
        await consumer.close()
    }
}
