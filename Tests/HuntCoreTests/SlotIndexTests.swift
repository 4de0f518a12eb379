import HuntCore
import Randomness
import Testing

@Suite("the index of player slots")
struct SlotIndexTests {
    @Test("it finds what a dictionary would, after any insertions and removals, collisions included")
    func likeADictionary() {
        var random = SplitMix64(seed: 5)
        var index = SlotIndex(minimumCapacity: 4)
        var hashes: [UInt32: UInt64] = [:]
        for _ in 0..<20_000 {
            let slot = UInt32.random(in: 0..<400, using: &random)
            if let hash = hashes[slot] {
                index.remove(hash, slot: slot)
                hashes[slot] = nil
            } else {
                // Few different hashes: long runs of neighbours, and equal fragments.
                let hash = UInt64.random(in: 0..<64, using: &random) << 32
                index.insert(hash, slot: slot)
                hashes[slot] = hash
            }
            let wanted = UInt32.random(in: 0..<400, using: &random)
            let hash = hashes[wanted] ?? UInt64.random(in: 0..<64, using: &random) << 32
            #expect((index.find(hash) { $0 == wanted } != nil) == (hashes[wanted] != nil))
        }
        #expect(index.count == hashes.count)
    }
}
