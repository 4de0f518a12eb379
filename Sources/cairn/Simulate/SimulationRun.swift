import HuntCore
import KafkaClient
import Reactor

/// A simulation on its way into Kafka. The clock sets its pace and never the system: what a full producer queue held
/// back is sent as soon as there is room, with the time at which it was due.
@Reactor
final class SimulationRun {
    private(set) var expectation: HuntExpectation
    let plan: SimulationPlan
    /// Records handed to the producer.
    private(set) var produced = 0
    /// Records of which it is not known whether the log has them.
    private(set) var unacknowledged = 0
    /// The last reason for one.
    private(set) var trouble: KafkaError?
    /// How often the producer's queue was full.
    private(set) var stalls = 0
    private(set) var isStopped = false

    private var simulator: HuntSimulator
    private(set) var record: SimulatedRecord
    private let producer: KafkaProducer
    private let topic: KafkaTopic
    /// Encoded but not taken yet, because the queue was full.
    private var waiting: SimulatedScan?
    /// Taken by the producer, not acknowledged yet: the tag of a record is its place here.
    private var inFlight: [SimulatedScan?] = []
    private var freePlaces: [Int] = []
    private var startedNs: Int64 = 0
    private var isFull = false

    private static let tickMs: Int64 = 5
    /// Records in one go, so that others have their turn on the reactor while a backlog is made up for.
    private static let recordsPerTick = 2_000

    /// - Throws: `KafkaError.invalidProperty`.
    init(
        _ definition: HuntDefinition, _ plan: SimulationPlan, _ kafka: KafkaSettings, topic: String
    ) throws(KafkaError) {
        self.plan = plan
        simulator = HuntSimulator(definition, plan)
        record = SimulatedRecord(definition, plan)
        expectation = HuntExpectation(definition, players: plan.players)
        var settings = kafka
        // Fewer, larger requests; a few milliseconds more do not matter to a simulated phone.
        settings.properties["linger.ms"] = kafka.properties["linger.ms"] ?? "5"
        producer = try KafkaProducer(settings)
        self.topic = producer.topic(topic)
        producer.onDelivered = { [weak self] tag, partition, offset, error in
            self?.delivered(Int(tag), partition, offset, error)
        }
        producer.onWritable = { [weak self] in self?.isFull = false }
    }

    /// Starts producing; `isStopped` tells when the plan is done.
    func start() {
        startedNs = Clock.monotonicNs()
        tick()
    }

    /// Produces no more.
    func stop() { isStopped = true }

    /// Waits for acknowledgements, then ends the producer. What is not acknowledged within `timeoutMs` counts as
    /// unacknowledged.
    func finish(timeoutMs: Int64) async {
        stop()
        _ = await producer.flush(timeoutMs: timeoutMs)
        await producer.close()
    }

    /// Seconds since the start.
    var elapsedSeconds: Double { Double(Clock.monotonicNs() - startedNs) / 1e9 }

    private func tick() {
        if isStopped { return }
        let due = min(plan.records, Int(elapsedSeconds * Double(plan.rate)))
        let end = min(due, produced + Self.recordsPerTick)
        while produced < end, !isFull { produceOne() }
        if produced == plan.records {
            isStopped = true
        } else {
            Reactor.schedule(afterMs: Self.tickMs) { [weak self] in self?.tick() }
        }
    }

    private func produceOne() {
        let scan = waiting ?? simulator.next()
        if waiting == nil { record.encode(scan) }
        let place = freePlaces.popLast() ?? inFlight.count
        if place == inFlight.count { inFlight.append(nil) }
        inFlight[place] = scan
        let isTaken = record.key.withUnsafeBytes { key in
            record.value.withUnsafeBytes { value in
                producer.produce(topic, key: key, value: value, timestampMs: scan.receivedAt, tag: UInt64(place))
            }
        }
        if isTaken {
            waiting = nil
            produced += 1
        } else {
            free(place)
            waiting = scan
            isFull = true
            stalls += 1
        }
    }

    private func delivered(_ place: Int, _ partition: Int32, _ offset: Int64, _ error: KafkaError?) {
        guard let scan = inFlight[place] else { return }
        free(place)
        if let error {
            unacknowledged += 1
            trouble = error
        } else {
            expectation.add(scan, partition: partition, offset: offset)
        }
    }

    private func free(_ place: Int) {
        inFlight[place] = nil
        freePlaces.append(place)
    }
}
