import HuntCore
import Randomness
import Testing

@testable import OrderIndex

@Suite("entries of the order index")
struct RankEntryTests {
    private static let scores: [Int64] = [0, 1, 2, 1 << 30, 1 << 52, RankEntry.scoreMax - 1, RankEntry.scoreMax]
    private static let instants: [Int64] = [-1, 0, 1, 1 << 32, Timestamp.latest - 1, Timestamp.latest]
    private static let slots: [UInt32] = [0, 1, 1 << 26, UInt32(RankEntry.slotsMax) - 1]

    @Test("score, instant and slot come back as they were, the greatest too")
    func roundTrip() {
        for score in Self.scores {
            for instant in Self.instants {
                for slot in Self.slots {
                    let entry = RankEntry(score: score, reachedAt: instant, slot: slot)
                    #expect(entry.score == score && entry.reachedAt == instant && entry.slot == slot)
                    #expect(entry.withoutSlot.bits <= entry.bits && entry.bits < entry.withLastSlot.bits)
                    #expect(entry.ties(with: entry.withoutSlot))
                }
            }
        }
    }

    @Test("entries are in the order of score and instant, whatever their slots, and tie when both are the same")
    func order() {
        var random = SplitMix64(seed: 71)
        for _ in 0..<20_000 {
            let (left, right) = (Self.any(using: &random), Self.any(using: &random))
            let (one, other) = (Self.placing(left), Self.placing(right))
            if left.score == right.score && left.reachedAt == right.reachedAt {
                #expect(left.ties(with: right))
            } else {
                #expect(!left.ties(with: right) && (left.bits < right.bits) == one.precedes(other))
            }
        }
    }

    private static func any(using random: inout SplitMix64) -> RankEntry {
        RankEntry(score: random.pick(scores), reachedAt: random.pick(instants), slot: random.pick(slots))
    }

    private static func placing(_ entry: RankEntry) -> Placing {
        Placing(player: "a", score: entry.score, reachedAt: entry.reachedAt == -1 ? nil : entry.reachedAt)
    }
}
