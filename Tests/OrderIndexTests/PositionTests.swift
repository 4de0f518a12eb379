import HuntCore
import Randomness
import Testing

@testable import OrderIndex

@Suite("pages of the order index")
struct PositionTests {
    private static func index(_ players: Int, seed: UInt64) -> (index: OrderIndex, naive: NaiveRanking, ids: [String]) {
        var random = SplitMix64(seed: seed)
        let index = OrderIndex(seed: seed, leafCapacity: 5, innerCapacity: 4)
        var naive = NaiveRanking()
        let ids = RandomPlayers.ids(players, using: &random)
        for id in ids {
            let tally = RandomPlayers.tally(scores: 4, using: &random)
            _ = index.apply(PlayerID(id)!, tally: tally, version: 1)
            _ = naive.apply(id, tally: tally, version: 1)
        }
        return (index, naive, ids)
    }

    @Test("any position has its place, also one that no player can have", arguments: HuntDefinition.Ranking.allCases)
    func anyPosition(ranking: HuntDefinition.Ranking) {
        var random = SplitMix64(seed: 31)
        let (index, naive, ids) = Self.index(150, seed: 32)
        let listing = naive.listing(by: ranking)
        let names = ids + ids.map { $0 + "x" } + ["", "\u{0}", "~", String(repeating: "a", count: 200), "Ωmega"]
        let scores: [Int64] = [.min, -1, 0, 1, 2, 3, 4, (1 << 53) - 1, 1 << 53, .max]
        let late = Timestamp.latest
        let instants: [Int64?] = [
            nil, .min, -1, 0, 1_781_254_800_000, 1_781_254_800_002, late, late + 1, 1 << 48, .max - 1,
        ]
        var between = 0
        for _ in 0..<6000 {
            let position = Placing(
                player: random.pick(names), score: random.pick(scores), reachedAt: random.pick(instants))
            let limit = random.pick([0, 1, 3, 200, .max])
            let after = index.page(after: position, limit: limit, by: ranking)
            let before = index.page(before: position, limit: limit, by: ranking)
            #expect(after == listing.after(position, limit: limit), "\(position)")
            #expect(before == listing.before(position, limit: limit), "\(position)")
            if !after.isEmpty && !before.isEmpty { between += 1 }
        }
        #expect(between > 1000)
    }

    @Test("an instant after all others is null's")
    func greatestInstant() {
        let (index, _, ids) = Self.index(150, seed: 33)
        for id in ids {
            let last = Placing(player: id, score: 0, reachedAt: .max)
            let null = Placing(player: id, score: 0, reachedAt: nil)
            #expect(
                index.page(after: last, limit: 5, by: .shared) == index.page(after: null, limit: 5, by: .shared))
        }
    }

    @Test("page after page, forwards and backwards, tells every player once", arguments: [1, 2, 7, 1000])
    func walk(limit: Int) {
        let (index, naive, _) = Self.index(300, seed: 34)
        let listing = naive.listing(by: .shared)
        var forwards = index.page(from: 0, limit: limit, by: .shared)
        while let last = forwards.last {
            let page = index.page(after: last.placing, limit: limit, by: .shared)
            if page.isEmpty { break }
            forwards += page
        }
        #expect(forwards == listing)
        var backwards = index.page(from: listing.count - 1, limit: limit, by: .shared)
        while let first = backwards.first {
            let page = index.page(before: first.placing, limit: limit, by: .shared)
            if page.isEmpty { break }
            backwards = page + backwards
        }
        #expect(backwards == listing)
    }

    @Test("a walk of pages misses nobody who stays, though others move between its pages")
    func walkThroughChanges() {
        var random = SplitMix64(seed: 35)
        let (index, _, ids) = Self.index(300, seed: 36)
        let moving = Set(ids.filter { _ in random.chance(50) })
        var seen: [PlayerID] = []
        var cursor = Placing(player: "", score: .max, reachedAt: nil)
        var version: Int64 = 1
        while true {
            let page = index.page(after: cursor, limit: 10, by: .firstToReach)
            guard let last = page.last else { break }
            seen += page.map(\.player).filter { !moving.contains($0.string) }
            cursor = last.placing
            version += 1
            for id in moving {
                if random.once(in: 4) {
                    index.remove(PlayerID(id)!)
                } else {
                    let tally = RandomPlayers.tally(scores: 4, using: &random)
                    _ = index.apply(PlayerID(id)!, tally: tally, version: version)
                }
            }
        }
        let staying = index.page(from: 0, limit: .max, by: .shared).map(\.player)
            .filter { !moving.contains($0.string) }
        #expect(seen == staying && seen.count > 100)
    }

    @Test("around a player at an edge there are those who are there", arguments: [0, 1, 5, 1000, .max])
    func edges(radius: Int) {
        let (index, naive, _) = Self.index(40, seed: 37)
        let listing = naive.listing(by: .shared)
        for ranked in listing {
            let expected = listing.filter { abs($0.place - ranked.place) <= radius }
            #expect(index.around(ranked.player, radius: radius, by: .shared) == expected)
        }
        #expect(index.around(PlayerID("nobody")!, radius: radius, by: .shared) == nil)
    }

    @Test("an empty index has no pages, no ranks and nobody at any place")
    func empty() {
        let index = OrderIndex(seed: 1)
        let nobody = Placing(player: "a", score: 1, reachedAt: 1)
        #expect(index.page(from: 0, limit: 5, by: .shared).isEmpty && index.player(at: 0, by: .shared) == nil)
        #expect(index.page(from: .max, limit: .max, by: .shared).isEmpty)
        #expect(index.page(after: nobody, limit: 5, by: .shared).isEmpty)
        #expect(index.page(before: nobody, limit: 5, by: .shared).isEmpty)
        #expect(index.rank(of: PlayerID("a")!, by: .firstToReach) == nil && index.count == 0)
    }
}
