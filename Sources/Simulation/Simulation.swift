import FlowCore
import HuntCore

/// A run in which everything that can go wrong does, decided by one seed; then the faults stop, and all must come to
/// rest exactly right.
public final class Simulation {
    public let seed: UInt64
    public let world: SimulatedWorld
    private var random: SplitMix64
    private let players: [String]
    private var hunts = ["lisbon": 4, "porto": 0]
    private var worth: Int64 = 10
    private var produced: [(scan: SampleScan, partition: Int32)] = []
    private var events = 0
    /// What was wrong on the way, and at the end.
    public private(set) var failures: [String] = []
    /// What happened, shortest words; the history of a failing seed.
    public private(set) var history: [String] = []

    /// - Parameter parts: with a planted defect, where a test wants to see it caught.
    public init(seed: UInt64, parts: WorldParts = WorldParts()) {
        self.seed = seed
        var random = SplitMix64(seed: seed)
        players = (0..<(Bool.random(using: &random) ? 4 : 30)).map { "p\($0)" }
        world = SimulatedWorld(
            seed: random.next(), partitions: Int32.random(in: 2...4, using: &random), limits: Self.limits(&random),
            rates: Self.rates(&random), parts: parts)
        world.feedQueueMax = Int.random(in: 1...8, using: &random)
        self.random = random
    }

    private static func limits(_ random: inout SplitMix64) -> FlowLimits {
        var limits = FlowLimits()
        limits.ringCapacity = Int.random(in: 2...8, using: &random)
        limits.stopAt = Int.random(in: 2...limits.ringCapacity, using: &random)
        limits.resumeAt = Int.random(in: 0..<limits.stopAt, using: &random)
        limits.maxRecords = Int.random(in: 1...4, using: &random)
        limits.concurrentFlushes = Int.random(in: 1...2, using: &random)
        limits.cacheBytes = [0, 600, 2_000, 1 << 20].randomElement(using: &random) ?? 0
        limits.unpublishedBatches = Int.random(in: 1...4, using: &random)
        limits.hotRingCapacity = Int.random(in: 1...4, using: &random)
        limits.hotPlayersPerCall = Int.random(in: 1...limits.hotRingCapacity, using: &random)
        limits.recordsPerPoll = Int.random(in: 1...4, using: &random)
        return limits
    }

    private static func rates(_ random: inout SplitMix64) -> FaultRates {
        var rates = FaultRates()
        let most = [0, 5, 25].randomElement(using: &random) ?? 0
        rates.sourcePercent = Int.random(in: 0...most, using: &random)
        rates.leasePercent = Int.random(in: 0...most, using: &random)
        rates.readPercent = Int.random(in: 0...most, using: &random)
        rates.flushPercent = Int.random(in: 0...most, using: &random)
        rates.cachePercent = Int.random(in: 0...most, using: &random)
        rates.feedStallPercent = Int.random(in: 0...most, using: &random)
        rates.latencyMaxMs = Int64.random(in: 1...12, using: &random)
        return rates
    }

    // MARK: The run

    /// - Returns: what was wrong; empty when nothing was.
    @discardableResult
    public func run(steps: Int) -> [String] {
        world.ledger.importHunt(Lisbon.hunt(4))
        for _ in 0..<Int.random(in: 1...3, using: &random) { _ = world.addWorker() }
        rebalance()
        for step in 0..<steps where failures.isEmpty {
            act()
            if step % 16 == 0 { failures += world.violations + Auditor.lateKeys(world) }
        }
        if failures.isEmpty { comeToRest() }
        return failures
    }

    private func comeToRest() {
        world.faults.rates = FaultRates()
        world.cache.isAway = false
        for worker in world.workers where worker.isZombie { world.wake(worker) }
        if world.living.isEmpty { _ = world.addWorker() }
        rebalance()
        if !world.settle(withinMs: 120_000) { failures.append("no rest: " + describe()) }
        failures += Auditor.audit(world)
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

    private func act() {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45: produce()
        case 45..<48: produceRefused()
        case 48..<52: repeatScan()
        case 52..<82: pass(Int64.random(in: 0...20, using: &random))
        case 82..<84: pass(Int64.random(in: 0...600, using: &random))
        case 84: pass(Int64.random(in: 0...9_000, using: &random))
        case 85..<88:
            crash()
            if Bool.random(using: &random) {
                pass(Int64.random(in: 0...40, using: &random))
                crash()
            }
        case 88..<91: rebalance()
        case 91..<93: makeZombie()
        case 93..<95: wakeZombies()
        case 95..<97: importDefinitions()
        case 97: trim()
        default: troubleCache()
        }
    }

    private func note(_ text: String) { history.append("\(world.time.nowMs): \(text)") }

    private func pass(_ ms: Int64) { world.time.run(forMs: ms) }

    // MARK: Scans

    private func anyPartition(of player: String) -> Int32 {
        let count = UInt64(world.log.partitionCount)
        let home = player.utf8.reduce(UInt64(0)) { $0 &+ UInt64($1) } % count
        return Int32(world.faults.happens(15) ? random.next() % count : home)
    }

    private func produce() {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard let player = players.randomElement(using: &random) else { return }
            events += 1
            let isPoisonous = Int.random(in: 0..<40, using: &random) == 0
            let scan = Lisbon.scan(
                player, Int.random(in: 1...7, using: &random),
                atMs: world.time.nowMs - Int64.random(in: 0...60_000, using: &random),
                event: "\(isPoisonous ? SampleScan.poison : "e")\(events)",
                hunt: Int.random(in: 0..<5, using: &random) == 0 ? "porto" : "lisbon")
            send(scan, to: anyPartition(of: player))
        }
    }

    private func send(_ scan: SampleScan, to partition: Int32) {
        produced.append((scan, partition))
        world.produce(scan, to: partition)
        note("produce \(scan.eventID) \(scan.hunt) to \(partition)")
    }

    private func repeatScan() {
        guard let old = produced.randomElement(using: &random) else { return }
        send(old.scan, to: Bool.random(using: &random) ? old.partition : anyPartition(of: old.scan.player))
    }

    private func produceRefused() {
        let partition = Int32(random.next() % UInt64(world.log.partitionCount))
        var scan = Lisbon.scan("p0", 1, event: "r\(events)")
        switch Int.random(in: 0..<5, using: &random) {
        case 0: world.produce(garbage: "{", to: partition)
        case 1: world.produce(garbage: nil, to: partition)
        case 2: world.produce(scan, to: partition, key: "somebody")
        case 3:
            scan.scannedAt = world.time.epochMs + 300_001
            world.produce(scan, to: partition)
        default:
            scan.scannedAt = 0
            world.produce(scan, to: partition)
        }
        note("produce a refused one to \(partition)")
    }

    // MARK: Workers

    private func rebalance() {
        let members = world.living.filter { !$0.isZombie }
        var shares: [[Int32]] = Array(repeating: [], count: members.count)
        for partition in 0..<world.log.partitionCount where !members.isEmpty {
            shares[Int.random(in: 0..<members.count, using: &random)].append(partition)
        }
        note("rebalance \(zip(members, shares).map { "\($0.name) \($1)" })")
        world.rebalance(Array(zip(members, shares)))
    }

    private func crash() {
        guard let victim = world.living.randomElement(using: &random) else { return }
        note("crash of \(victim.name)")
        world.faults.mark("crash")
        victim.crash()
        if Bool.random(using: &random) { pass(Int64.random(in: 0...50, using: &random)) }
        if world.living.filter({ !$0.isZombie }).isEmpty || world.living.count < 2 { _ = world.addWorker() }
        rebalance()
    }

    private func makeZombie() {
        let members = world.living.filter { !$0.isZombie }
        guard members.count > 1, let victim = members.randomElement(using: &random) else { return }
        note("\(victim.name) is a zombie")
        world.faults.mark("zombie")
        victim.isZombie = true
        rebalance()
    }

    private func wakeZombies() {
        for zombie in world.living where zombie.isZombie {
            note("\(zombie.name) wakes")
            world.wake(zombie)
        }
    }

    // MARK: The rest

    /// Adds a checkpoint, imports the second hunt, or changes what checkpoints are worth; then the importer tells the
    /// feed of the players whose score changed.
    private func importDefinitions() {
        let slug = Bool.random(using: &random) ? "lisbon" : "porto"
        let count = min((hunts[slug] ?? 0) + Int.random(in: 1...2, using: &random), 7)
        hunts[slug] = count
        if Int.random(in: 0..<3, using: &random) == 0 { worth += 1 }
        let changed = world.ledger.importHunt(Lisbon.hunt(count, slug: slug, worth: worth))
        note("import \(slug), \(count) checkpoints of \(worth): \(changed)")
        world.faults.mark("import")
        for player in changed {
            guard let score = world.ledger.scores[player] else { continue }
            world.feed.append(
                FakeFeed.Record(
                    tally: score.tally, version: score.version, committedAt: score.updatedAt, partition: -1,
                    offset: -1), of: player)
        }
    }

    /// Retention takes what everybody but a zombie is done with.
    private func trim() {
        for (partition, lease) in world.ledger.leases.sorted(by: { $0.key < $1.key }) {
            world.log.trim(partition, to: lease.published)
        }
        note("trim")
        world.faults.mark("trim")
    }

    private func troubleCache() {
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            world.cache.flushAll()
            note("cache flushed")
        case 1: world.cache.evict(using: &random)
        default:
            world.cache.isAway.toggle()
            note("cache away: \(world.cache.isAway)")
        }
    }
}
