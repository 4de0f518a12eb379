import HuntCore

/// What the scores must be, by the simulator's own bookkeeping of what Kafka acknowledged.
///
/// It judges scans by itself and counts with `standing(of:in:)`, so that it shares nothing with the worker's way from
/// record to score but the contract.
struct HuntExpectation {
    /// What the contract makes of one record.
    enum Outcome: Equatable {
        case accepted(checkpoint: Int)
        case refused(RefusalReason)
    }

    /// The first scan of a checkpoint, as far as is known.
    struct First: Equatable {
        /// Position in the definition.
        var checkpoint: Int
        var scannedAt: Int64
        var partition: Int32
        var offset: Int64
        var event: Int
    }

    let definition: HuntDefinition
    /// By player; in no order.
    private(set) var firsts: [[First]]
    private(set) var refusals: [RefusalReason: Int] = [:]
    /// The offset after the last acknowledged record, by partition.
    private(set) var nextOffsets: [Int32: Int64] = [:]
    /// Acknowledged records.
    private(set) var records = 0

    init(_ definition: HuntDefinition, players: Int) {
        self.definition = definition
        firsts = Array(repeating: [], count: players)
    }

    /// Judges a record as contracts.md section 1 says, for the reasons that the simulator causes.
    static func outcome(of scan: SimulatedScan, in definition: HuntDefinition) -> Outcome {
        switch scan.content {
        case .malformed: return .refused(.malformed)
        case .unknownTag: return .refused(.unknownTag)
        case .visit(let position):
            let checkpoint = definition.checkpoints[position]
            if scan.scannedAt > scan.receivedAt + 300_000 { return .refused(.fromTheFuture) }
            let opensAt = checkpoint.opensAt ?? definition.opensAt
            let closesAt = checkpoint.closesAt ?? definition.closesAt
            if scan.scannedAt < opensAt || scan.scannedAt >= closesAt { return .refused(.outsideWindow) }
            if scan.receivedAt > definition.closesAt + definition.lateGrace { return .refused(.tooLate) }
            return .accepted(checkpoint: position)
        }
    }

    /// Notes an acknowledged record.
    mutating func add(_ scan: SimulatedScan, partition: Int32, offset: Int64) {
        records += 1
        nextOffsets[partition] = max(nextOffsets[partition] ?? 0, offset + 1)
        switch Self.outcome(of: scan, in: definition) {
        case .refused(let reason): refusals[reason, default: 0] += 1
        case .accepted(let checkpoint):
            add(
                First(
                    checkpoint: checkpoint, scannedAt: scan.scannedAt, partition: partition, offset: offset,
                    event: scan.event), ofPlayer: scan.player)
        }
    }

    private mutating func add(_ scan: First, ofPlayer player: Int) {
        guard let place = firsts[player].firstIndex(where: { $0.checkpoint == scan.checkpoint }) else {
            return firsts[player].append(scan)
        }
        let known = firsts[player][place]
        if (scan.scannedAt, scan.partition, scan.offset) < (known.scannedAt, known.partition, known.offset) {
            firsts[player][place] = scan
        }
    }

    /// Facts of all players.
    var facts: Int { firsts.reduce(0) { $0 + $1.count } }

    /// What a player's score must be; nil for one without an accepted scan.
    func standing(ofPlayer player: Int) -> Standing? {
        if firsts[player].isEmpty { return nil }
        let scans = firsts[player].map { first in
            AcceptedScan(
                checkpoint: definition.checkpoints[first.checkpoint].id, scannedAt: first.scannedAt,
                partition: first.partition, offset: first.offset, eventID: "")
        }
        return HuntCore.standing(of: scans, in: definition)
    }
}
