import FlowCore
import Testing

@testable import Simulation

@Suite("what the ledger may answer")
struct LedgerTroubleTests {
    // MARK: CA001

    @Test("a lost lease drops only its lane; a lane that shared the call keeps its batch")
    func leaseLost() {
        let stage = Stage { $0.concurrentFlushes = 1 }
        stage.scan("ann", [1], to: 0)
        stage.scan("bob", [1], to: 1)
        stage.run(1)
        stage.ledger.steal(0)
        #expect(stage.end() == [])
        #expect(stage.ledger.raised["CA001"] == 1)
        #expect(stage.worker.source.restarts == ["0@0"])
        #expect(stage.worker.source.polled == 3, "one record of the lost lane was read again")
        #expect(stage.worker.engine.counters.leasesRetaken == 1)
        #expect(stage.worker.engine.counters.leasesLost == 1)
    }

    // MARK: CA002

    @Test("a player whose row is newer than the state is read again, and the batch decided again")
    func playersChanged() {
        let stage = Stage()
        let other = stage.world.addWorker()
        stage.world.rebalance([(stage.worker, [0]), (other, [1])])
        stage.scan("ann", [1], to: 0)
        _ = stage.world.settle()
        stage.scan("ann", [2], to: 1)
        _ = stage.world.settle()
        stage.scan("ann", [3], to: 0)
        #expect(stage.end() == [])
        #expect(stage.worker.engine.counters.foreignWrites == 1)
        #expect(stage.score("ann")?.version == 3)
    }

    @Test("two workers that write the same players at the same time both come to an end")
    func contention() {
        let stage = Stage()
        let other = stage.world.addWorker()
        stage.world.rebalance([(stage.worker, [0]), (other, [1])])
        for round in 0..<40 {
            stage.scan("p\(round % 5)", [1 + round % 6], to: 0, event: "a\(round)")
            stage.scan("p\(round % 5)", [6 - round % 6], to: 1, event: "b\(round)")
        }
        #expect(stage.end() == [])
    }

    // MARK: CA003

    @Test("a tag that was unknown until just now becomes a fact: the batch is judged again by the new definitions")
    func definitionsChanged() {
        let stage = Stage(checkpoints: 3)
        stage.scan("ann", [4])
        stage.ledger.importHunt(Lisbon.hunt(4))
        #expect(stage.end() == [])
        #expect(stage.ledger.refused == [:])
        #expect(stage.score("ann")?.tally.score == 40)
        #expect(stage.worker.engine.counters.definitionsReloaded == 1)
    }

    @Test("definitions that change while calls are in flight wait until all of them are back")
    func definitionsChangedInFlight() {
        let stage = Stage(partitions: 3, checkpoints: 3) { $0.concurrentFlushes = 3 }
        stage.worker.ledger.hold()
        for partition: Int32 in 0..<3 { stage.scan("p\(partition)", [1, 4], to: partition) }
        stage.run(5)
        #expect(stage.worker.engine.callsInFlight == 3)
        stage.ledger.importHunt(Lisbon.hunt(4))
        stage.worker.ledger.release()
        #expect(stage.end() == [])
        #expect(stage.ledger.refused == [:])
        #expect(stage.worker.engine.book.generation == 2)
    }

    @Test("scores that an import changed are taken over before the player's next scan counts")
    func rescore() {
        let stage = Stage(partitions: 1)
        stage.scan("ann", [1, 2])
        _ = stage.world.settle()
        stage.ledger.importHunt(Lisbon.hunt(worth: 11))
        #expect(stage.score("ann")?.version == 2)
        stage.scan("ann", [4])
        #expect(stage.end() == [])
        #expect(stage.score("ann")?.tally.score == 82)
        #expect(stage.score("ann")?.version == 3)
    }

    @Test("a player who scans between an import and the recount is counted by the new rules, and not again")
    func scanBeforeRecount() {
        let stage = Stage(partitions: 1)
        stage.scan("ann", [1, 2])
        stage.scan("bob", [1])
        _ = stage.world.settle()
        stage.ledger.importHunt(Lisbon.hunt(worth: 11), isCounted: false)
        stage.scan("ann", [5])
        _ = stage.world.settle()
        #expect(stage.score("ann")?.tally.score == 88)
        #expect(stage.score("ann")?.version == 2)
        #expect(stage.score("bob")?.tally.score == 10)
        #expect(stage.ledger.rescore(1) == [PlayerID(hunt: 1, player: "bob")])
        stage.scan("bob", [2])
        _ = stage.world.settle()
        #expect(stage.score("bob")?.tally.score == 33)
        #expect(stage.score("bob")?.version == 3)
        #expect(stage.told("bob")?.version == 3)
    }

    @Test("an erased player begins anew: the same scan is no repeat")
    func erased() {
        let stage = Stage(partitions: 1)
        stage.scan("ann", [1, 2])
        stage.scan("bob", [1])
        _ = stage.world.settle()
        stage.ledger.erase(PlayerID(hunt: 1, player: "ann"))
        stage.scan("ann", [1], event: "again")
        _ = stage.world.settle()
        #expect(stage.score("ann")?.tally.score == 10)
        #expect(stage.score("ann")?.version == 1)
        #expect(stage.score("ann")?.factsSeq == 1)
    }

    // MARK: Lost replies

    @Test("a reply that is lost after the commit doubles nothing")
    func replyLostAfterCommit() {
        let stage = Stage()
        stage.world.faults.nextFlushes = [.lostAfter]
        stage.scan("ann", [1])
        #expect(stage.end() == [])
        #expect(stage.worker.engine.counters.outcomesUnknown == 1)
        #expect(stage.worker.engine.counters.outcomesFoundCommitted == 1)
        #expect(stage.score("ann")?.version == 1)
        #expect(stage.told("ann")?.version == 1)
    }

    @Test("a request that is lost before the commit is sent again")
    func requestLost() {
        let stage = Stage()
        stage.world.faults.nextFlushes = [.lostBefore]
        stage.scan("ann", [1])
        #expect(stage.end() == [])
        #expect(stage.worker.engine.counters.outcomesFoundCommitted == 0)
        #expect(stage.score("ann")?.version == 1)
    }

    @Test("a flush that arrives long after its connection was lost is fenced by the lease taken anew")
    func strayFlush() {
        let stage = Stage()
        stage.world.faults.nextFlushes = [.stray(500)]
        stage.scan("ann", [1])
        _ = stage.world.settle()
        stage.run(1_000)
        #expect(stage.end() == [])
        #expect(stage.ledger.raised["CA001"] == 1)
    }

    @Test("while the outcome cannot be learnt nobody else touches its players, and other lanes go on")
    func outcomeLearntLate() {
        let stage = Stage()
        stage.world.faults.nextFlushes = [.lostAfter]
        stage.world.faults.rates.leasePercent = 100
        stage.scan("ann", [1], to: 0)
        stage.run(300)
        #expect(stage.worker.engine.callsInFlight == 1)
        stage.scan("ann", [2], to: 1)
        stage.scan("bob", [1], to: 1)
        stage.run(3_000)
        #expect(stage.score("ann")?.version == 1)
        stage.world.faults.rates.leasePercent = 0
        #expect(stage.end() == [])
        #expect(stage.score("ann")?.version == 2)
    }

    // MARK: Rejected data

    @Test("a record that cannot be stored becomes a refusal, and everything else of its batch is stored")
    func poison() {
        let stage = Stage(partitions: 2) { $0.concurrentFlushes = 1 }
        for player in 0..<7 { stage.scan("p\(player)", [1, 2]) }
        stage.scan("bad", [3], event: SampleScan.poison)
        for player in 7..<12 { stage.scan("p\(player)", [1, 2]) }
        stage.scan("bob", [1, 2], to: 1)
        #expect(stage.end() == [])
        #expect(stage.ledger.refused.values.map(\.reason) == ["unstorable"])
        #expect(stage.ledger.scores.count == 13)
        #expect(stage.worker.engine.counters.rejections <= 6, "halving, not one by one")
        #expect(stage.worker.errors.count == 1)
        let flushes = stage.worker.ledger.flushesSent.count
        for player in 0..<12 { stage.scan("p\(player)", [4]) }
        #expect(stage.end() == [])
        #expect(stage.worker.ledger.flushesSent.count - flushes <= 3, "afterwards batches are large again")
    }

    @Test("poison in several lanes and several in one batch are all found")
    func muchPoison() {
        let stage = Stage(partitions: 3)
        for partition: Int32 in 0..<3 {
            for round in 0..<9 {
                let event = round % 4 == 1 ? SampleScan.poison : "e"
                stage.scan("p\(partition)-\(round)", [1, 2], to: partition, event: event)
            }
        }
        #expect(stage.end() == [])
        #expect(stage.ledger.refused.count == 12)
    }

    @Test("a refusal that blames no record is tried again with pauses, not in a circle")
    func refusedForNoRecord() {
        let stage = Stage(partitions: 1)
        stage.ledger.isRefusingAll = true
        stage.scan("ann", [1])
        stage.run(3_000)
        #expect(stage.worker.ledger.flushesSent.count < 15)
        stage.ledger.isRefusingAll = false
        #expect(stage.world.settle())
        #expect(stage.ledger.leases[0]?.next == 1)
    }

    // MARK: Away

    @Test("a ledger that is away is asked with growing pauses, and all goes on where it stopped")
    func unavailable() {
        let stage = Stage()
        stage.world.faults.nextFlushes = Array(repeating: .unavailable, count: 8)
        for player in 0..<20 { stage.scan("p\(player)", [1], to: Int32(player % 2)) }
        stage.run(1_000)
        #expect(stage.worker.ledger.flushesSent.count <= 6)
        #expect(stage.end() == [])
    }

    @Test("the pause after a failure counts from the failure, however long it took to come")
    func pauseCountsFromTheReply() {
        let stage = Stage(partitions: 1)
        stage.world.faults.nextFlushes = [.unavailable, .unavailable]
        stage.scan("ann", [1])
        stage.run(2)
        stage.worker.ledger.replyDelayMs = 2_000
        var sentAtMs: [Int64] = []
        while sentAtMs.count < 3 {
            stage.run(1)
            if stage.worker.ledger.flushesSent.count > sentAtMs.count { sentAtMs.append(stage.world.time.nowMs) }
        }
        // Asking for the player again takes as long as the failed flush.
        #expect(zip(sentAtMs, sentAtMs.dropFirst()).allSatisfy { $1 - $0 >= 2_050 })
    }

    @Test("serialisation failures are retried and counted")
    func conflict() {
        let stage = Stage()
        stage.world.faults.nextFlushes = [.conflict, .conflict, .conflict]
        stage.scan("ann", [1, 2, 3])
        #expect(stage.end() == [])
        #expect(stage.worker.engine.counters.conflicts == 3)
    }
}
