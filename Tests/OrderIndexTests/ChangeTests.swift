import HuntCore
import Randomness
import Testing

@testable import OrderIndex

@Suite("changes of the order index")
struct ChangeTests {
    private let anna = PlayerID("anna")!

    @Test(
        "of values that come in any order and repeatedly the newest version stays, and each is told whether it counted")
    func versionsInAnyOrder() {
        var random = SplitMix64(seed: 21)
        let index = OrderIndex(seed: 1, leafCapacity: 4, innerCapacity: 4)
        let ids = RandomPlayers.ids(50, using: &random)
        var offers: [(player: Int, version: Int64, tally: Tally)] = []
        for player in ids.indices {
            for version in 1...20 as ClosedRange<Int64> {
                let tally = RandomPlayers.tally(scores: 9, using: &random)
                offers += Array(repeating: (player, version, tally), count: 1 + random.below(3))
            }
        }
        var newest = Array(repeating: Int64(0), count: ids.count)
        for offer in offers.shuffled(using: &random) {
            let change = index.apply(PlayerID(ids[offer.player])!, tally: offer.tally, version: offer.version)
            #expect(change == (offer.version > newest[offer.player] ? .applied : .outdated))
            newest[offer.player] = max(newest[offer.player], offer.version)
        }
        #expect(TreeAudit.faults(of: index).isEmpty)
        for offer in offers where offer.version == 20 {
            let value = index.value(of: PlayerID(ids[offer.player])!)
            #expect(value?.tally == offer.tally && value?.version == 20)
        }
    }

    @Test("an outdated value changes nothing, though it be another one of the same version")
    func outdated() {
        let index = OrderIndex(seed: 1)
        #expect(index.apply(anna, tally: Tally(score: 5, unlocks: 1, reachedAt: 7), version: 3) == .applied)
        let before = index.page(from: 0, limit: 9, by: .shared)
        #expect(index.apply(anna, tally: Tally(score: 9, unlocks: 2, reachedAt: 8), version: 3) == .outdated)
        #expect(index.apply(anna, tally: Tally(score: 9, unlocks: 0, reachedAt: -1), version: 2) == .outdated)
        #expect(index.page(from: 0, limit: 9, by: .shared) == before)
    }

    @Test("a player without unlocks is not listed, and its version counts all the same")
    func withoutUnlocks() {
        let index = OrderIndex(seed: 1)
        #expect(index.apply(anna, tally: Tally(score: 5, unlocks: 1, reachedAt: 7), version: 1) == .applied)
        #expect(index.apply(anna, tally: Tally.zero, version: 5) == .applied)
        #expect(index.apply(anna, tally: Tally(score: 9, unlocks: 2, reachedAt: 8), version: 4) == .outdated)
        #expect(index.count == 0 && index.knownCount == 1)
        #expect(index.rank(of: anna, by: .shared) == nil && index.around(anna, radius: 2, by: .shared) == nil)
        #expect(index.value(of: anna)?.tally == .zero && index.value(of: anna)?.version == 5)
        #expect(index.apply(anna, tally: Tally(score: 0, unlocks: 1, reachedAt: -1), version: 6) == .applied)
        #expect(index.rank(of: anna, by: .firstToReach) == 1)
    }

    @Test("a removed player is unknown, and any version of it is new")
    func removed() {
        let index = OrderIndex(seed: 1)
        #expect(!index.remove(anna))
        _ = index.apply(anna, tally: Tally(score: 5, unlocks: 1, reachedAt: 7), version: 9)
        #expect(index.remove(anna))
        #expect(index.value(of: anna) == nil && index.rank(of: anna, by: .shared) == nil && index.count == 0)
        #expect(index.apply(anna, tally: Tally(score: 1, unlocks: 1, reachedAt: 8), version: 1) == .applied)
        #expect(index.value(of: anna)?.version == 1)
    }

    @Test(
        "values that no hunt can give are refused, of a known player and of a new one",
        arguments: [
            Tally(score: -1, unlocks: 1, reachedAt: 0), Tally(score: 1 << 53, unlocks: 1, reachedAt: 0),
            Tally(score: .min, unlocks: 1, reachedAt: 0), Tally(score: .max, unlocks: 1, reachedAt: 0),
            Tally(score: 1, unlocks: -1, reachedAt: 0), Tally(score: 1, unlocks: 10_001, reachedAt: 0),
            Tally(score: 1, unlocks: 1, reachedAt: -2), Tally(score: 1, unlocks: 1, reachedAt: .max),
            Tally(score: 1, unlocks: 1, reachedAt: Timestamp.latest + 1),
        ])
    func impossible(tally: Tally) {
        let index = OrderIndex(seed: 1)
        let known = Tally(score: (1 << 53) - 1, unlocks: 10_000, reachedAt: Timestamp.latest)
        #expect(index.apply(anna, tally: known, version: 1) == .applied)
        #expect(index.apply(anna, tally: tally, version: 2) == .impossible)
        #expect(index.apply(PlayerID("berta")!, tally: tally, version: 2) == .impossible)
        #expect(index.knownCount == 1 && index.value(of: anna)?.tally == known)
    }

    @Test("a full index takes no new player, and goes on with those it knows; one that leaves makes room")
    func full() {
        let index = OrderIndex(seed: 1, playersMax: 2)
        let tally = Tally(score: 5, unlocks: 1, reachedAt: 7)
        let (berta, carl) = (PlayerID("berta")!, PlayerID("carl")!)
        #expect(index.apply(anna, tally: tally, version: 1) == .applied)
        #expect(index.apply(berta, tally: .zero, version: 1) == .applied)
        #expect(index.apply(carl, tally: tally, version: 1) == .full)
        #expect(index.value(of: carl) == nil && index.knownCount == 2)
        #expect(index.apply(berta, tally: tally, version: 2) == .applied)
        #expect(index.remove(anna))
        #expect(index.apply(carl, tally: tally, version: 1) == .applied)
        #expect(index.page(from: 0, limit: 9, by: .shared).map(\.player) == [berta, carl])
    }
}
