import KafkaClient
import Reactor

/// A bare consumer of one partition: what the broker's own way from producer to consumer takes, which no worker can
/// undercut.
@Reactor
final class FloorReader {
    /// From when a record was due until it was received.
    private(set) var latency = LatencyRecorder()
    private let consumer: KafkaConsumer
    private let load: PacedLoad

    private static let partition: Int32 = 0
    private static let recordsPerPoll = 1_000

    /// Begins to read the partition from its beginning.
    init(brokers: String, _ load: PacedLoad) throws(KafkaError) {
        self.load = load
        consumer = try KafkaConsumer(
            KafkaSettings(brokers: brokers, clientID: "cairn-bench-floor"), topic: BenchStage.topic,
            from: [(Self.partition, -2)])
        consumer.onReadable = { [weak self] in self?.read() }
        read()
    }

    func close() async { await consumer.close() }

    private func read() {
        while true {
            let polled = consumer.poll(Self.partition, max: Self.recordsPerPoll) { record in
                guard let value = record.value, let number = ScanTemplate.number(ofValue: value),
                    load.isMeasured(number)
                else { return }
                latency.add(Clock.monotonicNs() - load.dueNs(ofRecord: number))
            }
            if polled.count < Self.recordsPerPoll { return }
        }
    }
}
