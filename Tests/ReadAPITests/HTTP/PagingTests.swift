import HuntCore
import OrderIndex
import Randomness
import Testing

@testable import ReadAPI

/// Players go up and down between two pages; who stays is met exactly once.
@Suite("paging")
struct PagingTests {
    @Test(
        "through a changing board in either direction nobody who stays is met twice or missed",
        arguments: [HuntDefinition.Ranking.firstToReach, .shared], [false, true])
    func changing(ranking: HuntDefinition.Ranking, isBackwards: Bool) throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let store = SampleBoards.store([SampleBoards.board(ranking: ranking)])
            let movers = Set((0..<120).filter { _ in random.chance(30) })
            let limit = 1 + random.below(15)
            var cursor: BoardCursor?
            if isBackwards { cursor = store.read("old-town") { BoardCursor.end(of: $0.hunt) } }
            var met: [String] = []
            var pages = 0
            repeat {
                let page = try #require(store.read("old-town") { BoardPage(of: $0, limit: limit, cursor: cursor) })
                let names = page.entries.map(\.player.string)
                met = isBackwards ? names + met : met + names
                cursor = isBackwards ? page.previous : page.next
                pages += 1
                for _ in 0..<random.below(6) {
                    let mover = random.pick(movers.sorted())
                    store.move(SampleBoards.player(mover), to: Int64(random.below(1_300)))
                }
                try #require(pages < 1_000)
            } while cursor != nil
            let stayed = met.filter { name in !movers.contains { SampleBoards.name($0) == name } }
            let expected = (0..<120).filter { !movers.contains($0) }.map(SampleBoards.name)
            #expect(stayed == expected, "seed \(seed)")
        }
    }

    @Test("next and previous lead to each other's page while nobody moves, and end at the ends")
    func backAndForth() throws {
        let store = SampleBoards.store()
        func page(_ cursor: BoardCursor?) throws -> BoardPage {
            try #require(store.read("old-town") { BoardPage(of: $0, limit: 50, cursor: cursor) })
        }
        let first = try page(nil)
        let second = try page(first.next)
        let third = try page(second.next)
        #expect(first.previous == nil && third.next == nil)
        #expect(third.entries.map(\.rank) == Array(101...120))
        #expect(try page(third.previous).entries == second.entries)
        #expect(try page(second.previous).entries == first.entries)
    }

    @Test("behind the last and before the first player a page is empty and leads back")
    func ends() throws {
        let store = SampleBoards.store()
        let last = try #require(store.read("old-town") { BoardPage(of: $0, limit: 20, cursor: .end(of: $0.hunt)) })
        #expect(last.entries.map(\.rank) == Array(101...120))
        let cursor = BoardCursor(
            direction: .after, huntID: 1, rulesVersion: 1, position: Placing(player: "", score: 1, reachedAt: nil))
        let behind = try #require(store.read("old-town") { BoardPage(of: $0, limit: 20, cursor: cursor) })
        #expect(behind.entries.isEmpty && behind.next == nil)
        let back = try #require(store.read("old-town") { BoardPage(of: $0, limit: 20, cursor: behind.previous) })
        #expect(back.entries == last.entries)
        var start = BoardCursor(
            direction: .before, huntID: 1, rulesVersion: 1, position: Placing(player: "", score: 1 << 40, reachedAt: 0))
        let before = try #require(store.read("old-town") { BoardPage(of: $0, limit: 20, cursor: start) })
        #expect(before.entries.isEmpty && before.previous == nil)
        start = try #require(before.next)
        let forth = try #require(store.read("old-town") { BoardPage(of: $0, limit: 3, cursor: start) })
        #expect(forth.entries.map(\.rank) == [1, 2, 3])
    }

    @Test("an empty board has one empty page")
    func empty() throws {
        let store = SampleBoards.store([SampleBoards.board(players: 0)])
        let page = try #require(store.read("old-town") { BoardPage(of: $0, limit: 20) })
        #expect(page.entries.isEmpty && page.next == nil && page.previous == nil && page.players == 0)
    }
}
