import HuntCore
import KafkaClient
import Reactor

/// A simulation on its way into Kafka, and what must come of it.
@Reactor
final class SimulationRun {
    let plan: SimulationPlan
    let production: OpenLoopProducer
    private let records: SimulatedRecords

    /// - Throws: `KafkaError.invalidProperty`.
    init(
        _ definition: HuntDefinition, _ plan: SimulationPlan, _ kafka: KafkaSettings, topic: String
    ) throws(KafkaError) {
        self.plan = plan
        records = SimulatedRecords(definition, plan)
        production = try OpenLoopProducer(records, kafka, topic: topic)
    }

    var expectation: HuntExpectation { records.expectation }
    var record: SimulatedRecord { records.record }
    var produced: Int { production.produced }
    /// Records of which it is not known whether the log has them.
    var unacknowledged: Int { production.failed }
    /// The last reason for one.
    var trouble: KafkaError? { production.trouble }
    var stalls: Int { production.stalls }
    var isStopped: Bool { production.isStopped }
    var elapsedSeconds: Double { production.elapsedSeconds }

    /// Starts producing; `isStopped` tells when the plan is done.
    func start() { production.start() }

    /// Produces no more.
    func stop() { production.stop() }

    /// Waits for acknowledgements, then ends the producer. What is not acknowledged within `timeoutMs` counts as
    /// unacknowledged.
    func finish(timeoutMs: Int64) async { await production.finish(timeoutMs: timeoutMs) }
}

/// The records of a plan, and the expectation that grows with what Kafka acknowledges.
@Reactor
private final class SimulatedRecords: DueRecords {
    private(set) var expectation: HuntExpectation
    private(set) var record: SimulatedRecord
    private var schedule: ArrivalSchedule
    private var simulator: HuntSimulator
    private var current: SimulatedScan?
    /// Taken by the producer, not acknowledged yet: the tag of a record is its place here.
    private var inFlight: [SimulatedScan?] = []
    private var freePlaces: [Int] = []

    init(_ definition: HuntDefinition, _ plan: SimulationPlan) {
        schedule = ArrivalSchedule(plan)
        simulator = HuntSimulator(definition, plan)
        record = SimulatedRecord(definition, plan)
        expectation = HuntExpectation(definition, players: plan.players)
    }

    func next() -> Int64? {
        guard let arrival = schedule.next() else { return nil }
        let scan = simulator.record(of: arrival)
        record.encode(scan)
        current = scan
        return arrival.dueNs
    }

    func produce(with producer: KafkaProducer, to topic: KafkaTopic) -> Bool {
        guard let scan = current else { preconditionFailure("produced before the first record") }
        let place = freePlaces.popLast() ?? inFlight.count
        if place == inFlight.count { inFlight.append(nil) }
        inFlight[place] = scan
        let isTaken = record.key.withUnsafeBytes { key in
            record.value.withUnsafeBytes { value in
                producer.produce(topic, key: key, value: value, timestampMs: scan.receivedAt, tag: UInt64(place))
            }
        }
        if !isTaken { free(place) }
        return isTaken
    }

    func settled(_ tag: UInt64, _ partition: Int32, _ offset: Int64, _ error: KafkaError?) {
        let place = Int(tag)
        guard let scan = inFlight[place] else { return }
        free(place)
        if error == nil { expectation.add(scan, partition: partition, offset: offset) }
    }

    private func free(_ place: Int) {
        inFlight[place] = nil
        freePlaces.append(place)
    }
}
