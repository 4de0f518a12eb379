import FlowCore
import HuntCore
import Testing

@testable import Simulation

@Suite("what was committed is told, whoever dies in between")
struct PublishTests {
    @Test("a crash between commit and publish is healed by the next owner, and nothing is doubled")
    func crashBeforePublish() {
        let stage = Stage(partitions: 1)
        stage.worker.feed.isStalled = true
        stage.scan("ann", [1, 2])
        stage.scan("bob", [1])
        stage.run(50)
        #expect(stage.ledger.leases[0]?.next == 3)
        #expect(stage.ledger.leases[0]?.published == 0)
        stage.worker.crash()
        stage.world.cache.flushAll()
        stage.world.rebalance([(stage.world.addWorker(), [0])])
        #expect(stage.end() == [])
        #expect(stage.told("ann")?.version == 1)
        #expect(stage.key("bob")?.version == 1)
        #expect(stage.ledger.leases[0]?.counts.first == 3)
    }

    @Test("a record that the feed fails to take is sent again, and published_offset waits for it")
    func failedDelivery() {
        let stage = Stage(partitions: 1)
        stage.worker.feed.failuresToCome = 2
        stage.scan("ann", [1, 2])
        stage.scan("bob", [1])
        stage.run(500)
        #expect(stage.ledger.leases[0]?.next == 3)
        #expect(stage.ledger.leases[0]?.published != 3)
        #expect(stage.end() == [])
        #expect(stage.told("ann") != nil && stage.told("bob") != nil)
        #expect(stage.ledger.leases[0]?.published == 3)
    }

    /// The story: an owner commits six players' scans and dies before it tells anybody. The next one tells two of them
    /// and dies as well. If it had reported the whole stretch as told, the third owner would not tell the other four.
    @Test("published_offset moves only past what was told again, not to the end of what was committed")
    func partlyRepublished() {
        let stage = Stage(partitions: 1)
        stage.worker.feed.isStalled = true
        for player in 0..<6 { stage.scan("p\(player)", [1]) }
        stage.run(50)
        stage.worker.crash()
        stage.world.limits.maxRecords = 1
        let second = stage.world.addWorker()
        stage.world.rebalance([(second, [0])])
        while stage.world.feed.count < 2 { stage.run(1) }
        second.feed.isStalled = true
        stage.run(1_000)
        let published = stage.ledger.leases[0]?.published ?? 0
        #expect(published >= 1 && published <= Int64(stage.world.feed.count))
        second.crash()
        stage.world.rebalance([(stage.world.addWorker(), [0])])
        #expect(stage.end() == [])
        #expect(stage.world.feed.newest.count == 6)
    }

    /// The story: an owner commits a scan of a checkpoint that was added a moment ago and dies untold. The next owner
    /// still has the older definitions; by those the scan is of an unknown tag, and it would tell nobody.
    @Test("what an earlier owner committed is told by definitions at least as new as its own")
    func newerDefinitions() {
        let stage = Stage(partitions: 1, checkpoints: 3)
        let heir = stage.world.addWorker()
        stage.run(10)
        stage.ledger.importHunt(Lisbon.hunt(4))
        stage.worker.feed.isStalled = true
        stage.scan("ann", [4])
        stage.run(50)
        #expect(stage.score("ann")?.version == 1)
        stage.worker.crash()
        #expect(heir.engine.book.generation == 1)
        stage.world.rebalance([(heir, [0])])
        #expect(stage.end() == [])
        #expect(stage.told("ann")?.version == 1)
    }

    /// The story: A knows a player from before; B gets the partition, commits a scan of that player and dies untold; A
    /// gets the partition back and would tell what it remembers.
    @Test("a state from before the lease is not told in place of what an earlier owner committed")
    func staleState() {
        let stage = Stage(partitions: 1)
        stage.scan("ann", [1])
        _ = stage.world.settle()
        let other = stage.world.addWorker()
        stage.world.rebalance([(other, [0])])
        other.feed.isStalled = true
        stage.run(50)
        stage.scan("ann", [2])
        stage.run(50)
        #expect(stage.score("ann")?.version == 2)
        other.crash()
        stage.world.rebalance([(stage.worker, [0])])
        #expect(stage.end() == [])
        #expect(stage.told("ann")?.version == 2)
    }

    @Test("a player that was never visible is told to nobody")
    func invisiblePlayer() {
        let stage = Stage(partitions: 1)
        // c3 requires c1.
        stage.scan("ann", [3])
        _ = stage.world.settle()
        stage.world.rebalance([])
        stage.world.rebalance([(stage.worker, [0])])
        #expect(stage.end() == [])
        #expect(stage.score("ann")?.version == 0)
        #expect(stage.told("ann") == nil)
        #expect(stage.key("ann") == nil)
    }

    @Test("a player that is still not visible when its scans are read again is told to nobody")
    func invisibleAgain() {
        let stage = Stage(partitions: 1)
        stage.scan("ann", [3])
        stage.run(4)
        #expect(stage.ledger.leases[0]?.next == 1)
        stage.worker.crash()
        stage.world.produce(Lisbon.scan("ann", 3, atMs: 1), to: 0)
        stage.world.rebalance([(stage.world.addWorker(), [0])])
        #expect(stage.end() == [])
        #expect(stage.score("ann")?.factsSeq == 2)
        #expect(stage.told("ann") == nil)
    }

    @Test("a dead hot tier holds back published_offset for a second at most")
    func slowHotTier() {
        let stage = Stage(partitions: 1)
        stage.world.cache.isAway = true
        stage.scan("ann", [1])
        stage.run(1_500)
        #expect(stage.ledger.leases[0]?.published == 1)
    }

    @Test("the same seed and the same news replay the same run")
    func replay() {
        let runs = (0..<2).map { _ in
            let simulation = Simulation(seed: 77)
            simulation.run()
            return simulation
        }
        #expect(runs[0].story == runs[1].story)
        #expect(runs[0].world.ledger.scores == runs[1].world.ledger.scores)
        #expect(runs[0].world.ledger.journal == runs[1].world.ledger.journal)
        #expect(runs[0].world.feed.versions == runs[1].world.feed.versions)
        #expect(runs[0].world.workers.map(\.turns) == runs[1].world.workers.map(\.turns))
    }
}
