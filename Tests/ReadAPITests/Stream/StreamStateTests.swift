import HuntCore
import Randomness
import Testing

@testable import ReadAPI

@Suite("States of streams")
struct StreamStateTests {
    @Test("an id reads back as it was written, and nothing else does")
    func ids() {
        let id = BoardStateID(rulesVersion: 3, erasures: 0, version: 12_345)
        #expect("\(id)" == "3.0.12345" && BoardStateID("3.0.12345") == id)
        for text in [
            "", "3", "3.0", "3.0.", "3.0.1.2", "3.0.x", "03.0.1", "+3.0.1", " 3.0.1", "3.0.99999999999999999999",
        ] {
            #expect(BoardStateID(text) == nil, "\(text)")
        }
        #expect(BoardStateID("3.0." + String(repeating: "0", count: 1000)) == nil)
    }

    @Test(
        "applied to any state of the history, a delta gives exactly the newest",
        arguments: HuntDefinition.Ranking.allCases)
    func deltas(ranking: HuntDefinition.Ranking) throws {
        var generator = SplitMix64(seed: 20_260_612)
        var deltas = 0
        for _ in 0..<3 {
            let stage = Stage(ranking: ranking)
            let top = generator.pick([1, 2, 10, 50, 100])
            var history = StreamHistory()
            var readers: [ShownBoard] = []
            for _ in 0..<StreamHistory.statesMax {
                for _ in 0..<generator.below(12) { change(stage, &generator) }
                let state = try #require(stage.store.read(Stage.slug) { BoardState($0) })
                history.append(state)
                let stamp = BoardStamp(asOf: 5, version: state.id.version, source: .feed)
                for var reader in readers {
                    guard case .delta(let delta) = history.way(from: BoardStateID(reader.lastID ?? ""), top: top) else {
                        #expect(reader.lastID == stage.stateID)
                        continue
                    }
                    try reader.take(StreamEvent.delta(delta, to: state, stamp: stamp))
                    #expect(reader.entries == stage.first(top) && reader.players == stage.players)
                    deltas += 1
                }
                var reader = ShownBoard()
                try reader.take(StreamEvent.snapshot(of: state, slug: Stage.slug, stamp: stamp, top: top))
                #expect(reader.entries == stage.first(top))
                readers.append(reader)
            }
        }
        #expect(deltas > 4000)
    }

    /// Few scores and instants, so that many players are equal in them.
    private func change(_ stage: Stage, _ generator: inout SplitMix64) {
        let player = "p\(generator.below(140))"
        if generator.chance(4) { return stage.erase(player) }
        let score = Int64(generator.below(12)) * 50
        let reachedAt = Int64(generator.below(4)) - 1
        stage.set(player, score: score, unlocks: generator.chance(8) ? 0 : 1, at: reachedAt)
    }

    @Test("a state that has left the history, and one of other rules, leads to a snapshot")
    func snapshots() throws {
        let stage = Stage()
        var history = StreamHistory()
        stage.set("ana", score: 50)
        let first = try #require(stage.store.read(Stage.slug) { BoardState($0) })
        history.append(first)
        for score in 2...Int64(StreamHistory.statesMax) {
            stage.set("ana", score: score * 50)
            history.append(try #require(stage.store.read(Stage.slug) { BoardState($0) }))
        }
        guard case .delta = history.way(from: first.id, top: 10) else { return #expect(Bool(false), "still there") }
        stage.set("ana", score: 0)
        history.append(try #require(stage.store.read(Stage.slug) { BoardState($0) }))
        guard case .snapshot = history.way(from: first.id, top: 10) else { return #expect(Bool(false), "left") }
        let before = try #require(history.newest).id
        stage.changeRules()
        history.append(try #require(stage.store.read(Stage.slug) { BoardState($0) }))
        guard case .snapshot = history.way(from: before, top: 10) else { return #expect(Bool(false), "other rules") }
    }
}
