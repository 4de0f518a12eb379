import FlowCore
import Testing

@testable import Simulation

@Suite("leases")
struct LeaseTests {
    @Test("a zombie's flush is refused by the ledger, and nothing is counted twice")
    func zombie() {
        let stage = Stage()
        let (world, zombie) = (stage.world, stage.worker)
        stage.scan("ann", [1, 2])
        stage.scan("bob", [1], to: 1)
        stage.run(2)
        zombie.ledger.hold()
        zombie.isZombie = true
        let heir = world.addWorker()
        world.rebalance([(heir, [0, 1])])
        #expect(world.settle([0, 1]) == false, "the zombie still holds a call")
        #expect(stage.score("ann")?.version == 1)
        zombie.ledger.release()
        stage.run(20)
        #expect(stage.ledger.raised["CA001", default: 0] >= 1)
        #expect(zombie.engine.counters.leasesLost >= 1)
        world.wake(zombie)
        stage.scan("ann", [3])
        #expect(stage.end() == [])
        #expect(stage.score("ann")?.version == 2)
    }

    @Test("a partition revoked while its flush is in flight may commit, and the next owner goes on from there")
    func revokedInFlight() {
        let stage = Stage()
        stage.scan("ann", [1, 2, 3])
        stage.run(2)
        #expect(stage.worker.engine.callsInFlight == 1)
        let heir = stage.world.addWorker()
        stage.world.rebalance([(heir, [0, 1])])
        #expect(stage.end() == [])
        #expect(stage.worker.engine.positions.isEmpty)
    }

    @Test("a partition revoked while its lease is being asked for is not taken from its new owner")
    func revokedWhileAsking() {
        let world = SimulatedWorld(partitions: 1)
        world.ledger.importHunt(Lisbon.hunt())
        let first = world.addWorker()
        let second = world.addWorker()
        world.rebalance([(first, [0])])
        world.time.run(forMs: 1)
        world.rebalance([(second, [0])])
        world.produce(Lisbon.scan("ann", 1), to: 0)
        #expect(world.settle())
        #expect(world.ledger.leases[0]?.epoch == 1)
        #expect(world.ledger.leases[0]?.owner == second.name)
        #expect(Auditor.audit(world) == [])
    }

    @Test("a second assignment before the first was answered gets one answer, for all of it")
    func secondAssignment() {
        let world = SimulatedWorld(partitions: 3)
        world.ledger.importHunt(Lisbon.hunt())
        let worker = world.addWorker()
        world.rebalance([(worker, [0])])
        world.time.run(forMs: 1)
        world.rebalance([(worker, [0, 1, 2])])
        for partition: Int32 in 0..<3 { world.produce(Lisbon.scan("p\(partition)", 1), to: partition) }
        #expect(world.settle())
        #expect(worker.source.starts == ["0@0 1@0 2@0"])
        #expect(Auditor.audit(world) == [])
    }

    @Test("partitions added to an unanswered assignment are answered with it")
    func addedAssignment() {
        let world = SimulatedWorld(partitions: 2)
        world.ledger.importHunt(Lisbon.hunt())
        let worker = world.addWorker()
        worker.source.give([0], to: worker.engine)
        world.time.run(forMs: 1)
        worker.source.give([1], to: worker.engine)
        for partition: Int32 in 0..<2 { world.produce(Lisbon.scan("p\(partition)", 1), to: partition) }
        #expect(world.settle())
        #expect(worker.source.starts == ["0@0 1@0"])
        #expect(Auditor.audit(world) == [])
    }

    @Test("an assignment of nothing is answered too")
    func emptyAssignment() {
        let world = SimulatedWorld(partitions: 1)
        let worker = world.addWorker()
        world.rebalance([(worker, [])])
        world.time.run(forMs: 10)
        #expect(worker.source.starts == [""])
    }

    @Test("a lease below the log's start stops only its partition, until an operator accepts the loss")
    func leaseBelowLog() {
        let stage = Stage()
        stage.scan("ann", [1, 2])
        _ = stage.world.settle()
        stage.world.rebalance([])
        stage.scan("ann", [3, 4, 5, 6])
        stage.scan("bob", [1], to: 1)
        stage.world.log.trim(0, to: 4)
        stage.world.rebalance([(stage.worker, [0, 1])])
        #expect(stage.world.settle([1]))
        stage.run(20_000)
        #expect(stage.ledger.leases[0]?.next == 2)
        #expect(stage.worker.errors.count == 1)
        #expect(stage.worker.engine.laneReports[0].trouble?.contains("cairn lease skip") == true)
        stage.ledger.move(0, to: 4)
        #expect(stage.end() == [])
        #expect(stage.score("ann")?.tally.unlocks == 4)
        #expect(stage.worker.engine.laneReports[0].trouble == nil)
    }

    @Test("a lease above the log's end stops its partition until it is reset")
    func leaseAboveLog() {
        let stage = Stage()
        stage.scan("ann", [1, 2])
        _ = stage.world.settle()
        stage.world.rebalance([])
        stage.world.log.recreate(0)
        stage.world.rebalance([(stage.worker, [0, 1])])
        stage.run(20_000)
        #expect(stage.worker.errors.count == 1)
        #expect(stage.worker.engine.laneReports[0].trouble?.contains("cairn lease reset") == true)
        stage.ledger.move(0, to: 0)
        stage.scan("ann", [3])
        #expect(stage.world.settle())
        #expect(stage.score("ann")?.tally.unlocks == 3)
        #expect(stage.world.violations == [])
    }

    /// The consumer tells twice that the old position was refused; the second word comes after the reset, when the
    /// lease stands at the log's start again.
    @Test("late word of a refused position does not stop a partition whose lease is within its log")
    func lateRefusal() {
        let stage = Stage(partitions: 1)
        stage.scan("ann", [1, 2])
        _ = stage.world.settle()
        stage.worker.source.lateRefusals = [0]
        stage.scan("ann", [3])
        stage.run(20_000)
        #expect(stage.worker.errors == [])
        #expect(stage.score("ann")?.tally.unlocks == 3)
        #expect(stage.end() == [])
    }

    @Test("a lease that was reset goes on, though nothing of it was published and it begins where it was refused")
    func resetToTheSameOffset() {
        let stage = Stage()
        stage.worker.feed.isStalled = true
        stage.scan("ann", [1, 2])
        stage.run(500)
        #expect(stage.ledger.leases[0]?.next == 2)
        #expect(stage.ledger.leases[0]?.published == 0)
        stage.worker.feed.isStalled = false
        stage.world.rebalance([])
        stage.world.log.recreate(0)
        stage.scan("ann", [3])
        stage.world.rebalance([(stage.worker, [0, 1])])
        stage.run(20_000)
        #expect(stage.worker.engine.laneReports[0].trouble?.contains("cairn lease reset") == true)
        stage.ledger.reset(0, to: 0)
        #expect(stage.end() == [])
        #expect(stage.score("ann")?.tally.unlocks == 3)
    }

    @Test("an owner that goes on while the heir looks at the log does not make the topic look new")
    func ownerGoesOnMeanwhile() {
        let stage = Stage(partitions: 1)
        stage.scan("ann", [1])
        _ = stage.world.settle()
        let heir = stage.world.addWorker()
        stage.worker.isZombie = true
        heir.ledger.hold()
        stage.world.rebalance([(heir, [0])])
        // The heir has seen the log's end and now asks for the lease; meanwhile the zombie commits beyond that end.
        stage.run(5)
        stage.scan("ann", [2, 3])
        stage.run(20)
        #expect(stage.ledger.leases[0]?.next == 3)
        heir.ledger.release()
        stage.run(5)
        stage.world.wake(stage.worker)
        stage.scan("ann", [4])
        stage.run(100)
        #expect(heir.errors == [])
        #expect(stage.score("ann")?.tally.unlocks == 4)
        #expect(stage.end() == [])
    }

    @Test("a position that leaves the log while its batch is being read lets the batch end in peace")
    func positionLostInFlight() {
        let stage = Stage(partitions: 1) { $0.recordsPerPoll = 2 }
        stage.worker.ledger.hold()
        stage.scan("ann", [1, 2])
        stage.run(2)
        stage.scan("bob", [1, 2, 3])
        stage.world.log.trim(0, to: 4)
        stage.run(1)
        stage.worker.ledger.release()
        stage.run(10_000)
        #expect(stage.worker.errors.count == 1)
        stage.ledger.move(0, to: 4)
        #expect(stage.end() == [])
    }

    /// The story: a batch commits, its reply is slow; the log loses the lane's position, an operator moves the lease,
    /// the lane begins anew and commits more. The old reply must not set the lane back to where the old batch ended.
    @Test("the reply for a batch of a lane that has begun anew meanwhile is no news to it")
    func lateReplyAfterNewBeginning() {
        let stage = Stage(partitions: 1) { $0.recordsPerPoll = 2 }
        stage.scan("ann", [1, 2])
        stage.run(2)
        stage.worker.ledger.replyDelayMs = 20_000
        stage.run(2)
        stage.worker.ledger.replyDelayMs = 0
        #expect(stage.ledger.leases[0]?.next == 2)
        stage.scan("bob", [1, 2, 3, 4])
        stage.world.log.trim(0, to: 5)
        stage.run(1_000)
        stage.ledger.move(0, to: 5)
        stage.run(8_000)
        #expect(stage.ledger.leases[0]?.next == 6)
        stage.run(20_000)
        stage.scan("bob", [5])
        #expect(stage.end() == [])
        #expect(stage.ledger.raised["CA001"] == nil)
    }

    @Test("while a lease cannot be had the engine does not turn in circles")
    func noBusyWaiting() {
        let world = SimulatedWorld(partitions: 1)
        let worker = world.addWorker()
        worker.ledger.hold()
        world.rebalance([(worker, [0])])
        world.time.run(forMs: 10_000)
        #expect(worker.turns < 20)
    }

    @Test("a broker that does not answer is asked again until it does")
    func brokerAway() {
        let world = SimulatedWorld(partitions: 2)
        world.ledger.importHunt(Lisbon.hunt())
        world.faults.rates.sourcePercent = 100
        let worker = world.addWorker()
        world.rebalance([(worker, [0, 1])])
        world.produce(Lisbon.scan("ann", 1), to: 0)
        world.time.run(forMs: 3_000)
        #expect(worker.source.starts.isEmpty)
        world.faults.rates.sourcePercent = 0
        #expect(world.settle())
        #expect(worker.source.starts.count == 1)
    }
}
