import FlowCore

/// How often a run has met each mark.
public typealias Coverage = [CoverageMark: Int]

extension Simulation {
    /// What the run has met: the faults that happened, and what workers and stores count of themselves.
    public var coverage: Coverage {
        var coverage = world.faults.marks
        func add(_ mark: CoverageMark, _ count: Int) { if count > 0 { coverage[mark, default: 0] += count } }
        add(.leaseRefused, world.ledger.raised["CA001", default: 0])
        add(.playersRefused, world.ledger.raised["CA002", default: 0])
        add(.definitionsRefused, world.ledger.raised["CA003", default: 0])
        add(.dataRefused, world.ledger.raised["22021", default: 0])
        add(.olderKeyRefused, world.cache.refusedOlder)
        for worker in world.workers {
            let engine = worker.engine
            add(.leaseRetaken, engine.counters.leasesRetaken)
            add(.definitionsReloaded, engine.counters.definitionsReloaded)
            add(.stateEvicted, engine.cacheEvictions)
            add(.hotUpdateDropped, engine.hotTier.dropped)
            add(.hotUpdateCoalesced, engine.hotTier.coalesced)
            add(.hotUpdateOutlived, engine.hotTier.outlived)
            add(.feedSentAgain, engine.feedFailures)
            add(.repeatsWrittenAlone, worker.ledger.flushesSent.count { $0.facts.isEmpty && $0.refusals.isEmpty })
            add(.partitionStoppedBelowLog, worker.errors.count { $0.contains("lease skip") })
            add(.partitionStoppedAboveLog, worker.errors.count { $0.contains("lease reset") })
        }
        return coverage
    }
}
