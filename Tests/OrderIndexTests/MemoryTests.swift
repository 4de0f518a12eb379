import HuntCore
import Randomness
import Testing

@testable import OrderIndex

@Suite("memory of the order index")
struct MemoryTests {
    private static let tally = Tally(score: 0, unlocks: 1, reachedAt: -1)

    private static func load(_ scores: [Int64]) -> OrderIndex {
        let index = OrderIndex(seed: 1)
        for (number, score) in scores.enumerated() {
            _ = index.apply(
                PlayerID("player-\(number)")!, tally: Tally(score: score, unlocks: 1, reachedAt: 5), version: 1)
        }
        return index
    }

    private static func treeBytesPerPlayer(_ index: OrderIndex) -> Int {
        index.tree.nodes.count * TreeNode.byteCount / index.count
    }

    @Test("a record is one cache line, an entry 16 bytes")
    func sizes() {
        #expect(MemoryLayout<PlayerRecord>.stride == 64)
        #expect(MemoryLayout<RankEntry>.stride == 16)
    }

    @Test("the tree takes 28 bytes a player at most when players came in order, in reverse or in none")
    func fill() {
        var random = SplitMix64(seed: 51)
        let scores = Array(0..<20_000 as Range<Int64>)
        for order in [scores, scores.reversed(), scores.shuffled(using: &random)] {
            let index = Self.load(order)
            #expect(TreeAudit.faults(of: index).isEmpty)
            #expect(Self.treeBytesPerPlayer(index) <= 28)
        }
    }

    @Test("players who move for long leave the tree at 32 bytes a player at most")
    func fillAfterMoves() {
        var random = SplitMix64(seed: 52)
        let index = Self.load((0..<20_000).map { _ in Int64.random(in: 0..<1_000_000, using: &random) })
        for version in 2..<400_000 as Range<Int64> {
            let tally = Tally(score: Int64.random(in: 0..<1_000_000, using: &random), unlocks: 1, reachedAt: 5)
            _ = index.apply(PlayerID("player-\(random.below(20_000))")!, tally: tally, version: version)
        }
        #expect(TreeAudit.faults(of: index).isEmpty)
        #expect(Self.treeBytesPerPlayer(index) <= 32)
    }

    @Test("memory of players who left is taken again, of long ids too")
    func reuse() {
        var random = SplitMix64(seed: 53)
        let index = OrderIndex(seed: 1)
        var present: [PlayerID] = []
        var bytesAtFirst = 0
        for number in 0..<200_000 {
            let padding = String(repeating: "x", count: random.below(50))
            let player = PlayerID("\(number)-\(padding)")!
            #expect(index.apply(player, tally: Self.tally, version: 1) == .applied)
            present.append(player)
            if present.count > 5000 {
                present.swapAt(random.below(present.count), present.count - 1)
                #expect(index.remove(present.removeLast()))
            }
            if number == 20_000 { bytesAtFirst = index.byteCount }
        }
        #expect(index.knownCount == 5000)
        #expect(index.byteCount <= bytesAtFirst + 3 * 65_536)
        #expect(TreeAudit.faults(of: index).isEmpty)
    }

    @Test("a slab gives each cell once, and those given back again, last first")
    func slab() {
        var random = SplitMix64(seed: 54)
        var slab = Slab(cellBytes: 1024)
        var taken: [UInt32: UInt64] = [:]
        for step in 0..<20_000 as Range<UInt64> {
            if random.chance(55) || taken.isEmpty {
                let cell = slab.take()
                #expect(taken[cell] == nil)
                slab[cell].storeBytes(of: step, as: UInt64.self)
                slab[cell].storeBytes(of: step, toByteOffset: 1016, as: UInt64.self)
                taken[cell] = step
            } else {
                let cell = taken.keys.sorted()[random.below(taken.count)]
                let stored = (slab[cell].load(as: UInt64.self), slab[cell].load(fromByteOffset: 1016, as: UInt64.self))
                #expect(stored == (taken[cell]!, taken[cell]!))
                slab.give(cell)
                taken[cell] = nil
                if random.chance(10) {
                    #expect(slab.take() == cell)
                    slab.give(cell)
                }
            }
        }
        #expect(slab.count == taken.count)
    }
}
