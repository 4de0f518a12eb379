import KafkaClient
import Reactor

/// A bare consumer of all partitions, as a worker is one: what the broker's own way from producer to consumer takes, which
/// no worker can undercut.
@Reactor
final class FloorReader {
    /// From when a record was due until it was received.
    private(set) var latency = LatencyRecorder()
    private let consumer: KafkaConsumer
    private let load: PacedLoad

    private static let partitions = 0..<Int32(BenchStage.partitions)
    private static let recordsPerPoll = 1_000

    /// Begins to read the partitions from their beginning.
    init(brokers: String, _ load: PacedLoad) throws(KafkaError) {
        self.load = load
        consumer = try KafkaConsumer(
            KafkaSettings(brokers: brokers, clientID: "cairn-bench-floor"), topic: BenchStage.topic,
            from: Self.partitions.map { ($0, -2) })
        consumer.onReadable = { [weak self] in self?.read() }
        read()
    }

    func close() async { await consumer.close() }

    private func read() {
        for partition in Self.partitions { while read(partition) == Self.recordsPerPoll {} }
    }

    private func read(_ partition: Int32) -> Int {
        consumer.poll(partition, max: Self.recordsPerPoll) { record in
            guard let value = record.value, let number = ScanTemplate.number(ofValue: value), load.isMeasured(number)
            else { return }
            latency.add(Clock.monotonicNs() - load.dueNs(ofRecord: number))
        }.count
    }
}
