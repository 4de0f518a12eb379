import FlowCore
import HuntCore

extension FakeLedger {
    /// Contracts.md section 1: of each (reason, partition, hour) so many keep their detail.
    public static let refusalsKept = 1000

    /// `cairn.flush`: all of it or nothing.
    ///
    /// - Returns: the time that the changed rows carry, epoch milliseconds.
    public func flush(_ call: FlushImage) throws(FlushTrouble) -> Int64 {
        do throws(FlushTrouble) {
            try check(call)
        } catch {
            raised[Self.code(of: error), default: 0] += 1
            throw error
        }
        commits += 1
        for fact in call.facts { write(fact) }
        for score in call.scores { write(score) }
        write(call.refusals)
        for share in call.shares { move(share, by: call.generation) }
        onEffect(.flushed(call))
        return epochMs
    }

    private static func code(of trouble: FlushTrouble) -> String {
        switch trouble {
        case .leaseLost: "CA001"
        case .playersChanged: "CA002"
        case .definitionsChanged: "CA003"
        case .rejected(let state): state
        case .conflict, .unavailable, .outcomeUnknown: "other"
        }
    }

    // MARK: What refuses

    private func check(_ call: FlushImage) throws(FlushTrouble) {
        // Postgres reads the arguments before it calls the function.
        if call.facts.contains(where: { $0.entry.eventID.hasPrefix(SampleScan.poison) }) { throw .rejected("22021") }
        if call.generation != generation && guards.contains(.generation) { throw .definitionsChanged }
        let lost = call.shares.filter { share in
            guard let lease = leases[share.partition] else { return true }
            return lease.epoch != share.epoch && guards.contains(.epoch)
                || lease.next != share.from && guards.contains(.position)
        }
        if !lost.isEmpty { throw .leaseLost(lost.map(\.partition).sorted()) }
        noteBadOrder(call)
        if isRefusingAll { throw .rejected("23514") }
        if call.facts.isEmpty {
            if !call.scores.isEmpty { violations.append("scores without facts would not be written") }
        } else {
            try checkPlayers(call)
            try checkNews(call)
        }
        for share in call.shares where share.published > share.next { throw .rejected("23514") }
    }

    /// A row is written over the one that the batch was computed from, or, with `facts_seq` 1, where there is none.
    private func checkPlayers(_ call: FlushImage) throws(FlushTrouble) {
        if !guards.contains(.factsSeq) { return }
        var written = 0
        var inserted = 0
        for score in call.scores {
            guard let row = scores[score.player] else {
                written += 1
                inserted += 1
                continue
            }
            if row.factsSeq == score.factsSeq - 1 { written += 1 }
        }
        if written != call.scores.count || inserted != call.scores.count(where: { $0.factsSeq == 1 }) {
            throw .playersChanged(max(call.scores.count - written, 1))
        }
    }

    /// A fact that is given as new is inserted, whatever the table holds: a second one of its key is an error.
    private func checkNews(_ call: FlushImage) throws(FlushTrouble) {
        if !guards.contains(.factsSeq) { return }
        for fact in call.facts where fact.isNew && facts[fact.player]?[fact.checkpoint] != nil {
            violations.append("a fact given as new is there: \(fact.player) \(fact.checkpoint)")
            throw .rejected("23505")
        }
    }

    /// Two rows of one key in one upsert are an error in Postgres, and rows out of order can deadlock.
    private func noteBadOrder(_ call: FlushImage) {
        for (left, right) in zip(call.scores, call.scores.dropFirst()) where !(left.player < right.player) {
            violations.append("score rows out of order or twice: \(left.player) \(right.player)")
        }
        for (left, right) in zip(call.facts, call.facts.dropFirst()) {
            let isOrdered =
                left.player < right.player || left.player == right.player && left.checkpoint < right.checkpoint
            if !isOrdered { violations.append("fact rows out of order or twice: \(left.player) \(right.player)") }
        }
        if Set(call.shares.map(\.partition)).count != call.shares.count { violations.append("a partition twice") }
        for share in call.shares where share.published > share.next {
            violations.append("partition \(share.partition): published \(share.published) > next \(share.next)")
        }
    }

    // MARK: What is written

    /// - Returns: whether the table changed.
    @discardableResult
    func write(_ fact: FlushImage.FactLine) -> Bool {
        if let held = facts[fact.player]?[fact.checkpoint], guards.contains(.earliestFact) {
            let new = (fact.entry.scannedAt, fact.entry.place.partition, fact.entry.place.offset)
            if new >= (held.scannedAt, held.place.partition, held.place.offset) { return false }
        }
        facts[fact.player, default: [:]][fact.checkpoint] = fact.entry
        return true
    }

    private func write(_ line: FlushImage.ScoreLine) {
        let row = scores[line.player]
        scores[line.player] = ScoreEntry(
            tally: line.tally, version: line.version, factsSeq: line.factsSeq,
            updatedAt: row.flatMap { $0.version == line.version ? $0.updatedAt : nil } ?? epochMs)
    }

    private struct Drawer: Hashable {
        let reason: String
        let partition: Int32
        let hour: Int64
    }

    private func write(_ lines: [FlushImage.RefusalLine]) {
        var kept: [Drawer: Int] = [:]
        if !lines.isEmpty {
            for (place, entry) in refused {
                kept[Drawer(reason: entry.reason, partition: place.partition, hour: entry.hour), default: 0] += 1
            }
        }
        for line in lines {
            let drawer = Drawer(reason: line.entry.reason, partition: line.place.partition, hour: line.entry.hour)
            refusedCounts[RefusalHour(reason: line.entry.reason, hour: line.entry.hour), default: 0] += 1
            if !line.isKept || kept[drawer, default: 0] >= Self.refusalsKept { continue }
            kept[drawer, default: 0] += 1
            refused[line.place] = line.entry
        }
    }

    private func move(_ share: FlushImage.Share, by generation: Int64) {
        guard var lease = leases[share.partition] else { return }
        if share.next > lease.next {
            journal.append(
                CommittedStretch(
                    partition: share.partition, from: lease.next, next: share.next, generation: generation))
        }
        lease.next = share.next
        lease.published = max(lease.published, share.published)
        lease.counts.first += share.counts.first
        lease.counts.earlier += share.counts.earlier
        lease.counts.repeats += share.counts.repeats
        lease.counts.refusals += share.counts.refusals
        leases[share.partition] = lease
    }
}
