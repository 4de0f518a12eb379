import HuntCore
import Randomness
import Testing

@Suite("What a set of scans is worth")
struct StandingTests {
    private typealias Checkpoint = HuntDefinition.Checkpoint

    private func hunt(_ checkpoints: [Checkpoint], trails: [HuntDefinition.Trail] = []) -> HuntDefinition {
        HuntDefinition(slug: "h", opensAt: 0, closesAt: 1000, checkpoints: checkpoints, trails: trails)
    }

    private func scan(_ checkpoint: String, _ at: Int64, _ partition: Int32 = 0, _ offset: Int64 = 0) -> AcceptedScan {
        AcceptedScan(
            checkpoint: checkpoint, scannedAt: at, partition: partition, offset: offset,
            eventID: "\(at)/\(partition)/\(offset)")
    }

    @Test("the earliest scan names the event; on equal times the smaller partition, then the smaller offset")
    func namingEvent() {
        let definition = hunt([Checkpoint(id: "a", tag: "00000001", points: 5)])
        let scans = [scan("a", 20, 0, 1), scan("a", 10, 2, 7), scan("a", 10, 1, 9), scan("a", 10, 1, 8)]
        for start in scans.indices {
            let turned = Array(scans[start...] + scans[..<start])
            #expect(standing(of: turned, in: definition).visits.map(\.first.eventID) == ["10/1/8"])
        }
    }

    @Test("a checkpoint counts from the time at which all it requires counts")
    func requirementMovesTime() {
        let definition = hunt([
            Checkpoint(id: "vault", tag: "00000001", points: 100, requires: ["key"]),
            Checkpoint(id: "key", tag: "00000002", points: 50),
        ])
        let before = standing(of: [scan("vault", 10)], in: definition)
        #expect(before.tally == .zero)
        #expect(before.visits.map(\.waitsFor) == [["key"]])
        let after = standing(of: [scan("vault", 10), scan("key", 30)], in: definition)
        #expect(after.tally == Tally(score: 150, unlocks: 2, reachedAt: 30))
        #expect(after.visits.map(\.at) == [30, 30])
        #expect(after.visits.map(\.first.scannedAt) == [10, 30])
    }

    @Test("what requires something that does not count does not count either")
    func missingRoot() {
        let definition = hunt([
            Checkpoint(id: "a", tag: "00000001", points: 1),
            Checkpoint(id: "b", tag: "00000002", points: 1, requires: ["a"]),
            Checkpoint(id: "c", tag: "00000003", points: 1, requires: ["b"]),
        ])
        let standing = standing(of: [scan("b", 1), scan("c", 2)], in: definition)
        #expect(standing.unlocks == 0)
        #expect(standing.visits.map(\.waitsFor) == [["a"], ["b"]])
    }

    @Test("a trail pays when its last checkpoint counts, and says what is missing before")
    func trails() {
        let definition = hunt(
            [
                Checkpoint(id: "a", tag: "00000001", points: 0), Checkpoint(id: "b", tag: "00000002", points: 0),
                Checkpoint(id: "c", tag: "00000003", points: 3),
            ], trails: [HuntDefinition.Trail(id: "t", checkpoints: ["b", "a"], bonus: 200)])
        let half = standing(of: [scan("b", 40), scan("c", 5)], in: definition)
        #expect(half.tally == Tally(score: 3, unlocks: 2, reachedAt: 5))
        #expect(half.trails.map(\.missing) == [["a"]])
        let whole = standing(of: [scan("b", 40), scan("c", 5), scan("a", 20)], in: definition)
        #expect(whole.tally == Tally(score: 203, unlocks: 3, reachedAt: 40))
        #expect(whole.trails.map(\.at) == [40])
    }

    @Test("contributions worth 0 count as unlocks but never move reached_at")
    func worthless() {
        let definition = hunt(
            [
                Checkpoint(id: "a", tag: "00000001", points: 0), Checkpoint(id: "b", tag: "00000002", points: 0),
                Checkpoint(id: "c", tag: "00000003", points: 3),
            ], trails: [HuntDefinition.Trail(id: "t", checkpoints: ["b", "a"], bonus: 0)])
        let nothing = standing(of: [scan("b", 40), scan("a", 50)], in: definition)
        #expect(nothing.tally == Tally(score: 0, unlocks: 2, reachedAt: -1))
        #expect(nothing.reachedAt == nil)
        let something = standing(of: [scan("b", 40), scan("a", 50), scan("c", 0)], in: definition)
        #expect(something.tally == Tally(score: 3, unlocks: 3, reachedAt: 0))
    }

    @Test("scans of checkpoints that the hunt does not have are ignored")
    func strangers() {
        let definition = hunt([Checkpoint(id: "a", tag: "00000001", points: 5)])
        #expect(standing(of: [scan("z", 1)], in: definition).visits.isEmpty)
    }
}

@Suite("Order and ranks")
struct RankingTests {
    @Test("higher score first, then earlier reached_at, null last, then the player id by bytes")
    func order() {
        let ordered = [
            Placing(player: "z", score: 10, reachedAt: 1), Placing(player: "B", score: 10, reachedAt: 2),
            Placing(player: "a", score: 10, reachedAt: 2), Placing(player: "aa", score: 10, reachedAt: 2),
            Placing(player: "x", score: 9, reachedAt: 0), Placing(player: "@", score: 0, reachedAt: nil),
            Placing(player: "_", score: 0, reachedAt: nil),
        ]
        var random = SplitMix64(seed: 7)
        for _ in 0..<100 {
            #expect(ordered.shuffled(using: &random).sorted { $0.precedes($1) } == ordered)
        }
        #expect(!ordered[0].precedes(ordered[0]))
        #expect(Placing(player: "z", score: 0, reachedAt: 5).precedes(Placing(player: "a", score: 0, reachedAt: nil)))
    }

    @Test("first_to_reach numbers the order; shared gives equal scores equal ranks with gaps")
    func ranks() {
        let scores: [Int64] = [9, 7, 7, 7, 3, 0, 0]
        #expect(HuntDefinition.Ranking.firstToReach.ranks(ofScores: scores) == [1, 2, 3, 4, 5, 6, 7])
        #expect(HuntDefinition.Ranking.shared.ranks(ofScores: scores) == [1, 2, 2, 2, 5, 6, 6])
        #expect(HuntDefinition.Ranking.shared.ranks(ofScores: []) == [])
    }

    @Test("a shared rank is one more than the number of players with a higher score")
    func sharedRanksProperty() {
        var random = SplitMix64(seed: 8)
        for _ in 0..<200 {
            let scores = (0..<Int.random(in: 0...30, using: &random))
                .map { _ in Int64.random(in: 0...8, using: &random) }.sorted(by: >)
            let expected = scores.map { own in scores.count { $0 > own } + 1 }
            #expect(HuntDefinition.Ranking.shared.ranks(ofScores: scores) == expected)
        }
    }
}
