import FlowCore

/// Who may write, from where: invariant 3.
extension Auditor {
    func leased(_ partition: Int32) {
        guard let row = ledger.leases[partition] else { return }
        guard let lease = leases[partition] else {
            if row.start > 0 { lost() }
            leases[partition] = Watched(
                epoch: row.epoch, next: row.next, published: row.published, counts: row.counts,
                age: log.age(of: partition))
            return
        }
        if row.epoch <= lease.epoch { find("partition \(partition): epoch \(row.epoch) after \(lease.epoch)") }
        if row.next != lease.next || row.published != lease.published {
            find("partition \(partition): a lease was taken and moved from \(lease.next) to \(row.next)")
        }
        leases[partition]?.epoch = row.epoch
    }

    /// An operator accepted a loss: what was committed and not told stays untold until the next change.
    func moved(_ partition: Int32) {
        guard let row = ledger.leases[partition] else { return }
        lost()
        for debt in debts[partition] ?? [] where players[debt.player]?.told ?? .max < debt.version {
            excused.insert(debt.player)
        }
        debts[partition] = nil
        leases[partition] = Watched(
            epoch: row.epoch, next: row.next, published: row.published, counts: row.counts, age: log.age(of: partition))
    }

    /// A worker says that nothing is left: everything that it polled is committed and published.
    func drained(_ worker: SimulatedWorker) {
        for lane in worker.engine.laneReports where lane.isActive {
            guard let position = worker.source.positions[lane.partition], let row = ledger.leases[lane.partition],
                row.owner == worker.name, row.next == lane.committed
            else { continue }
            // What an earlier owner committed and did not publish may lie above.
            if row.published < position {
                find("\(worker.name) is drained: partition \(lane.partition) polled to \(position), lease \(row)")
            }
        }
    }
}
