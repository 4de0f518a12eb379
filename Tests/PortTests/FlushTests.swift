import FlowCore
import HuntCore
import Reactor
import Simulation
import Testing

extension Ports {
    /// What the engine relies on when it flushes, of any `Ledger`.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct FlushTests {
        @Test(
            "a flush writes facts, scores, refusals and counters, and moves the leases",
            arguments: Implementation.allCases)
        func writes(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                try await stage.take([0, 1], logStart: 100)
                let draft = FlushDraft(
                    shares: [
                        .init(from: 100, next: 105, published: 102),
                        .init(partition: 1, from: 100, next: 101, published: 100),
                    ],
                    facts: [
                        .init(offset: 103), .init(checkpoint: 4, atMs: -5, reader: "gate", partition: 1, offset: 100),
                        .init(player: "bert", offset: 104),
                    ],
                    scores: [.init(score: 50, unlocks: 2), .init(player: "bert")],
                    refusals: [.init(reason: .wrongKey, offset: 101)])
                #expect(try await stage.refusal(of: draft) == nil)
                #expect(
                    try await stage.facts() == [
                        "anna 1 0 e1 - 0@103", "anna 4 -5 e1 gate 1@100", "bert 1 0 e1 - 0@104",
                    ])
                #expect(try await stage.leases() == ["0: 100 105 102 2 0 2 1", "1: 100 101 100 1 0 0 0"])
                #expect(try await stage.refusalsKept() == ["wrong_key 0 0": 1])
                #expect(try await stage.refusalsCounted() == ["wrong_key 0": 1])
                #expect(try await stage.load(["anna", "bert"]).map(\.tally.score).sorted() == [10, 50])
                #expect(stage.violations.isEmpty)
            }
        }

        @Test(
            "of two scans of a checkpoint the earlier one stays, whichever came first",
            arguments: Implementation.allCases)
        func earlierFact(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                try await stage.take([2, 3, 4])
                var seq: Int64 = 0
                var next: [Int32: Int64] = [:]
                @Reactor func offer(_ atMs: Int64, _ partition: Int32, _ offset: Int64) async throws -> String? {
                    seq += 1
                    let from = next[partition, default: 0]
                    next[partition] = from + 1
                    let draft = FlushDraft(
                        shares: [.init(partition: partition, from: from, next: from + 1)],
                        facts: [
                            .init(
                                isNew: seq == 1, atMs: atMs, event: "e\(seq)", partition: partition, offset: offset)
                        ],
                        scores: [.init(factsSeq: seq)])
                    #expect(try await stage.refusal(of: draft) == nil)
                    return try await stage.facts().first
                }
                #expect(try await offer(1_000, 3, 30) == "anna 1 1000 e1 - 3@30")
                #expect(try await offer(1_001, 2, 0) == "anna 1 1000 e1 - 3@30")
                #expect(try await offer(1_000, 4, 0) == "anna 1 1000 e1 - 3@30")
                #expect(try await offer(1_000, 3, 31) == "anna 1 1000 e1 - 3@30")
                #expect(try await offer(1_000, 3, 29) == "anna 1 1000 e5 - 3@29")
                #expect(try await offer(1_000, 2, 99) == "anna 1 1000 e6 - 2@99")
                #expect(try await offer(999, 4, 99) == "anna 1 999 e7 - 4@99")
            }
        }

        @Test(
            "a call of nothing but offsets moves them, and published_offset never goes back",
            arguments: Implementation.allCases)
        func offsets(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                try await stage.take([0])
                #expect(try await stage.refusal(of: FlushDraft(shares: [.init(next: 8, published: 6)])) == nil)
                #expect(try await stage.leases() == ["0: 0 8 6 0 0 8 0"])
                let behind = FlushDraft(shares: [.init(from: 8, next: 10, published: 5)])
                #expect(try await stage.refusal(of: behind) == nil)
                #expect(try await stage.leases() == ["0: 0 10 6 0 0 10 0"])
                let standing = FlushDraft(shares: [.init(from: 10, next: 10, published: 10)])
                #expect(try await stage.refusal(of: standing) == nil)
                #expect(try await stage.leases() == ["0: 0 10 10 0 0 10 0"])
                #expect(stage.violations.isEmpty)
            }
        }

        @Test(
            "the reply is the time that changed players carry; an unchanged one keeps its own",
            arguments: Implementation.allCases)
        func committedAt(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                try await stage.take([0])
                let first = try await stage.flush(
                    FlushDraft(
                        shares: [.init(next: 2)], facts: [.init(), .init(player: "bert", offset: 1)],
                        scores: [.init(), .init(player: "bert")])
                ).get()
                var second = first
                var seq: Int64 = 1
                // A server's clock moves by itself, but perhaps not within one call.
                while second == first {
                    let offset = 2 * seq
                    seq += 1
                    second = try await stage.flush(
                        FlushDraft(
                            shares: [.init(from: offset, next: offset + 2)],
                            facts: [
                                .init(isNew: seq == 2, checkpoint: 2, offset: offset),
                                .init(isNew: seq == 2, player: "bert", checkpoint: 3, offset: offset + 1),
                            ],
                            scores: [
                                .init(score: 10 * seq, unlocks: 2, version: seq, factsSeq: seq),
                                .init(player: "bert", factsSeq: seq),
                            ])
                    ).get()
                }
                let players = try await stage.load(["anna", "bert"]).sorted { $0.position < $1.position }
                #expect(players.map(\.committedAt) == [second, first])
                #expect(players.map(\.factsSeq) == [seq, seq])
            }
        }

        @Test(
            "of each reason, partition and hour a thousand refusals are kept, and all are counted",
            arguments: Implementation.allCases)
        func refusalsKept(_ implementation: Implementation) async throws {
            try await withLedger(implementation) { stage async throws in
                try await stage.take([0, 1])
                var next: Int64 = 0
                @Reactor func refuse(_ count: Int64, _ change: (inout FlushDraft.Refusal) -> Void = { _ in })
                    async throws
                {
                    var refusals = (next..<next + count).map { FlushDraft.Refusal(offset: $0) }
                    for position in refusals.indices { change(&refusals[position]) }
                    var shares = [FlushDraft.Share(from: next, next: next + count)]
                    shares.append(FlushDraft.Share(partition: 1, from: next, next: next + count))
                    #expect(try await stage.refusal(of: FlushDraft(shares: shares, refusals: refusals)) == nil)
                    next += count
                }
                try await refuse(700)
                try await refuse(200) { $0.isKept = false }
                #expect(try await stage.refusalsKept() == ["malformed 0 0": 700])
                try await refuse(400)
                #expect(try await stage.refusalsKept() == ["malformed 0 0": 1_000])
                try await refuse(1)
                try await refuse(2) { $0.partition = 1 }
                try await refuse(3) { $0.hour = 1 }
                try await refuse(4) { $0.reason = .wrongKey }
                #expect(
                    try await stage.refusalsKept() == [
                        "malformed 0 0": 1_000, "malformed 1 0": 2, "malformed 0 1": 3, "wrong_key 0 0": 4,
                    ])
                #expect(
                    try await stage.refusalsCounted() == ["malformed 0": 1_303, "malformed 1": 3, "wrong_key 0": 4])
                #expect(try await stage.leases() == ["0: 0 1310 0 0 0 2 1308", "1: 0 1310 0 0 0 1308 2"])
                #expect(stage.violations.isEmpty)
            }
        }
    }
}
