import HuntCore
import Randomness

/// Players whose ids are hard to tell apart and whose values are often the same.
enum RandomPlayers {
    /// Ids of 1 ... 64 bytes: many share their first 8, 32 or 36 bytes, begin one another, or differ in the last byte
    /// alone.
    static func ids(_ count: Int, using random: inout SplitMix64) -> [String] {
        var ids: Set<String> = []
        while ids.count < count {
            let length = random.pick([0, 1, 7, 8, 9, 15, 16, 31, 32, 33, 35, 36, 37, 40, 62])
            let stem = String(repeating: random.pick(["a", "player-0", "Z@"]), count: 64).prefix(length)
            ids.insert(
                String((stem + random.pick(["", "-", "0"]) + String(random.below(count), radix: 36)).prefix(64)))
        }
        return ids.sorted()
    }

    /// - Parameter scores: how many different scores there are, nearly.
    static func tally(scores: Int, using random: inout SplitMix64) -> Tally {
        let score = random.once(in: 50) ? (1 << 53) - 1 : Int64(random.below(scores))
        let reachedAt: Int64 =
            switch random.below(10) {
            case 0, 1: -1
            case 2: 0
            case 3: Timestamp.latest
            default: 1_781_254_800_000 + Int64(random.below(4))
            }
        return Tally(score: score, unlocks: Int32(max(0, random.below(12) - 1)), reachedAt: reachedAt)
    }
}
