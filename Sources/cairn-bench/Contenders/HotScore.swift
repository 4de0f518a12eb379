/// The value of a score key as a reader sees it: `1 VERSION SCORE UNLOCKS REACHED_AT_MS COMMITTED_AT_MS`
/// (contracts.md section 4).
struct HotScore: Equatable {
    var score: Int64
    var unlocks: Int64
    /// Epoch milliseconds; nil for `-`.
    var reachedAt: Int64?

    /// nil for anything else.
    init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, words[0] == "1", let score = Int64(words[2]), let unlocks = Int64(words[3]) else {
            return nil
        }
        self.score = score
        self.unlocks = unlocks
        reachedAt = Int64(words[4])
    }
}
