import FlowCore
import HuntCore
import Reactor

@testable import Simulation

@Reactor
final class FakeLedgerStage: LedgerStage {
    private let time = VirtualTime()
    private let faults = Faults(seed: 1)
    private let tables: FakeLedger
    private var clients: [String: LedgerClient] = [:]

    init() { tables = FakeLedger(time: time) }

    var patience: Patience { Patience(time: time) }

    private func client(_ owner: String) -> LedgerClient {
        if let client = clients[owner] { return client }
        let client = LedgerClient(ledger: tables, owner: owner, time: time, faults: faults, parts: WorldParts())
        clients[owner] = client
        return client
    }

    func ledger(_ owner: String) -> any Ledger { client(owner) }

    func absentLedger() -> any Ledger {
        var rates = FaultRates()
        rates.leasePercent = 100
        rates.readPercent = 100
        let faults = Faults(seed: 1, rates: rates)
        faults.nextFlushes = [.unavailable]
        return LedgerClient(
            ledger: FakeLedger(time: time), owner: "w1", time: time, faults: faults, parts: WorldParts())
    }

    func importHunt(_ definition: HuntDefinition) async throws { tables.importHunt(definition) }

    func facts() async throws -> [String] {
        tables.facts.sorted { $0.key < $1.key }.flatMap { player, held in
            held.sorted { $0.key < $1.key }.map { checkpoint, fact in
                "\(player.player) \(checkpoint) \(fact.scannedAt - VirtualTime.startEpochMs) \(fact.eventID) "
                    + "\(fact.reader ?? "-") \(fact.place.partition)@\(fact.place.offset)"
            }
        }
    }

    func leases() async throws -> [String] {
        tables.leases.sorted { $0.key < $1.key }.map { partition, lease in
            let counts = lease.counts
            return "\(partition): \(lease.start) \(lease.next) \(lease.published) "
                + "\(counts.first) \(counts.earlier) \(counts.repeats) \(counts.refusals)"
        }
    }

    private static let firstHour = VirtualTime.startEpochMs / 3_600_000

    func refusalsKept() async throws -> [String: Int] {
        var kept: [String: Int] = [:]
        for (place, entry) in tables.refused {
            kept["\(entry.reason) \(place.partition) \(entry.hour - Self.firstHour)", default: 0] += 1
        }
        return kept
    }

    func refusalsCounted() async throws -> [String: Int64] {
        Dictionary(
            uniqueKeysWithValues: tables.refusedCounts.map {
                ("\($0.key.reason) \($0.key.hour - Self.firstHour)", $0.value)
            })
    }

    var unstorableEvent: String { SampleScan.poison }

    func flushCutOff(_ call: FlushCall) async throws -> Result<Int64, FlushTrouble> {
        faults.nextFlushes = [.lostBefore]
        return try await patience.reply { ledger("w1").flush(call, reply: $0) }
    }

    func flushInConflict(_ call: FlushCall) async throws -> Result<Int64, FlushTrouble> {
        faults.nextFlushes = [.conflict]
        return try await patience.reply { ledger("w1").flush(call, reply: $0) }
    }

    var violations: [String] { tables.violations }

    func end() async {}
}
