import HuntCore
import Randomness
import Testing

@testable import OrderIndex

@Suite("histories of the order index")
struct HistoryTests {
    /// An index and the naive ranking after the same history, and every position that players have had.
    struct Pair {
        let index: OrderIndex
        var naive = NaiveRanking()
        var positions: [Placing] = []
        var versions: [String: Int64] = [:]
        var met: [OrderIndex.Change: Int] = [:]

        init(leaf: Int, inner: Int) {
            index = OrderIndex(seed: 1, leafCapacity: leaf, innerCapacity: inner)
        }

        /// - Parameter removals: in a hundred.
        mutating func step(_ ids: [String], scores: Int, removals: Int, using random: inout SplitMix64) {
            let name = random.pick(ids)
            let player = PlayerID(name)!
            if random.chance(removals) {
                let removed = index.remove(player)
                #expect(removed == naive.remove(name))
                return
            }
            // One in five repeats a version or falls behind.
            let version = versions[name, default: 0] + (random.chance(20) ? -Int64(random.below(3)) : 1)
            versions[name] = max(version, versions[name, default: 0])
            let tally = RandomPlayers.tally(scores: scores, using: &random)
            let change = index.apply(player, tally: tally, version: version)
            #expect(change == naive.apply(name, tally: tally, version: version))
            met[change, default: 0] += 1
            positions.append(
                Placing(player: name, score: tally.score, reachedAt: tally.reachedAt == -1 ? nil : tally.reachedAt))
        }

        func isRight(by ranking: HuntDefinition.Ranking, using random: inout SplitMix64) -> Bool {
            let listing = naive.listing(by: ranking)
            guard index.count == listing.count, index.knownCount == naive.values.count,
                index.page(from: 0, limit: .max, by: ranking) == listing
            else { return false }
            let (place, limit) = (random.below(listing.count + 3), random.below(9))
            guard index.page(from: place, limit: limit, by: ranking) == Array(listing.dropFirst(place).prefix(limit)),
                index.player(at: place, by: ranking) == listing.dropFirst(place).first
            else { return false }
            guard let position = positions.isEmpty ? nil : random.pick(positions) else { return true }
            return index.page(after: position, limit: limit, by: ranking) == listing.after(position, limit: limit)
                && index.page(before: position, limit: limit, by: ranking) == listing.before(position, limit: limit)
        }

        func playersAreRight(_ ids: [String], by ranking: HuntDefinition.Ranking, radius: Int) -> Bool {
            let listing = naive.listing(by: ranking)
            let listed = Dictionary(uniqueKeysWithValues: listing.map { ($0.player.string, $0) })
            return ids.allSatisfy { name in
                let player = PlayerID(name)!
                return index.value(of: player) == naive.values[name]
                    && index.rank(of: player, by: ranking) == listed[name]?.rank
                    && index.around(player, radius: radius, by: ranking)
                        == listed[name].map { listing.around($0.place, radius: radius) }
            }
        }
    }

    @Test(
        "after every step the tree is sound and every answer is that of a sorted list",
        arguments: [(4, 4), (5, 4), (7, 6), (63, 42)], [1, 2] as [UInt64])
    func everyStep(shape: (leaf: Int, inner: Int), seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let ids = RandomPlayers.ids(90, using: &random)
        var pair = Pair(leaf: shape.leaf, inner: shape.inner)
        var deepest = 0
        for step in 0..<700 {
            // The players come, move about, and go.
            pair.step(ids, scores: step < 350 ? 6 : 1000, removals: step < 550 ? 8 : 70, using: &random)
            let faults = TreeAudit.faults(of: pair.index)
            #expect(faults.isEmpty)
            let ranking = HuntDefinition.Ranking.allCases[step % 2]
            let isRight = pair.isRight(by: ranking, using: &random)
            let playersAreRight = pair.playersAreRight(ids, by: ranking, radius: step % 7)
            #expect(isRight && playersAreRight, "step \(step)")
            deepest = max(deepest, pair.index.tree.height)
            if !faults.isEmpty || !isRight || !playersAreRight { return }
        }
        #expect(pair.met[.applied]! > 200 && pair.met[.outdated]! > 20)
        #expect(deepest >= (shape.leaf == 4 ? 3 : 1))
    }

    @Test("twenty thousand players move about, and ranks, places and neighbours are those of a sorted list")
    func many() {
        var random = SplitMix64(seed: 11)
        let ids = RandomPlayers.ids(20_000, using: &random)
        var pair = Pair(leaf: 63, inner: 42)
        for round in 0..<4 {
            for _ in 0..<30_000 {
                pair.step(ids, scores: [3, 40, 100_000, 1][round], removals: round == 3 ? 40 : 3, using: &random)
            }
            #expect(TreeAudit.faults(of: pair.index).isEmpty)
            #expect(pair.index.tree.height >= 2)
            for ranking in HuntDefinition.Ranking.allCases {
                for _ in 0..<3 { #expect(pair.isRight(by: ranking, using: &random)) }
                let listing = pair.naive.listing(by: ranking)
                for wanted in listing.indices.filter({ $0 % 61 == round }) {
                    let player = listing[wanted].player
                    #expect(pair.index.rank(of: player, by: ranking) == listing[wanted].rank)
                    let near = listing[max(0, wanted - 5)...min(listing.count - 1, wanted + 5)]
                    #expect(pair.index.around(player, radius: 5, by: ranking) == Array(near))
                }
            }
        }
    }

    @Test("players who all have the same score and instant are in the order of their ids", arguments: [4, 63])
    func allTied(leaf: Int) {
        var random = SplitMix64(seed: 12)
        let ids = RandomPlayers.ids(3000, using: &random)
        let index = OrderIndex(seed: 1, leafCapacity: leaf, innerCapacity: min(leaf, 42))
        for id in ids.shuffled(using: &random) {
            _ = index.apply(PlayerID(id)!, tally: Tally(score: 0, unlocks: 1, reachedAt: -1), version: 1)
        }
        #expect(TreeAudit.faults(of: index).isEmpty)
        let byBytes = ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(index.page(from: 0, limit: .max, by: .shared).map(\.player.string) == byBytes)
        for (place, id) in byBytes.enumerated() {
            let player = PlayerID(id)!
            #expect(index.rank(of: player, by: .firstToReach) == place + 1)
            #expect(index.rank(of: player, by: .shared) == 1)
        }
        for id in ids.shuffled(using: &random) { #expect(index.remove(PlayerID(id)!)) }
        #expect(index.count == 0 && index.knownCount == 0 && index.tree.height == 0)
        #expect(TreeAudit.faults(of: index).isEmpty)
    }
}
