import FlowCore
import Reactor
import Simulation
import Testing

/// What keeps a call from committing; each is laid into a call that is right otherwise.
enum Obstacle: String, CaseIterable, Sendable {
    case unstorableText
    case otherGeneration
    case otherEpoch
    case otherOffset
    case noLease
    case newerRow
    case missingRow
    case unexpectedRow
    case publishedOverNext

    func lay(into draft: inout FlushDraft, unstorable: String) {
        switch self {
        case .unstorableText: draft.facts[0].event = unstorable
        case .otherGeneration: draft.generation = 77
        case .otherEpoch: draft.shares[0].epoch = 1
        case .otherOffset: draft.shares[0].from -= 1
        case .noLease: draft.shares.append(.init(partition: 5))
        case .newerRow: draft.scores[0].factsSeq = 2
        case .missingRow: draft.scores[1].factsSeq = 2
        case .unexpectedRow:
            draft.scores[0].factsSeq = 1
            draft.scores[0].version = 1
        case .publishedOverNext: draft.shares[0].published = draft.shares[0].next + 1
        }
    }

    func isReason(of trouble: FlushTrouble?) -> Bool {
        switch self {
        case .unstorableText: trouble == .rejected("22021")
        case .otherGeneration: trouble == .definitionsChanged
        case .otherEpoch, .otherOffset: trouble == .leaseLost([0])
        case .noLease: trouble == .leaseLost([5])
        case .newerRow, .missingRow, .unexpectedRow: trouble == .playersChanged(1)
        case .publishedOverNext: trouble == .rejected("23514")
        }
    }
}

extension Ports {
    /// How a flush is refused, by any `Ledger`.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct FlushRefusalTests {
        /// Anna has a row of two flushes, bert has none; partition 0 was taken twice and stands at 3.
        private func prepare(_ stage: any LedgerStage) async throws -> FlushDraft {
            try await stage.take([0])
            for number in 0..<2 as Range<Int64> {
                let draft = FlushDraft(
                    shares: [.init(from: number, next: number + 1)],
                    facts: [.init(checkpoint: Int32(number + 1), offset: number)],
                    scores: [.init(score: 10 * (number + 1), unlocks: 1, version: number + 1, factsSeq: number + 1)])
                #expect(try await stage.refusal(of: draft) == nil)
            }
            let refused = FlushDraft(shares: [.init(from: 2, next: 3)], refusals: [.init(offset: 2)])
            #expect(try await stage.refusal(of: refused) == nil)
            try await stage.take([0])
            return FlushDraft(
                shares: [.init(epoch: 2, from: 3, next: 7, published: 3)],
                facts: [.init(checkpoint: 4, offset: 3), .init(player: "bert", offset: 4)],
                scores: [.init(score: 60, unlocks: 3, version: 3, factsSeq: 3), .init(player: "bert")],
                refusals: [.init(reason: .unknownTag, offset: 5)])
        }

        @Test(
            "a flush that is refused changes nothing, and put right it commits",
            arguments: Implementation.allCases, Obstacle.allCases)
        func allOrNothing(_ implementation: Implementation, _ obstacle: Obstacle) async throws {
            try await withLedger(implementation) { stage async throws in
                let right = try await prepare(stage)
                var wrong = right
                obstacle.lay(into: &wrong, unstorable: stage.unstorableEvent)
                let before = try await stage.everything()
                let trouble = try await stage.refusal(of: wrong)
                #expect(obstacle.isReason(of: trouble), "\(String(describing: trouble))")
                #expect(try await stage.everything() == before)
                #expect(try await stage.refusal(of: right) == nil)
                #expect(try await stage.leases() == ["0: 0 7 3 4 0 1 2"])
            }
        }

        @Test(
            "of several reasons bad text comes first, then definitions, leases, players, and bad offsets last",
            arguments: Implementation.allCases)
        func precedence(_ implementation: Implementation) async throws {
            let order: [Obstacle] = [.unstorableText, .otherGeneration, .otherEpoch, .newerRow, .publishedOverNext]
            try await withLedger(implementation) { stage async throws in
                let right = try await prepare(stage)
                for first in order.indices {
                    var wrong = right
                    for obstacle in order[first...] { obstacle.lay(into: &wrong, unstorable: stage.unstorableEvent) }
                    let trouble = try await stage.refusal(of: wrong)
                    #expect(order[first].isReason(of: trouble), "\(order[first]): \(String(describing: trouble))")
                }
            }
        }

        @Test("a lost lease is told with every partition that is lost and no other", arguments: Implementation.allCases)
        func lostPartitions(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                try await stage.take([0, 1, 2, 10])
                try await stage.take([10, 1], as: "w2")
                let draft = FlushDraft(shares: [10, 2, 1, 0, 7].map { FlushDraft.Share(partition: $0) })
                #expect(try await stage.refusal(of: draft) == .leaseLost([1, 7, 10]))
            }
        }

        @Test("changed players are told by their number", arguments: Implementation.allCases)
        func changedPlayers(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                try await stage.take([0])
                let names = ["anna", "bert", "carl"]
                @Reactor func draft(from: Int64, seqs: [Int64]) -> FlushDraft {
                    FlushDraft(
                        shares: [.init(from: from, next: from + 3)],
                        facts: names.enumerated().map {
                            .init(player: $1, checkpoint: Int32(from + 1), offset: from + Int64($0))
                        },
                        scores: zip(names, seqs).map { name, seq in
                            .init(player: name, score: 10 * seq, unlocks: 1, version: seq, factsSeq: seq)
                        })
                }
                #expect(try await stage.refusal(of: draft(from: 0, seqs: [1, 1, 1])) == nil)
                #expect(try await stage.refusal(of: draft(from: 3, seqs: [2, 2, 2])) == nil)
                #expect(try await stage.refusal(of: draft(from: 6, seqs: [2, 3, 4])) == .playersChanged(2))
                #expect(try await stage.refusal(of: draft(from: 6, seqs: [3, 1, 3])) == .playersChanged(1))
                #expect(try await stage.refusal(of: draft(from: 6, seqs: [3, 3, 3])) == nil)
            }
        }

        @Test(
            "a connection that is cut leaves the outcome unknown, and the lease tells it",
            arguments: Implementation.allCases)
        func cutOff(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                let draft = try await prepare(stage)
                let before = try await stage.everything()
                let result = try await stage.flushCutOff(try await stage.call(draft))
                guard case .failure(.outcomeUnknown) = result else {
                    Issue.record("\(result)")
                    return
                }
                let lease = Lease(partition: 0, epoch: 3, nextOffset: 3, publishedOffset: 0, previousOwner: "w1")
                #expect(try await stage.take([0]) == [lease])
                #expect(try await stage.everything() == before)
                #expect(try await stage.refusal(of: draft) == .leaseLost([0]))
            }
        }

        @Test(
            "a call that the server gives up for another's sake can be sent again", arguments: Implementation.allCases)
        func conflict(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                let draft = try await prepare(stage)
                let before = try await stage.everything()
                #expect(try await stage.flushInConflict(try await stage.call(draft)) == .failure(.conflict))
                #expect(try await stage.everything() == before)
                #expect(try await stage.refusal(of: draft) == nil)
            }
        }
    }
}
