import FlowCore
import HuntCore

/// A log, a ledger, a hot tier, a feed, and the workers between them, under one clock and one seed; and an auditor who
/// watches them.
public final class SimulatedWorld {
    public let time = VirtualTime()
    public let faults: Faults
    public let parts: WorldParts
    public let log: FakeLog
    public let ledger: FakeLedger
    public let cache: FakeCache
    public let feed = FakeFeed()
    public let auditor: Auditor
    public var limits: FlowLimits
    /// Records that a worker's producer holds at most.
    public var feedQueueMax = 1_000
    /// Everyone there ever was, the dead included.
    public private(set) var workers: [SimulatedWorker] = []
    /// Counts what the group decided.
    var rebalances = 0
    /// The group has taken partitions and not handed them out yet.
    var isRebalancing = false

    public init(
        seed: UInt64 = 1, partitions: Int32 = 2, limits: FlowLimits = FlowLimits(), rates: FaultRates = .init(),
        parts: WorldParts = WorldParts()
    ) {
        self.parts = parts
        faults = Faults(seed: seed, rates: rates)
        log = FakeLog(partitionCount: partitions)
        ledger = FakeLedger(time: time, guards: parts.guards)
        cache = FakeCache(time: time, guards: parts.guards)
        self.limits = limits
        auditor = Auditor(
            log: log, ledger: ledger, cache: cache, feed: feed, time: time, faults: faults,
            scoreTTLMs: limits.scoreTTLMs)
        log.onAppend = { [unowned self] partition in
            for worker in workers where worker.source.assignment.contains(partition) { worker.wantTurn() }
        }
    }

    public var living: [SimulatedWorker] { workers.filter(\.isAlive) }

    /// Starts a worker that belongs to the group but has no partitions yet.
    public func addWorker() -> SimulatedWorker {
        let worker = SimulatedWorker(name: "w\(workers.count + 1)", world: self, seed: faults.random.next())
        workers.append(worker)
        worker.wantTurn()
        return worker
    }

    /// Nothing happens any more: whatever is still due would keep everything alive.
    func end() { time.forget() }

    // MARK: Scans

    /// Produces a scan; its key is its player and its time of arrival is now, unless told otherwise.
    @discardableResult
    public func produce(_ scan: SampleScan, to partition: Int32, key: String? = nil, timestampMs: Int64? = nil) -> Int64
    {
        log.append(
            partition, key: Array((key ?? scan.player).utf8), value: scan.line,
            timestampMs: timestampMs ?? time.epochMs, scan: scan)
    }

    /// Produces bytes that are no scan.
    @discardableResult
    public func produce(garbage: String?, to partition: Int32) -> Int64 {
        log.append(
            partition, key: nil, value: garbage.map { Array($0.utf8) }, timestampMs: time.epochMs, scan: nil)
    }

    // MARK: Quiet

    /// Whether every record of the partitions is committed and published and nobody has anything left to do.
    public func isQuiet(_ partitions: [Int32]? = nil) -> Bool {
        for worker in living {
            let engine = worker.engine
            if engine.callsInFlight > 0 || engine.hotPending > 0 || engine.feedBacklog > 0 { return false }
            if worker.feed.pendingCount > 0 { return false }
        }
        return (partitions ?? Array(0..<log.partitionCount)).allSatisfy { partition in
            let end = log.end(of: partition)
            guard let lease = ledger.leases[partition] else { return end == log.start(of: partition) }
            return lease.next == end && lease.published == end
        }
    }

    /// Runs until all is quiet.
    ///
    /// - Returns: whether it became so in time.
    @discardableResult
    public func settle(_ partitions: [Int32]? = nil, withinMs: Int64 = 60_000) -> Bool {
        let deadline = time.nowMs + withinMs
        while time.nowMs < deadline {
            if isQuiet(partitions) { return true }
            time.run(forMs: min(10, deadline - time.nowMs))
        }
        return isQuiet(partitions)
    }

    /// Everything that some part or the auditor saw and that must never happen.
    public var violations: [String] {
        auditor.findings + ledger.violations + cache.violations
            + workers.flatMap { worker in worker.source.violations.map { "\(worker.name): \($0)" } }
    }
}
