import FlowCore
import HuntCore

/// What a run left behind, compared with faultless runs of the same scans: read from the log's start once more, which
/// must give identical facts and scores, and in another order, repeated and split otherwise, which must give the same
/// scores. Faults.md, invariants 7 and 8.
struct ReplayCheck {
    private let simulation: Simulation
    private var random: SplitMix64

    init(_ simulation: Simulation) {
        self.simulation = simulation
        random = SplitMix64(seed: simulation.history.seed)
    }

    /// - Returns: what differs, one line each.
    ///
    /// Where definitions changed or scans were lost on the way, the two faultless runs are compared with each other, and
    /// of those seeds only every fourth.
    mutating func findings() -> [String] {
        let world = simulation.world
        let isSame = !simulation.isRedefined && world.auditor.isWhole
        if !isSame && simulation.history.seed % 4 != 0 { return [] }
        var findings: [String] = []
        let replayed = run(records(), partitions: world.log.partitionCount, &findings)
        let shuffled = run(shuffled(), partitions: 5, &findings)
        if !findings.isEmpty { return findings.map { "a faultless run: \($0)" } }
        if isSame {
            if replayed.facts != world.ledger.facts { findings.append("a replay from the start gives other facts") }
            if scores(replayed) != scores(world.ledger) {
                findings.append("a replay from the start gives other scores")
            }
        }
        if scores(shuffled) != scores(replayed) {
            findings.append("in another order and split the same scans give other scores")
        }
        return findings
    }

    private func scores(_ ledger: FakeLedger) -> [PlayerID: Tally] { ledger.scores.mapValues(\.tally) }

    private func records() -> [FakeRecord] {
        let log = simulation.world.log
        return (0..<log.partitionCount).flatMap { log.everything(in: $0) }
    }

    /// The same records in another order, some of them twice, with other partitions.
    private mutating func shuffled() -> [FakeRecord] {
        let once = records()
        let twice = once + once.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
        return twice.shuffled(using: &random).map { record in
            FakeRecord(
                partition: Int32.random(in: 0..<5, using: &random), offset: record.offset,
                timestampMs: record.timestampMs, key: record.key, value: record.value, scan: record.scan)
        }
    }

    /// - Returns: the ledger of a world without faults that has read these records.
    private func run(_ records: [FakeRecord], partitions: Int32, _ findings: inout [String]) -> FakeLedger {
        var limits = FlowLimits()
        limits.ringCapacity = 128
        limits.stopAt = 100
        limits.resumeAt = 50
        let world = SimulatedWorld(seed: 1, partitions: partitions, limits: limits)
        defer { world.end() }
        for hunt in simulation.world.ledger.hunts.values.sorted(by: { $0.huntID < $1.huntID }) {
            world.ledger.importHunt(hunt.definition)
        }
        for record in records {
            world.log.append(
                record.partition, key: record.key, value: record.value, timestampMs: record.timestampMs,
                scan: record.scan)
        }
        world.rebalance([(world.addWorker(), Array(0..<partitions))])
        if !world.settle() { findings.append("no rest") }
        findings += Auditor.audit(world)
        return world.ledger
    }
}
