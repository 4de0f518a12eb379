import FlowCore
import Testing

@testable import Simulation

@Suite("every bound pushes back, and nothing is lost")
struct BackpressureTests {
    @Test("a lane over its stop mark is not polled until it is at its resume mark")
    func hysteresis() {
        let stage = Stage(partitions: 1) {
            $0.ringCapacity = 10
            $0.stopAt = 8
            $0.resumeAt = 5
            $0.maxRecords = 4
        }
        stage.worker.ledger.hold()
        for player in 0..<30 { stage.scan("p\(player)", [1]) }
        stage.run(20)
        #expect(stage.worker.source.polled == 10)
        #expect(stage.worker.engine.laneReports[0].waiting == 6, "four are in the batch; six are still over the mark")
        stage.worker.ledger.release()
        while stage.ledger.commits == 0 { stage.run(1) }
        #expect(stage.worker.source.polled == 10)
        // The next batch leaves two behind, and now there is room for eight.
        stage.run(1)
        #expect(stage.worker.source.polled == 18)
        #expect(stage.end() == [])
    }

    @Test("the room that a batch leaves is filled while the batch is in flight")
    func overlap() {
        let stage = Stage(partitions: 1) {
            $0.ringCapacity = 10
            $0.stopAt = 8
            $0.resumeAt = 5
        }
        stage.worker.ledger.hold()
        for player in 0..<30 { stage.scan("p\(player)", [1]) }
        stage.run(1)
        #expect(stage.worker.source.polled == 20)
        stage.worker.ledger.release()
        #expect(stage.end() == [])
    }

    @Test("the ring bounds what is held, whatever part of it is in a batch")
    func ringBound() {
        let stage = Stage(partitions: 1) {
            $0.ringCapacity = 8
            $0.stopAt = 7
            $0.resumeAt = 3
            $0.maxRecords = 2
        }
        for player in 0..<60 { stage.scan("p\(player)", [1]) }
        var most = 0
        while !stage.world.isQuiet() {
            most = max(most, stage.worker.engine.laneReports[0].waiting)
            stage.run(1)
        }
        #expect(most == 8)
        #expect(stage.end() == [])
    }

    @Test("a full feed queue pushes back, and every change is told in the end")
    func fullFeedQueue() {
        let stage = Stage(partitions: 1) {
            $0.unpublishedBatches = 2
            $0.maxRecords = 4
            $0.ringCapacity = 8
            $0.stopAt = 7
            $0.resumeAt = 4
        }
        stage.worker.feed.isStalled = true
        for player in 0..<2_000 { stage.scan("p\(player)", [1]) }
        stage.run(5_000)
        #expect(stage.ledger.leases[0]?.next == 8, "two batches are committed and unpublished; no third")
        #expect(stage.worker.source.polled <= 16)
        stage.worker.feed.isStalled = false
        #expect(stage.end() == [])
        #expect(stage.world.feed.newest.count == 2_000)
    }

    @Test("a small producer queue only slows the telling")
    func smallProducerQueue() {
        let world = SimulatedWorld(partitions: 1)
        world.feedQueueMax = 2
        world.ledger.importHunt(Lisbon.hunt())
        let worker = world.addWorker()
        world.rebalance([(worker, [0])])
        for player in 0..<50 { world.produce(Lisbon.scan("p\(player)", 1), to: 0) }
        #expect(world.settle())
        #expect(Auditor.audit(world) == [])
        #expect(worker.feed.queueFull > 0)
    }

    @Test("draining polls no more, and flushes and publishes all that was polled, offsets included")
    func drain() {
        let stage = Stage { $0.maxRecords = 3 }
        for round in 0..<8 { stage.scan("p\(round)", [1, 2, 1], to: Int32(round % 2)) }
        stage.run(3)
        let polled = stage.worker.source.polled
        stage.worker.engine.drain()
        stage.scan("late", [1])
        for _ in 0..<100 where !stage.worker.engine.isDrained { stage.run(10) }
        #expect(stage.worker.engine.isDrained)
        #expect(stage.worker.source.polled == polled)
        #expect(stage.score("late") == nil)
        for partition: Int32 in [0, 1] {
            #expect(stage.ledger.leases[partition]?.next == stage.ledger.leases[partition]?.published)
        }
        #expect(stage.ledger.leases.values.reduce(0) { $0 + $1.next } == Int64(polled))
        #expect(stage.worker.engine.positions.reduce(0) { $0 + $1.offset } == Int64(polled))
        #expect(stage.world.violations == [])
    }
}
