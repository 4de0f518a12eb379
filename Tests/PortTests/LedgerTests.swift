import Reactor
import Simulation
import Testing

@testable import FlowCore

extension Ports {
    /// What the engine relies on when it takes leases and reads, of any `Ledger`.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct LedgerTests {
        @Test(
            "the lease of a new partition begins where the log does, with epoch 1 and no previous owner",
            arguments: Implementation.allCases)
        func newLease(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                let lease = Lease(partition: 3, epoch: 1, nextOffset: 70, publishedOffset: 70, previousOwner: nil)
                #expect(try await stage.take([3], logStart: 70) == [lease])
            }
        }

        @Test(
            "a lease that is taken again has the next epoch, tells who held it and keeps its offsets",
            arguments: Implementation.allCases)
        func takenAgain(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                try await stage.take([0])
                #expect(try await stage.refusal(of: FlushDraft(shares: [.init(next: 9, published: 4)])) == nil)
                let second = Lease(partition: 0, epoch: 2, nextOffset: 9, publishedOffset: 4, previousOwner: "w1")
                #expect(try await stage.take([0], as: "w2", logStart: 7) == [second])
                let third = Lease(partition: 0, epoch: 3, nextOffset: 9, publishedOffset: 4, previousOwner: "w2")
                #expect(try await stage.take([0], as: "w2", logStart: 50) == [third])
            }
        }

        @Test("leases come by partition, however they were asked for", arguments: Implementation.allCases)
        func order(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                try await stage.take([5])
                let leases = try await stage.take([9, 5, 12, 0], as: "w2")
                #expect(leases.map(\.partition) == [0, 5, 9, 12])
                #expect(leases.map(\.epoch) == [1, 2, 1, 1])
                #expect(leases.map(\.previousOwner) == [nil, "w1", nil, nil])
            }
        }

        @Test(
            "players come with their facts and their place in the list, those without a row do not",
            arguments: Implementation.allCases)
        func players(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                try await stage.take([0])
                let scores = [FlushDraft.Score(score: 30, unlocks: 2, reachedMs: 9), .init(player: "bert")]
                let draft = FlushDraft(
                    shares: [.init(next: 3)],
                    facts: [
                        .init(atMs: 7), .init(checkpoint: 2, atMs: 9, offset: 2), .init(player: "bert", offset: 1),
                    ],
                    scores: scores)
                let committedAt = try await stage.flush(draft).get()
                let players = try await stage.load(["zoe", "bert", "nobody", "anna"])
                #expect(players.map(\.position).sorted() == [1, 3])
                let anna = try #require(players.first { $0.position == 3 })
                #expect(anna.tally == scores[0].tally && anna.version == 1 && anna.factsSeq == 1)
                #expect(anna.committedAt == committedAt)
                #expect(
                    anna.facts.sorted { $0.checkpointID < $1.checkpointID } == [
                        LoadedFact(checkpointID: 1, scannedAt: VirtualTime.startEpochMs + 7, partition: 0),
                        LoadedFact(checkpointID: 2, scannedAt: VirtualTime.startEpochMs + 9, partition: 0),
                    ])
                #expect(players.first { $0.position == 1 }?.facts.map(\.checkpointID) == [1])
                #expect(try await stage.load([]).isEmpty)
            }
        }

        @Test("a player whose facts are worth nothing has no moment of reaching it", arguments: Implementation.allCases)
        func worthless(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                try await stage.take([0])
                let score = FlushDraft.Score(score: 0, unlocks: 0, reachedMs: nil, version: 0)
                let draft = FlushDraft(shares: [.init()], facts: [.init(checkpoint: 3)], scores: [score])
                #expect(try await stage.refusal(of: draft) == nil)
                let anna = try #require(try await stage.load(["anna"]).first)
                #expect(anna.tally == .zero && anna.version == 0 && anna.factsSeq == 1)
                #expect(anna.facts.map(\.checkpointID) == [3])
            }
        }

        @Test(
            "definitions come with their generation, and every change has the next", arguments: Implementation.allCases)
        func definitions(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                let first = try await stage.book()
                #expect(first.hunts.map(\.definition) == [Lisbon.hunt(6)])
                let hunt = try #require(first.hunts.first)
                #expect(hunt.rulesVersion == 1)
                #expect(Set((0..<6).map { hunt.checkpointID(at: $0) }).count == 6)
                try await stage.importHunt(Lisbon.hunt(7))
                let second = try await stage.book()
                #expect(second.generation == first.generation + 1)
                #expect(second.hunts.map(\.definition) == [Lisbon.hunt(7)])
                #expect(second.hunts.map(\.rulesVersion) == [2] && second.hunts.map(\.huntID) == [hunt.huntID])
                try await stage.importHunt(Lisbon.hunt(7))
                #expect(try await stage.book().generation == second.generation)
                try await stage.importHunt(Lisbon.hunt(2, slug: "porto"))
                #expect(try await stage.book().hunts.map(\.definition.slug).sorted() == ["lisbon", "porto"])
            }
        }

        @Test(
            "a ledger that is away says so to every question, and nothing was sent", arguments: Implementation.allCases)
        func absence(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                let call = try await stage.call(FlushDraft(shares: [.init()]))
                let ledger = stage.absentLedger()
                let request = LeaseRequest(partition: 0, logStart: 0)
                let leases = try await stage.patience.reply { ledger.takeLeases([request], reply: $0) }
                #expect(throws: TransientTrouble.self) { try leases.get() }
                let book = try await stage.patience.reply { ledger.loadDefinitions(reply: $0) }
                #expect(throws: TransientTrouble.self) { try book.get() }
                let key = PlayerKey(huntID: 1, name: "anna")
                let players = try await stage.patience.reply { ledger.loadPlayers([key], reply: $0) }
                #expect(throws: TransientTrouble.self) { try players.get() }
                let flushed: Result<Int64, FlushTrouble> = try await stage.patience.reply {
                    ledger.flush(call, reply: $0)
                }
                guard case .failure(.unavailable) = flushed else {
                    Issue.record("\(flushed)")
                    return
                }
            }
        }
    }
}
