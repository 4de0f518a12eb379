import FlowCore
import HuntCore

extension Simulation {
    func performOfServers(_ action: Action) {
        switch action {
        case .ledgerAway(let ms):
            note("Postgres is away for \(ms) ms")
            world.faults.mark(.ledgerAway)
            world.ledger.isAway = true
            world.time.after(ms) { [world] in world.ledger.isAway = false }
        case .flushCache:
            note("Redis is emptied")
            world.faults.mark(.cacheFlushed)
            world.cache.flushAll()
        case .evict(let count):
            for _ in 0..<count where !world.cache.entries.isEmpty {
                world.faults.mark(.cacheEvicted)
                world.cache.evict(using: &world.faults.random)
            }
        case .cacheAway(let ms):
            note("Redis is away for \(ms) ms")
            world.faults.mark(.cacheAway)
            world.cache.isAway = true
            world.time.after(ms) { [world] in world.cache.isAway = false }
        case .addPartition:
            guard world.log.partitionCount < 6 else { return }
            note("the topic has one more partition")
            world.faults.mark(.partitionsAdded)
            world.log.addPartition()
            rebalance(afterMs: 5, owners: history.seed)
        case .operate: operate()
        case .trim, .trimBeyond, .makeAnew: performOfLog(action)
        default: break
        }
    }

    private func performOfLog(_ action: Action) {
        switch action {
        case .trim:
            // Retention takes what everybody but a zombie is done with.
            for (partition, lease) in world.ledger.leases where isSound(partition) {
                world.log.trim(partition, to: lease.published)
            }
            note("trim")
            world.faults.mark(.logTrimmed)
        case .trimBeyond(let number):
            let partition = Int32(number % UInt64(world.log.partitionCount))
            guard isSound(partition), let lease = world.ledger.leases[partition] else { return }
            let end = world.log.end(of: partition)
            if lease.next >= end { return }
            note("the log of partition \(partition) begins at \(end), its lease is at \(lease.next)")
            world.faults.mark(.logTrimmedBeyondLease)
            world.log.trim(partition, to: end)
        case .makeAnew(let number):
            let partition = Int32(number % UInt64(world.log.partitionCount))
            guard isSound(partition), let lease = world.ledger.leases[partition], lease.next > 0 else { return }
            note("partition \(partition) is made anew")
            world.faults.mark(.topicMadeAnew)
            world.log.recreate(partition)
        default: break
        }
    }

    /// Whether the lease is about the log that is there.
    private func isSound(_ partition: Int32) -> Bool {
        world.log.age(of: partition) == world.auditor.leases[partition]?.age ?? 0
    }

    /// An operator looks at `cairn status` and mends leases that are not in their log any more.
    func operate() {
        for (partition, lease) in world.ledger.leases.sorted(by: { $0.key < $1.key }) {
            if !isSound(partition) {
                note("lease reset of partition \(partition)")
                world.faults.mark(.leaseReset)
                world.ledger.reset(partition, to: world.log.start(of: partition))
            } else if lease.next < world.log.start(of: partition) {
                note("lease skip of partition \(partition)")
                world.faults.mark(.leaseSkipped)
                world.ledger.move(partition, to: world.log.start(of: partition))
            }
        }
    }
}
