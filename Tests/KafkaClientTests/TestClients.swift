import KafkaClient
import Reactor
import Testing

/// A consumer that reads whatever it gets and remembers it.
@Reactor
final class TestReader {
    let consumer: KafkaConsumer
    /// Every rebalance, in order.
    private(set) var rebalances: [KafkaRebalance] = []
    /// Offsets read, per partition, in the order of reading.
    private(set) var offsets: [Int32: [Int64]] = [:]
    private(set) var problems: [Int32: KafkaPartitionError] = [:]
    private(set) var errors: [KafkaError] = []
    private(set) var assigned: Set<Int32> = []
    /// Partitions that are left alone, as a full lane leaves them.
    var unpolled: Set<Int32> = []
    /// Whether rebalances are answered at once.
    var answers = true
    /// Where partitions start; -2 where it says nothing.
    var starts: [Int32: Int64] = [:]
    var onRecord: ((KafkaRecord) -> Void)?

    init(_ settings: KafkaSettings, group: String, topic: String) throws {
        consumer = try KafkaConsumer(settings, group: group, topic: topic)
        observe()
    }

    init(_ settings: KafkaSettings, topic: String, from starts: [(partition: Int32, offset: Int64)]) throws {
        consumer = try KafkaConsumer(settings, topic: topic, from: starts)
        assigned = Set(starts.map(\.partition))
        observe()
    }

    var count: Int { offsets.values.reduce(0) { $0 + $1.count } }

    func forgetOffsets() { offsets = [:] }

    private func observe() {
        consumer.onRebalance = { [unowned self] in rebalanced($0) }
        consumer.onReadable = { [unowned self] in readAll() }
        consumer.onError = { [unowned self] in errors.append($0) }
    }

    private func rebalanced(_ rebalance: KafkaRebalance) {
        rebalances.append(rebalance)
        if answers { answer(rebalance) }
    }

    func answer(_ rebalance: KafkaRebalance) {
        switch rebalance {
        case .assigned(let partitions):
            assigned.formUnion(partitions)
            consumer.assign(partitions.map { ($0, starts[$0] ?? -2) })
        case .revoked(let partitions, _):
            assigned.subtract(partitions)
            consumer.completeRevoke()
        }
    }

    func readAll() {
        for partition in assigned where !unpolled.contains(partition) { read(partition) }
    }

    private func read(_ partition: Int32) {
        while true {
            let poll = consumer.poll(partition, max: 1_000) { record in
                #expect(record.partition == partition)
                offsets[partition, default: []].append(record.offset)
                onRecord?(record)
            }
            if let error = poll.error { problems[partition] = error }
            if poll.count < 1_000 { return }
        }
    }
}

/// Produces `count` records over all partitions in turn, with the number as value, and waits until they have arrived.
@Reactor
func fill(
    _ settings: KafkaSettings, _ name: String, partitions: Int32, count: Int, bytes: Int = 8
) async throws {
    let producer = try KafkaProducer(settings)
    let topic = producer.topic(name)
    var value = [UInt8](repeating: 0x61, count: bytes)
    var failures = 0
    producer.onDelivered = { _, _, _, error in if error != nil { failures += 1 } }
    for number in 0..<count {
        value.withUnsafeMutableBytes { $0.storeBytes(of: UInt64(number), as: UInt64.self) }
        while !send(producer, topic, Int32(number) % partitions, value, UInt64(number)) { await Reactor.pause(ms: 1) }
    }
    #expect(await producer.flush(timeoutMs: 20_000))
    #expect(failures == 0)
    await producer.close()
}

@Reactor
private func send(
    _ producer: KafkaProducer, _ topic: KafkaTopic, _ partition: Int32, _ value: [UInt8], _ tag: UInt64
) -> Bool {
    value.withUnsafeBytes { producer.produce(topic, partition: partition, key: $0, value: $0, tag: tag) }
}
