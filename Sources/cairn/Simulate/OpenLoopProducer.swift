import KafkaClient
import Reactor

/// Records in the order in which they are due.
@Reactor
protocol DueRecords: AnyObject {
    /// Turns to the next record.
    ///
    /// - Returns: when it is due, nanoseconds since the start, never before the one before; nil after the last.
    func next() -> Int64?
    /// Hands the current record to the producer.
    ///
    /// - Returns: false when the producer's queue is full; the same record is handed over again later.
    func produce(with producer: KafkaProducer, to topic: KafkaTopic) -> Bool
    /// What became of a record that was produced with this tag.
    func settled(_ tag: UInt64, _ partition: Int32, _ offset: Int64, _ error: KafkaError?)
}

/// Sends records into Kafka when they are due, whatever the system does: an open loop.
///
/// A full queue or a broker that is away makes records late and never moves the schedule. What is late waits in no
/// memory, for records are made one by one in the schedule's order, and goes out as fast as it can.
@Reactor
final class OpenLoopProducer {
    /// Records handed to the producer.
    private(set) var produced = 0
    private(set) var acknowledged = 0
    /// Records of which it is not known whether the log has them.
    private(set) var failed = 0
    /// The last reason for one.
    private(set) var trouble: KafkaError?
    /// How often the producer's queue was full.
    private(set) var stalls = 0
    /// The longest that a record was handed over after it was due, nanoseconds.
    private(set) var largestLatenessNs: Int64 = 0
    /// The same of the last record that was handed over.
    private(set) var lastLatenessNs: Int64 = 0
    /// Whether the last record was handed over, or `stop` was called.
    private(set) var isStopped = false

    private let records: any DueRecords
    private let producer: KafkaProducer
    private let topic: KafkaTopic
    private var startedNs: Int64 = 0
    private var lastAcknowledgedNs: Int64 = 0
    /// Of the current record.
    private var dueNs: Int64?
    private var isFull = false

    /// The longest pause, so that little is to be made up for after a clock's trouble. Milliseconds.
    private static let pauseMsMax: Int64 = 100
    /// Records in one go, so that others have their turn on the reactor while a backlog is made up for.
    private static let recordsPerTick = 2_000

    /// - Throws: `KafkaError.invalidProperty`.
    init(_ records: any DueRecords, _ kafka: KafkaSettings, topic: String) throws(KafkaError) {
        self.records = records
        var settings = kafka
        // Fewer, larger requests; a few milliseconds more do not matter to a simulated phone.
        settings.properties["linger.ms"] = kafka.properties["linger.ms"] ?? "5"
        // A recorded record may be as large as consumers accept (15 MiB); the broker has the last word.
        settings.properties["message.max.bytes"] = kafka.properties["message.max.bytes"] ?? "16777216"
        producer = try KafkaProducer(settings)
        self.topic = producer.topic(topic)
        producer.onDelivered = { [weak self] tag, partition, offset, error in
            self?.delivered(tag, partition, offset, error)
        }
        producer.onWritable = { [weak self] in self?.isFull = false }
    }

    /// Starts producing; `isStopped` tells when everything is handed over.
    func start() {
        startedNs = Clock.monotonicNs()
        dueNs = records.next()
        tick()
    }

    /// Produces no more.
    func stop() { isStopped = true }

    /// Waits for acknowledgements, then ends the producer. What is not acknowledged within `timeoutMs` counts as
    /// failed.
    func finish(timeoutMs: Int64) async {
        stop()
        _ = await producer.flush(timeoutMs: timeoutMs)
        await producer.close()
    }

    private var elapsedNs: Int64 { Clock.monotonicNs() - startedNs }

    /// Seconds since the start.
    var elapsedSeconds: Double { Double(elapsedNs) / 1e9 }

    /// How late the current record is by now, nanoseconds.
    var latenessNs: Int64 { isStopped ? 0 : max(0, elapsedNs - (dueNs ?? .max)) }

    /// Acknowledged records a second, from the start until the last acknowledgement.
    var achievedRate: Double { Double(acknowledged) / max(Double(lastAcknowledgedNs) / 1e9, 1e-3) }

    private func tick() {
        if isStopped { return }
        let end = produced + Self.recordsPerTick
        while produced < end, !isFull, let dueNs {
            let latenessNs = elapsedNs - dueNs
            if latenessNs < 0 { break }
            produceOne(late: latenessNs)
        }
        guard let dueNs else {
            isStopped = true
            return
        }
        let waitMs = isFull ? 1 : min((dueNs - elapsedNs + 999_999) / 1_000_000, Self.pauseMsMax)
        Reactor.schedule(afterMs: waitMs) { [weak self] in self?.tick() }
    }

    private func produceOne(late latenessNs: Int64) {
        if records.produce(with: producer, to: topic) {
            produced += 1
            lastLatenessNs = latenessNs
            largestLatenessNs = max(largestLatenessNs, latenessNs)
            dueNs = records.next()
        } else {
            isFull = true
            stalls += 1
        }
    }

    private func delivered(_ tag: UInt64, _ partition: Int32, _ offset: Int64, _ error: KafkaError?) {
        if let error {
            failed += 1
            trouble = error
        } else {
            acknowledged += 1
            lastAcknowledgedNs = elapsedNs
        }
        records.settled(tag, partition, offset, error)
    }
}
