import HuntCore
import KafkaClient
import Reactor

/// Produces scans and remembers every record, with the place that the broker acknowledged.
@Reactor
final class ScanLoad {
    private(set) var records: [ProducedRecord] = []
    /// By partition: the offset after the last record that was acknowledged.
    private(set) var ends: [Int32: Int64] = [:]
    /// Where records of a key go; nil leaves that to the partitioner.
    var placement: ((_ key: String) -> Int32)?
    var generator: ScanGenerator
    private let producers: [KafkaProducer]
    /// Which producer is at work. The test broker (tansu 0.6) shows a reader the records of one producer before earlier
    /// ones of another that writes to the same partition at that moment; so they never do.
    private var turn = 0
    private let topics: [KafkaTopic]
    private var failures: [KafkaError] = []
    private var timer: ReactorTimer?
    private var startedMs: Int64 = 0
    private var generatedSinceStart = 0

    /// - Parameter partitioners: librdkafka's names; a producer each, which take turns.
    init(
        _ site: Site, seed: UInt64, players: Int = 2_000, partitioners: [String] = ["consistent_random"],
        properties: [String: String] = [:]
    ) throws {
        generator = ScanGenerator(hunts: site.hunts, players: players, seed: seed)
        producers = try partitioners.map { partitioner in
            try KafkaProducer(site.kafka(properties.merging(["partitioner": partitioner]) { $1 }))
        }
        topics = producers.map { $0.topic(site.settings.topic) }
        for producer in producers {
            producer.onDelivered = { [unowned self] tag, partition, offset, error in
                if let error { return failures.append(error) }
                records[Int(tag)].partition = partition
                records[Int(tag)].offset = offset
                ends[partition] = max(ends[partition] ?? 0, offset + 1)
            }
        }
    }

    /// Produces `perSecond` scans a second until `stop`.
    func start(perSecond: Int) {
        startedMs = Clock.monotonicMs()
        generatedSinceStart = 0
        tick(perSecond)
    }

    private func tick(_ perSecond: Int) {
        timer = Reactor.schedule(afterMs: 10) { [weak self] in self?.tick(perSecond) }
        if producers.count > 1 {
            if producers[turn].outstanding > 0 { return }
            turn = (turn + 1) % producers.count
        }
        let due = Int(Clock.monotonicMs() - startedMs) * perSecond / 1000
        // After a stall the rest comes later: no more than one tick's work holds up the tests' own timers.
        for _ in 0..<max(0, min(due - generatedSinceStart, perSecond / 20)) {
            send(generated())
            generatedSinceStart += 1
        }
    }

    /// Produces `count` scans as fast as it goes.
    func burst(_ count: Int) async {
        for number in 0..<count {
            send(generated())
            if number % 500 == 499 { await Reactor.pause(ms: 1) }
        }
    }

    private func generated() -> ProducedRecord { generator.next(now: Clock.epochMs(), earlier: records) }

    /// Hands one record to Kafka. The queue holds 20 s of the tests' load, so it never fills.
    func send(_ record: ProducedRecord) {
        let number = records.count
        records.append(record)
        let producer = producers[turn]
        let topic = topics[turn]
        let partition = placement?(record.key ?? "")
        let isTaken = withBytes(record.key.map { Array($0.utf8) }) { key in
            withBytes(record.value) { value in
                producer.produce(
                    topic, partition: partition, key: key, value: value, headers: record.headers,
                    timestampMs: record.receivedAt,
                    tag: UInt64(number))
            }
        }
        if !isTaken { failures.append(.unreachable("the producer's queue is full")) }
    }

    /// Adds records that the log holds besides.
    func append(_ repeats: [ProducedRecord]) {
        records += repeats
        for record in repeats { ends[record.partition] = max(ends[record.partition] ?? 0, record.offset + 1) }
    }

    /// Stops producing and waits until everything is acknowledged.
    ///
    /// - Throws: when a record failed, for then nobody knows what was produced.
    func stop() async throws {
        timer?.cancel()
        timer = nil
        for producer in producers where !(await producer.flush(timeoutMs: 30_000)) {
            throw ServiceFailure("the broker does not acknowledge")
        }
        if let first = failures.first { throw ServiceFailure("\(failures.count) records failed: \(first)") }
    }

    /// After `stop`: ends the producers.
    func close() async {
        for producer in producers { await producer.close() }
    }
}

private func withBytes<Value>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Value) -> Value {
    guard let bytes else { return body(nil) }
    return bytes.withUnsafeBytes { body($0) }
}
