import FlowCore
import HuntCore

extension Simulation {
    func perform(_ action: Action) {
        switch action {
        case .produce(let drafts): for draft in drafts { produce(draft) }
        case .again(let number, let elsewhere): repeatScan(number, elsewhere)
        case .corrupt(let corruption, let partition): produce(corruption, to: choose(partition))
        case .pass(let ms): pass(ms)
        case .crash, .join, .drain, .rebalance, .zombie, .wake, .jumpClock: performOfWorkers(action)
        case .ledgerAway, .flushCache, .evict, .cacheAway, .trim, .trimBeyond, .makeAnew, .addPartition, .operate:
            performOfServers(action)
        case .importHunt, .close, .delete, .erase, .killUpkeep, .resumeUpkeep: performOfOperators(action)
        }
    }

    /// A partition by a number.
    private func choose(_ number: UInt64) -> Int32 { Int32(number % UInt64(world.log.partitionCount)) }

    // MARK: Scans

    /// A partition that was made anew and whose lease is not reset yet takes no more records than it had: what is
    /// beyond would pass for read, and nobody could tell.
    private func isOpen(_ partition: Int32) -> Bool {
        guard world.log.age(of: partition) > world.auditor.leases[partition]?.age ?? 0,
            let lease = world.ledger.leases[partition]
        else { return true }
        return world.log.end(of: partition) + 1 < lease.published
    }

    private func send(_ scan: SampleScan, elsewhere: UInt64?) {
        let home = scan.player.utf8.reduce(UInt64(0)) { $0 &+ UInt64($1) }
        if elsewhere != nil { world.faults.mark(.otherPartitioner) }
        let partition = choose(elsewhere ?? home)
        if !isOpen(partition) { return }
        produced.append((scan, partition))
        if scan.scannedAt < latestScanMs { world.faults.mark(.reorderedScan) }
        latestScanMs = max(latestScanMs, scan.scannedAt)
        if scan.isPoisonous { world.faults.mark(.poisonousScan) }
        let offset = world.produce(scan, to: partition)
        note("partition \(partition) offset \(offset): \(scan.eventID), \(scan.player) at \(scan.tag) of \(scan.hunt)")
    }

    private func produce(_ draft: Action.Draft) {
        let scan = Lisbon.scan(
            "p\(draft.player)", draft.checkpoint, atMs: world.time.nowMs - draft.agoMs,
            event: "\(draft.isPoisonous ? SampleScan.poison : "e")\(draft.event)", hunt: Self.slugs[draft.hunt])
        send(scan, elsewhere: draft.elsewhere)
    }

    private func repeatScan(_ number: UInt64, _ elsewhere: UInt64?) {
        if produced.isEmpty { return }
        world.faults.mark(.repeatedScan)
        send(produced[Int(number % UInt64(produced.count))].scan, elsewhere: elsewhere)
    }

    private func produce(_ corruption: Action.Corruption, to partition: Int32) {
        if !isOpen(partition) { return }
        var scan = Lisbon.scan("p0", 1, event: "r")
        switch corruption {
        case .garbage: world.produce(garbage: "{", to: partition)
        case .noValue: world.produce(garbage: nil, to: partition)
        case .foreignKey: world.produce(scan, to: partition, key: "somebody")
        case .future:
            scan.scannedAt = world.time.epochMs + 300_001
            world.produce(scan, to: partition)
        case .tooEarly:
            scan.scannedAt = 0
            world.produce(scan, to: partition)
        }
        note("partition \(partition) gets a refused one: \(corruption)")
    }

    // MARK: Workers

    private func choose(_ number: UInt64, among workers: [SimulatedWorker]) -> SimulatedWorker? {
        workers.isEmpty ? nil : workers[Int(number % UInt64(workers.count))]
    }

    private func performOfWorkers(_ action: Action) {
        switch action {
        case .crash(let number, let noticedAfterMs, let isReplaced, let owners):
            crash(number, noticedAfterMs, isReplaced, owners)
        case .join(let owners):
            if world.members.count < 4 { join(owners) }
        case .drain(let number, let owners): drain(number, owners)
        case .rebalance(let afterMs, let owners):
            note("rebalance, done after \(afterMs) ms")
            rebalance(afterMs: afterMs, owners: owners)
        case .zombie(let number, let owners):
            guard world.members.count > 1, let victim = choose(number, among: world.members) else { return }
            note("\(victim.name) is a zombie")
            world.faults.mark(.zombie)
            victim.isZombie = true
            rebalance(afterMs: 0, owners: owners)
        case .wake:
            for zombie in world.living where zombie.isZombie {
                note("\(zombie.name) wakes")
                world.faults.mark(.zombieWakes)
                world.wake(zombie)
            }
        case .jumpClock(let number, let ms):
            guard let worker = choose(number, among: world.living) else { return }
            note("the clock of \(worker.name) jumps by \(ms) ms")
            world.faults.mark(ms < 0 ? .clockBackwards : .clockForwards)
            worker.clockErrorMs += ms
        default: break
        }
    }

    private func join(_ owners: UInt64) {
        let worker = world.addWorker()
        note("\(worker.name) joins")
        world.faults.mark(.join)
        rebalance(afterMs: 5, owners: owners)
    }

    /// The group notices after a while, and then others get what the dead one had.
    private func crash(_ number: UInt64, _ noticedAfterMs: Int64, _ isReplaced: Bool, _ owners: UInt64) {
        guard let victim = choose(number, among: world.living) else { return }
        note("\(victim.name) crashes, noticed after \(noticedAfterMs) ms")
        world.faults.mark(world.isRebalancing ? .crashAmidRebalance : .crash)
        victim.crash()
        world.time.after(noticedAfterMs) { [self] in
            if isReplaced || world.members.isEmpty { _ = world.addWorker() }
            rebalance(afterMs: 5, owners: owners)
        }
    }

    private func drain(_ number: UInt64, _ owners: UInt64) {
        guard let worker = choose(number, among: world.members.filter { !$0.isLeaving }) else { return }
        note("\(worker.name) is told to end")
        world.drain(worker, withinMs: 3_500) { [self] in
            if world.members.isEmpty { _ = world.addWorker() }
            rebalance(afterMs: 5, owners: owners)
        }
    }
}
