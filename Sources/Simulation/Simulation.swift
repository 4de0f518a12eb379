import FlowCore
import HuntCore

/// A run in which everything that can go wrong does, decided by one seed; then the faults stop, and all must come to
/// rest exactly right.
public final class Simulation {
    public let history: History
    public let world: SimulatedWorld
    /// What was wrong; empty when nothing was.
    public private(set) var failures: [String] = []
    /// What happened, one line each, beginning with the time in milliseconds.
    public private(set) var story: [String] = []
    var produced: [(scan: SampleScan, partition: Int32)] = []
    /// Commands of operators that were started.
    var upkeep: [Upkeep] = []
    /// Erasures that were asked for and are not done.
    var erasures: [(hunt: Int, player: Int)] = []
    /// Whether the definitions changed after the first scan.
    var isRedefined = false
    /// Slugs of hunts that were deleted.
    var deleted: Set<String> = []
    var latestScanMs: Int64 = 0

    static let slugs = [Lisbon.slug, "porto"]

    /// - Parameter parts: with a planted defect, where a test wants to see it caught.
    public init(_ history: History, parts: WorldParts = WorldParts()) {
        self.history = history
        world = SimulatedWorld(
            seed: history.seed, partitions: history.partitions, limits: history.limits, rates: history.rates,
            parts: parts)
        world.feedQueueMax = history.feedQueueMax
    }

    public convenience init(seed: UInt64, steps: Int = 300, parts: WorldParts = WorldParts()) {
        self.init(History(seed: seed, steps: steps), parts: parts)
    }

    /// - Returns: what was wrong; empty when nothing was.
    @discardableResult
    public func run() -> [String] {
        defer { world.end() }
        world.ledger.importHunt(firstHunt)
        for _ in 0..<history.workers { _ = world.addWorker() }
        rebalance(afterMs: 0, owners: history.seed)
        for step in history.steps {
            world.faults.random = SplitMix64(seed: step.salt)
            perform(step.action)
            failures = world.violations
            if !failures.isEmpty { return failures }
        }
        comeToRest()
        return failures
    }

    var firstHunt: HuntDefinition {
        var hunt = Lisbon.hunt(4)
        hunt.closesAt = VirtualTime.startEpochMs + history.closesAfterMs
        hunt.lateGrace = history.graceMs
        hunt.checkpoints[3].closesAt = min(hunt.closesAt, VirtualTime.startEpochMs + 30_000)
        return hunt
    }

    func note(_ text: String) { story.append("\(world.time.nowMs) ms: \(text)") }

    func pass(_ ms: Int64) { world.time.run(forMs: ms) }

    func rebalance(afterMs: Int64, owners: UInt64) {
        world.rebalance(isCooperative: history.isCooperative, afterMs: afterMs) { partition in
            var chooser = SplitMix64(seed: owners &+ UInt64(partition))
            return chooser.next()
        }
    }

    // MARK: The end

    /// Faults end, operators do what is theirs to do, and nobody produces any more.
    private func comeToRest() {
        note("faults end")
        world.faults.rates = FaultRates()
        world.ledger.isAway = false
        world.cache.isAway = false
        for worker in world.workers where worker.isZombie { world.wake(worker) }
        operate()
        // Time for workers that were told to leave.
        pass(5_000)
        if world.living.isEmpty { _ = world.addWorker() }
        rebalance(afterMs: 0, owners: history.seed)
        settle()
        finishUpkeep()
        settle()
        failures += Auditor.audit(world)
        if failures.isEmpty {
            var check = ReplayCheck(self)
            failures = check.findings()
        }
    }

    private func settle() {
        if !world.settle(withinMs: 120_000) { failures.append("no rest: " + describe()) }
    }

    /// Whatever was killed in between is started again, until all of it is done.
    private func finishUpkeep() {
        for _ in 0..<20 {
            let isPending = !erasures.isEmpty || !world.ledger.rescores.isEmpty || !world.ledger.deletions.isEmpty
            if !isPending && !upkeep.contains(where: \.isRunning) { return }
            if !upkeep.contains(where: \.isRunning) { resumeUpkeep() }
            pass(12_000)
        }
        failures.append("commands of operators never end")
    }

    /// One line on where everything stands.
    public func describe() -> String {
        let leases = world.ledger.leases.sorted { $0.key < $1.key }.map {
            "\($0.key): \($0.value.published)/\($0.value.next)/\(world.log.end(of: $0.key)) \($0.value.owner)"
        }
        let workers = world.living.map { worker in
            "\(worker.name) \(worker.source.assignment) \(worker.engine.laneReports)"
        }
        return (leases + workers).joined(separator: "; ")
    }
}
