import FlowCore
import HuntCore

/// What a flush did, record by record: invariants 1 to 4.
extension Auditor {
    /// What the records of a stretch should have come to.
    private struct Outcome {
        var counts = LaneCounts()
        /// Scans that the ledger cannot store: repeats, or refusals.
        var poisonous: Set<RecordPlace> = []
        var refused: [RecordPlace] = []
        var changed: [(player: PlayerID, place: RecordPlace)] = []
    }

    private static let marks: [RefusalReason: CoverageMark] = [
        .malformed: .corruptScan, .wrongKey: .foreignKey, .fromTheFuture: .futureScan, .tooLate: .lateScan,
    ]

    func flushed(_ call: FlushImage) {
        var outcomes: [Outcome] = []
        for share in call.shares {
            guard let outcome = read(share) else { return }
            checkRefusals(outcome, share.partition)
            outcomes.append(outcome)
        }
        let isExact = outcomes.allSatisfy(\.poisonous.isEmpty)
        for (share, outcome) in zip(call.shares, outcomes) {
            checkCounts(outcome, share, isExact: isExact)
            leases[share.partition]?.next = share.next
        }
        let changed = outcomes.flatMap(\.changed)
        let touched = Set(changed.map(\.player))
        if touched != Set(call.scores.map(\.player)) {
            find("rows of \(call.scores.map(\.player)) were written, facts changed of \(touched.sorted())")
        }
        let visible = touched.filter { count($0) }
        for player in touched { compare(player) }
        for (player, place) in changed where visible.contains(player) {
            debts[place.partition, default: []].append(
                Debt(offset: place.offset, player: player, version: players[player]?.version ?? 0))
        }
        for share in call.shares { published(share) }
    }

    /// Judges the records of a share.
    ///
    /// - Returns: nil when the share should never have committed.
    private func read(_ share: FlushImage.Share) -> Outcome? {
        guard let lease = leases[share.partition] else {
            find("partition \(share.partition): a flush without a lease")
            return nil
        }
        if share.epoch != lease.epoch {
            find("partition \(share.partition): epoch \(share.epoch) committed, the lease has \(lease.epoch)")
        }
        let records = log.everything(in: share.partition, age: lease.age)
        guard share.from == lease.next, share.next >= lease.next, share.next <= records.count else {
            find(
                "partition \(share.partition): \(share.from) to \(share.next) committed, the lease is at \(lease.next)")
            return nil
        }
        var outcome = Outcome()
        for record in records[Int(share.from)..<Int(share.next)] { read(record, &outcome) }
        return outcome
    }

    private func read(_ record: FakeRecord, _ outcome: inout Outcome) {
        let place = RecordPlace(partition: record.partition, offset: record.offset)
        switch NaiveJudgement(of: record, by: ledger.hunts) {
        case .refused(let reason):
            outcome.counts.refusals += 1
            outcome.refused.append(place)
            refusals[place] = (reason, record)
            if let mark = Self.marks[reason] { faults.mark(mark) }
        case .accepted(let player, let checkpoint, let fact):
            if record.scan?.isPoisonous == true {
                outcome.poisonous.insert(place)
                return
            }
            let (isNew, isFirst) = apply(fact, of: player, checkpoint: checkpoint, isLate: false)
            if isFirst {
                outcome.counts.first += 1
            } else if isNew {
                outcome.counts.earlier += 1
            } else {
                outcome.counts.repeats += 1
            }
            if isNew { outcome.changed.append((player, place)) }
        }
    }

    private func checkRefusals(_ outcome: Outcome, _ partition: Int32) {
        for place in outcome.refused {
            let held = ledger.refused[place]?.reason
            // Found out while other definitions accepted it.
            if held == RefusalReason.unstorable.name && refusals[place]?.record.scan?.isPoisonous == true { continue }
            if held != refusals[place]?.reason.name {
                find("\(place): refused as \(held ?? "-"), should be \(refusals[place]?.reason.name ?? "-")")
            }
        }
        for place in outcome.poisonous where ledger.refused[place]?.reason == RefusalReason.unstorable.name {
            faults.mark(.recordFoundUnstorable)
        }
    }

    /// Invariant 1.
    ///
    /// - Parameter isExact: false: some scan of the call cannot be stored. It may be a repeat or a refusal, or pass for
    ///   the first of a checkpoint where a better one is in the same call; only the sums tell.
    private func checkCounts(_ outcome: Outcome, _ share: FlushImage.Share, isExact: Bool) {
        guard var lease = leases[share.partition], let row = ledger.leases[share.partition] else { return }
        lease.counts.first += outcome.counts.first
        lease.counts.earlier += outcome.counts.earlier
        lease.counts.repeats += outcome.counts.repeats
        lease.counts.refusals += outcome.counts.refusals
        let name = "partition \(share.partition)"
        if isExact {
            if row.counts != lease.counts { find("\(name): counted \(row.counts), should be \(lease.counts)") }
        } else {
            let refusals = lease.counts.refusals...lease.counts.refusals + Int64(outcome.poisonous.count)
            if !refusals.contains(row.counts.refusals) { find("\(name): \(row.counts.refusals) refusals") }
            lease.counts = row.counts
        }
        let sum = row.counts.first + row.counts.earlier + row.counts.repeats + row.counts.refusals
        if row.next - row.start != sum { find("\(name): \(row.next - row.start) records, counted \(sum)") }
        leases[share.partition] = lease
    }

    /// Invariant 3, and what `published_offset` promises: below it the feed knows every change.
    private func published(_ share: FlushImage.Share) {
        guard var lease = leases[share.partition], let row = ledger.leases[share.partition] else { return }
        let name = "partition \(share.partition)"
        if row.next != share.next { find("\(name): next_offset is \(row.next), should be \(share.next)") }
        if row.published > row.next { find("\(name): published \(row.published), next \(row.next)") }
        if row.published < lease.published { find("\(name): published_offset goes back to \(row.published)") }
        if row.published > lease.published {
            for debt in debts[share.partition] ?? [] where debt.offset < row.published {
                // Nobody follows a hunt that is gone.
                if ledger.hunts[debt.player.hunt] == nil { continue }
                // Its scan is gone from the log: nobody can tell of it any more.
                if debt.offset < log.start(of: share.partition) {
                    excused.insert(debt.player)
                    continue
                }
                if players[debt.player]?.told ?? .max >= debt.version { continue }
                find(
                    "\(name): published \(row.published), and the feed has no version \(debt.version) of \(debt.player)"
                )
            }
            debts[share.partition]?.removeAll { $0.offset < row.published }
        }
        lease.published = row.published
        leases[share.partition] = lease
    }
}
