import KafkaClient
import Reactor

/// A trace on its way into Kafka, with the books of what Kafka acknowledged.
@Reactor
final class ScanSender {
    private(set) var trace: ScanTrace
    /// Records handed to the producer.
    private(set) var sent = 0
    /// The offset after the last acknowledged record, by partition.
    private(set) var nextOffsets: [Int32: Int64] = [:]
    /// Told each record when the producer has taken it.
    var onSent: (TraceScan) -> Void = { _ in }

    private var template: ScanTemplate
    private let producer: KafkaProducer
    private let topic: KafkaTopic
    private var acknowledged = 0
    private var trouble: KafkaError?
    /// Taken from the trace, not taken by the producer, whose queue was full.
    private var waiting: TraceScan?

    private static let patienceMs: Int64 = 60_000

    /// - Parameter lingerMs: how long the producer gathers a batch, milliseconds.
    init(_ trace: ScanTrace, seed: UInt64, brokers: String, lingerMs: Int) throws(KafkaError) {
        self.trace = trace
        template = ScanTemplate(seed: seed)
        producer = try KafkaProducer(
            KafkaSettings(
                brokers: brokers,
                properties: [
                    "linger.ms": "\(lingerMs)", "queue.buffering.max.messages": "1000000",
                    "queue.buffering.max.kbytes": "1048576", "batch.num.messages": "10000", "batch.size": "1000000",
                    "message.timeout.ms": "60000",
                ]))
        topic = producer.topic(BenchStage.topic)
        producer.onDelivered = { [weak self] _, partition, offset, error in
            self?.delivered(partition, offset, error)
        }
    }

    /// Sends the next records of the trace.
    ///
    /// - Returns: how many the producer took; fewer than `count` when its queue is full.
    func send(_ count: Int) -> Int {
        for position in 0..<count where !sendNext() { return position }
        return count
    }

    private func sendNext() -> Bool {
        let scan = waiting ?? trace.next()
        let isTaken = template.encode(scan) { key, value in
            producer.produce(topic, key: key, value: value, timestampMs: scan.at, tag: 0)
        }
        waiting = isTaken ? nil : scan
        if isTaken {
            sent += 1
            onSent(scan)
        }
        return isTaken
    }

    private func delivered(_ partition: Int32, _ offset: Int64, _ error: KafkaError?) {
        if let error {
            trouble = error
            return
        }
        acknowledged += 1
        nextOffsets[partition] = max(nextOffsets[partition] ?? 0, offset + 1)
    }

    /// Waits until Kafka has everything, and ends the producer.
    ///
    /// - Throws: `BenchFailure` when it does not: what the scores should be is not known then.
    func finish() async throws(BenchFailure) {
        _ = await producer.flush(timeoutMs: Self.patienceMs)
        await producer.close()
        guard acknowledged == sent else {
            throw .failed(
                """
                \(sent - acknowledged) of \(sent) records were not acknowledged \
                (\(trouble?.description ?? "no reason given")), so what the scores should be is not known
                """)
        }
        let inLog = nextOffsets.values.reduce(0, +)
        guard inLog == Int64(sent) else {
            throw .failed("the log holds \(inLog) records and not the \(sent) that were sent")
        }
    }
}
