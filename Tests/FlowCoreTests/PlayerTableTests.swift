import HuntCore
import Testing

@testable import FlowCore

@Suite("the table of players' states")
struct PlayerTableTests {
    private func slot(of player: Int, in table: PlayerTable) -> UInt32 {
        let name = Array("player-\(player)".utf8)
        return name.withUnsafeBytes { bytes in
            let key = PlayerKey(huntID: 1, player: bytes)
            let hash = table.hash(of: key)
            return table.slot(of: key, hash: hash, likely: table.likelySlot(of: hash), home: 0)
        }
    }

    @Test("a state is a whole number of cache lines")
    func stride() {
        #expect(MemoryLayout<PlayerState>.stride == 192)
    }

    @Test("it stays within its bound, whoever comes, and what was used since the hand passed stays")
    func bound() {
        let table = PlayerTable(bytesMax: 1_000 * 256, seed: 7)
        let regulars = 0..<100
        var evicted = 0
        for newcomer in 0..<20_000 {
            for regular in regulars where newcomer % 50 == 0 {
                let before = table.count
                let slot = slot(of: regular, in: table)
                table.state(slot).pointee.isUsed = true
                if newcomer > 0 && table.count > before { evicted += 1 }
            }
            let slot = slot(of: 1_000_000 + newcomer, in: table)
            table.state(slot).pointee.isUsed = false
            #expect(table.byteCount <= table.bytesMax + 256)
        }
        #expect(table.evictions > 18_000)
        #expect(evicted == 0, "a regular was evicted")
    }

    @Test("a state that a call carries is never evicted, and an evicted one is not taken for its player")
    func carried() {
        let table = PlayerTable(bytesMax: 10 * 256, seed: 7)
        let first = slot(of: 0, in: table)
        table.state(first).pointee.call = 5
        let other = slot(of: 1, in: table)
        for player in 2..<200 {
            let slot = slot(of: player, in: table)
            #expect(slot != first)
            table.state(slot).pointee.isUsed = false
            if player == 2 { table.state(other).pointee.isUsed = false }
        }
        #expect(slot(of: 0, in: table) == first)
        let again = slot(of: 1, in: table)
        #expect(!table.state(again).pointee.isLoaded)
        #expect(table.state(again).pointee.isTaken)
    }
}
