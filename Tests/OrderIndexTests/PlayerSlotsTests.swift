import Randomness
import Testing

@testable import OrderIndex

@Suite("from hashes to players' slots")
struct PlayerSlotsTests {
    @Test("it finds what a dictionary would, after any insertions and removals, collisions included")
    func likeADictionary() {
        var random = SplitMix64(seed: 61)
        var slots = PlayerSlots(players: 0)
        var hashes: [UInt32: UInt64] = [:]
        for _ in 0..<20_000 {
            let slot = UInt32(random.below(400))
            if let hash = hashes[slot] {
                slots.remove(hash, slot: slot)
                hashes[slot] = nil
            } else {
                // Few different hashes: long runs of neighbours, and equal fragments.
                let hash = UInt64(random.below(64)) << 32
                slots.insert(hash, slot: slot)
                hashes[slot] = hash
            }
            let wanted = UInt32(random.below(400))
            let hash = hashes[wanted] ?? UInt64(random.below(64)) << 32
            #expect((slots.find(hash) { $0 == wanted } != nil) == (hashes[wanted] != nil))
        }
    }
}
