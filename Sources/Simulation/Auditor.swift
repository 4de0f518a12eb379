import FlowCore
import HuntCore

/// Checks a quiet world from outside: recomputes everything from what was produced and from the definitions that stood
/// at the moment of each commit, by the plain model of contracts.md, and compares. Faults.md, invariants 1-5.
public struct Auditor {
    private let world: SimulatedWorld
    private var faults: [String] = []

    private init(_ world: SimulatedWorld) { self.world = world }

    /// - Returns: what is wrong, one line each; empty when all is well.
    public static func audit(_ world: SimulatedWorld) -> [String] {
        var auditor = Auditor(world)
        auditor.faults = world.violations
        auditor.checkFacts()
        auditor.checkScores()
        auditor.checkLeases()
        auditor.checkRefusals()
        auditor.checkFeed()
        auditor.faults += lateKeys(world)
        return auditor.faults
    }

    // MARK: What should be

    /// The naive judgement of contracts.md section 1.
    private func judge(_ record: FakeRecord, by hunts: [Int32: StoredHunt]) -> Judgement {
        guard let scan = record.scan, record.timestampMs >= 0 else { return .refused(.malformed) }
        if record.key != Array(scan.player.utf8) { return .refused(.wrongKey) }
        guard let hunt = hunts.values.first(where: { $0.definition.slug == scan.hunt }) else {
            return .refused(.unknownHunt)
        }
        let definition = hunt.definition
        guard let position = definition.checkpoints.firstIndex(where: { $0.tag == scan.tag.uppercased() }) else {
            return .refused(.unknownTag)
        }
        let checkpoint = definition.checkpoints[position]
        if scan.scannedAt > record.timestampMs + 300_000 { return .refused(.fromTheFuture) }
        let opensAt = max(checkpoint.opensAt ?? definition.opensAt, definition.opensAt)
        let closesAt = min(checkpoint.closesAt ?? definition.closesAt, definition.closesAt)
        if scan.scannedAt < opensAt || scan.scannedAt >= closesAt { return .refused(.outsideWindow) }
        if record.timestampMs > definition.closesAt + definition.lateGrace { return .refused(.tooLate) }
        return .accepted(hunt: hunt.huntID, checkpoint: hunt.checkpointIDs[position])
    }

    private enum Judgement {
        case accepted(hunt: Int32, checkpoint: Int32)
        case refused(RefusalReason)
    }

    /// Calls `body` with every committed record and the definitions by which it was decided.
    private func forEachCommitted(_ body: (FakeRecord, Judgement) -> Void) {
        for stretch in world.ledger.journal {
            let hunts = world.ledger.history[stretch.generation] ?? [:]
            let records = world.log.everything(in: stretch.partition)
            for record in records[Int(stretch.from)..<Int(stretch.next)] {
                body(record, judge(record, by: hunts))
            }
        }
    }

    // MARK: Checks

    /// A poisonous scan can only be a repeat or unstorable: it never names a fact.
    private mutating func checkFacts() {
        var expected: [PlayerID: [Int32: FactEntry]] = [:]
        forEachCommitted { record, verdict in
            guard case .accepted(let hunt, let checkpoint) = verdict, let scan = record.scan, !scan.isPoisonous
            else { return }
            let fact = FactEntry(
                scannedAt: scan.scannedAt, eventID: scan.eventID, reader: scan.reader,
                place: RecordPlace(partition: record.partition, offset: record.offset))
            let player = PlayerID(hunt: hunt, player: scan.player)
            if let held = expected[player]?[checkpoint],
                (held.scannedAt, held.place.partition, held.place.offset)
                    <= (fact.scannedAt, fact.place.partition, fact.place.offset)
            {
                return
            }
            expected[player, default: [:]][checkpoint] = fact
        }
        let ledger = world.ledger
        for player in Set(expected.keys).union(ledger.facts.keys).sorted()
        where expected[player] != ledger.facts[player] {
            faults.append(
                "\(player): facts are \(ledger.facts[player] ?? [:]), should be \(expected[player] ?? [:])")
        }
        let firsts = ledger.leases.values.reduce(0) { $0 + $1.counts.first }
        let rows = ledger.facts.values.reduce(0) { $0 + $1.count }
        if firsts != rows { faults.append("\(firsts) first scans were counted, there are \(rows) facts") }
    }

    private mutating func checkScores() {
        let ledger = world.ledger
        for player in Set(ledger.facts.keys).union(ledger.scores.keys).sorted() {
            guard let hunt = ledger.hunts[player.hunt], let score = ledger.scores[player] else {
                faults.append("\(player): facts and no score")
                continue
            }
            let tally = FakeLedger.tally(ledger.facts[player] ?? [:], in: hunt)
            if tally != score.tally { faults.append("\(player): \(score.tally), should be \(tally)") }
        }
    }

    private mutating func checkLeases() {
        for partition in 0..<world.log.partitionCount {
            guard let lease = world.ledger.leases[partition] else { continue }
            if lease.published != lease.next {
                faults.append("partition \(partition): published \(lease.published), next \(lease.next)")
            }
            if lease.next != world.log.end(of: partition) {
                faults.append("partition \(partition): next \(lease.next), log \(world.log.end(of: partition))")
            }
            var next: Int64?
            for stretch in world.ledger.journal where stretch.partition == partition {
                let isMoved = world.ledger.moves.contains(
                    RecordPlace(partition: partition, offset: stretch.from))
                if let next, stretch.from != next, !isMoved {
                    faults.append("partition \(partition): \(stretch.from) does not follow \(next)")
                }
                next = stretch.next
            }
        }
    }

    private mutating func checkRefusals() {
        var expected: [RecordPlace: String] = [:]
        var poisonous = Set<RecordPlace>()
        forEachCommitted { record, verdict in
            let place = RecordPlace(partition: record.partition, offset: record.offset)
            switch verdict {
            case .refused(let reason): expected[place] = reason.name
            case .accepted: if record.scan?.isPoisonous == true { poisonous.insert(place) }
            }
        }
        let ledger = world.ledger
        for place in Set(expected.keys).union(ledger.refused.keys).sorted() {
            let held = ledger.refused[place]?.reason
            if poisonous.contains(place) && held == RefusalReason.unstorable.name { continue }
            if held != expected[place] {
                faults.append("\(place): refused as \(held ?? "-"), should be \(expected[place] ?? "-")")
            }
        }
        let counted = ledger.refusedCounts.values.reduce(0, +)
        let inLeases = ledger.leases.values.reduce(0) { $0 + $1.counts.refusals }
        if counted != inLeases || counted != Int64(ledger.refused.count) {
            faults.append("refusals: \(counted) counted, \(inLeases) in leases, \(ledger.refused.count) kept")
        }
    }

    private mutating func checkFeed() {
        for (player, score) in world.ledger.scores.sorted(by: { $0.key < $1.key }) {
            let told = world.feed.newest[player]
            if score.version == 0 && told == nil { continue }
            if told?.version != score.version || told?.tally != score.tally || told?.committedAt != score.updatedAt {
                faults.append("\(player): the feed says \(told.map { "\($0)" } ?? "nothing"), the ledger \(score)")
            }
        }
        for player in world.feed.newest.keys where world.ledger.scores[player] == nil {
            faults.append("\(player): in the feed and not in the ledger")
        }
    }

    /// Keys that are newer than the ledger, differ from their version, or lag by more than their time to live. True at
    /// any moment, not only a quiet one.
    public static func lateKeys(_ world: SimulatedWorld) -> [String] {
        world.cache.entries.sorted { $0.key < $1.key }.compactMap { player, entry in
            guard let score = world.ledger.scores[player] else { return "\(player): a key without a row" }
            if entry.version > score.version { return "\(player): key version \(entry.version) > \(score.version)" }
            if entry.version == score.version {
                let isEqual = entry.tally == score.tally && entry.committedAt == score.updatedAt
                return isEqual ? nil : "\(player): the key says \(entry), the ledger \(score)"
            }
            guard let sinceMs = world.ledger.supersededAtMs[player]?[entry.version] else {
                return "\(player): a key of version \(entry.version) that never was"
            }
            // The time to live counts from the arrival of the call.
            if entry.expiresAtMs <= sinceMs + world.limits.scoreTTLMs + world.faults.latencyMostMs { return nil }
            return """
                \(player): the key of version \(entry.version), superseded at \(sinceMs), lives until \
                \(entry.expiresAtMs)
                """
        }
    }

    /// Present keys that are older than the ledger.
    public static func staleKeys(_ world: SimulatedWorld) -> [String] {
        world.cache.entries.sorted { $0.key < $1.key }.compactMap { player, entry in
            let version = world.ledger.scores[player]?.version
            return entry.version == version ? nil : "\(player): key version \(entry.version), ledger \(version ?? 0)"
        }
    }
}
