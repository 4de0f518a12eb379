import FlowCore
import Testing

@testable import Simulation

@Suite("the flush")
struct FlushTests {
    @Test("one scan reaches the ledger, the hot tier and the feed")
    func oneScan() {
        let stage = Stage()
        stage.scan("ann", [2])
        #expect(stage.end() == [])
        #expect(stage.score("ann")?.tally.score == 20)
        #expect(stage.key("ann")?.version == 1)
        #expect(stage.key("ann")?.committedAt == stage.score("ann")?.updatedAt)
        #expect(stage.told("ann")?.offset == 0)
        #expect(stage.worker.errors == [])
    }

    @Test("a lone scan waits for nobody: it is read, decided and committed at once")
    func loneScan() {
        let stage = Stage()
        stage.scan("ann", [1])
        stage.run(3)
        #expect(stage.ledger.commits == 1, "one message to read the player, its reply, one message to flush")
    }

    @Test("a flood forms batches by itself, bounded by the most records")
    func flood() {
        let stage = Stage { $0.maxRecords = 10 }
        for round in 0..<20 { stage.scan("p\(round)", [1, 2, 3, 4, 5]) }
        #expect(stage.end() == [])
        #expect(stage.worker.ledger.flushesSent.allSatisfy { $0.facts.count <= 10 })
        #expect(stage.ledger.commits < 15)
    }

    @Test("a lane has one batch in flight, however much waits behind it")
    func oneBatchInFlight() {
        let stage = Stage { $0.concurrentFlushes = 4 }
        stage.worker.ledger.hold()
        for round in 0..<10 {
            stage.scan("p\(round)", [1])
            stage.run(5)
        }
        #expect(stage.worker.engine.callsInFlight == 1)
        stage.worker.ledger.release()
        #expect(stage.end() == [])
    }

    @Test("a lane behind a slow flush holds none of the others")
    func slowFlush() {
        let stage = Stage(partitions: 4)
        stage.worker.ledger.hold(atMost: 1)
        stage.scan("slow", [1], to: 0)
        stage.run(10)
        #expect(stage.worker.engine.callsInFlight == 1)
        for round in 0..<50 {
            stage.scan("slow", [2], to: 0)
            for partition: Int32 in 1...3 { stage.scan("p\(partition)-\(round)", [1], to: partition) }
            stage.run(10)
        }
        stage.run(10)
        #expect(stage.ledger.leases[0]?.next == 0)
        for partition: Int32 in 1...3 { #expect(stage.ledger.leases[partition]?.next == 50) }
        stage.worker.ledger.release()
        #expect(stage.end() == [])
        #expect(stage.score("slow")?.tally.unlocks == 2)
    }

    @Test("lanes that are ready together share one call")
    func sharedCall() {
        let stage = Stage { $0.concurrentFlushes = 1 }
        stage.scan("ann", [1], to: 0)
        stage.scan("bob", [1], to: 1)
        #expect(stage.end() == [])
        #expect(stage.worker.ledger.flushesSent.first?.shares.map(\.partition) == [0, 1])
    }

    @Test("two calls run side by side, each with its own lanes")
    func sideBySide() {
        let stage = Stage { $0.concurrentFlushes = 2 }
        stage.worker.ledger.hold()
        stage.scan("ann", [1], to: 0)
        stage.scan("bob", [1], to: 1)
        stage.run(5)
        #expect(stage.worker.engine.callsInFlight == 2)
        stage.worker.ledger.release()
        #expect(stage.end() == [])
    }

    @Test("a lane whose player is with another call does not keep other lanes waiting")
    func blockedLane() {
        let stage = Stage(partitions: 3) { $0.concurrentFlushes = 3 }
        stage.worker.ledger.hold()
        stage.scan("ann", [1], to: 0)
        stage.run(5)
        // A call takes a third of the lanes, that is one. The fullest comes first, and its player is not to be had.
        stage.scan("ann", [2, 3, 4], to: 1)
        stage.scan("bob", [1], to: 2)
        stage.run(5)
        #expect(stage.worker.engine.callsInFlight == 2)
        stage.worker.ledger.release()
        #expect(stage.end() == [])
    }

    @Test("a player in two partitions of one worker is counted once")
    func playerInTwoPartitions() {
        let stage = Stage()
        for round in 0..<6 {
            stage.scan("ann", [1, 2, 3], to: Int32(round % 2), event: "r\(round)")
            if round % 3 == 2 { stage.run(7) }
        }
        #expect(stage.end() == [])
        #expect(stage.score("ann")?.tally.unlocks == 3)
    }

    @Test("of two scans of one moment the smaller partition names the event, whichever came first")
    func tie() {
        let stage = Stage()
        let scan = Lisbon.scan("ann", 1, atMs: 5)
        stage.world.produce(scan, to: 1)
        _ = stage.world.settle()
        stage.world.produce(scan, to: 0)
        #expect(stage.end() == [])
        #expect(stage.ledger.facts[PlayerID(hunt: 1, player: "ann")]?[1]?.place.partition == 0)
        #expect(stage.score("ann")?.version == 1, "nothing that a player sees has changed")
        #expect(stage.score("ann")?.factsSeq == 2)
    }

    @Test("a late scan of an earlier time improves the fact and moves reached_at back")
    func lateScan() {
        let stage = Stage()
        stage.world.produce(Lisbon.scan("ann", 1, atMs: 20), to: 0)
        _ = stage.world.settle()
        stage.world.produce(Lisbon.scan("ann", 1, atMs: 10), to: 0)
        #expect(stage.end() == [])
        #expect(stage.score("ann")?.tally.reachedAt == VirtualTime.startEpochMs + 10)
        #expect(stage.score("ann")?.version == 2)
    }

    @Test("every kind of refused scan is counted once and stops nothing")
    func refusals() {
        let stage = Stage()
        let world = stage.world
        world.produce(garbage: "{", to: 0)
        world.produce(garbage: nil, to: 0)
        world.produce(Lisbon.scan("ann", 1), to: 0, key: "bob")
        world.produce(Lisbon.scan("ann", 1, hunt: "rome"), to: 0)
        world.produce(Lisbon.scan("ann", 9), to: 0)
        world.produce(Lisbon.scan("ann", 1, atMs: world.time.nowMs + 300_001), to: 0)
        world.produce(Lisbon.scan("ann", 1, atMs: -4_000_000), to: 0)
        world.produce(Lisbon.scan("ann", 1), to: 0, timestampMs: -1)
        stage.scan("ann", [1])
        #expect(stage.end() == [])
        #expect(stage.ledger.refused.count == 8)
        #expect(stage.worker.engine.counters.refusals.reduce(0, +) == 8)
        #expect(stage.score("ann")?.version == 1)
    }

    @Test("the detail of a thousand refusals is kept, also when their batch had to be sent twice")
    func refusalsOfAbortedBatches() {
        let stage = Stage(partitions: 1)
        stage.world.faults.nextFlushes = [.conflict, .conflict]
        for _ in 0..<600 { stage.world.produce(garbage: "{", to: 0) }
        #expect(stage.end() == [])
        #expect(stage.ledger.refused.count == 600)
    }

    @Test("offsets that bring nothing else are written at most ten times a second")
    func progress() {
        let stage = Stage(partitions: 1)
        stage.scan("ann", [1])
        _ = stage.world.settle()
        let commits = stage.ledger.commits
        for _ in 0..<500 {
            stage.scan("ann", [1], event: "again")
            stage.run(2)
        }
        let spent = stage.ledger.commits - commits
        #expect(spent >= 9 && spent <= 11)
        #expect(stage.end() == [])
        #expect(stage.ledger.leases[0]?.counts.repeats == 500)
    }

    @Test("a state cache of a few hundred bytes forgets all the time and stays exact")
    func tinyStateCache() {
        let stage = Stage { $0.cacheBytes = 600 }
        for round in 0..<60 {
            stage.scan("p\(round % 20)", [1 + round % 6, 1 + round / 10], to: Int32(round % 2), event: "r\(round)")
            if round % 4 == 0 { stage.run(3) }
        }
        #expect(stage.end() == [])
        #expect(stage.worker.engine.cacheEvictions > 10)
    }

    @Test("a worker with nothing to do asks for no turn")
    func idle() {
        let stage = Stage()
        stage.scan("ann", [1])
        _ = stage.world.settle()
        stage.run(5_000)
        let turns = stage.worker.turns
        stage.run(60_000)
        #expect(stage.worker.turns == turns)
    }
}
