/// What a player is ordered by.
public struct Placing: Equatable, Sendable {
    public var player: String
    public var score: Int64
    /// Epoch milliseconds; nil exactly when the score is 0.
    public var reachedAt: Int64?

    public init(player: String, score: Int64, reachedAt: Int64?) {
        self.player = player
        self.score = score
        self.reachedAt = reachedAt
    }

    /// Whether this player is listed before another: higher score, then earlier `reachedAt` with null last, then the
    /// smaller player id by bytes.
    ///
    /// - Source: contracts.md section 3, the order.
    public func precedes(_ other: Placing) -> Bool {
        if score != other.score { return score > other.score }
        if reachedAt != other.reachedAt { return (reachedAt ?? .max) < (other.reachedAt ?? .max) }
        return player.utf8.lexicographicallyPrecedes(other.player.utf8)
    }
}

extension HuntDefinition.Ranking {
    /// The ranks of players that stand in order, from 1.
    ///
    /// - Parameter scores: of all players of the hunt, descending.
    /// - Returns: parallel to `scores`: `firstToReach` numbers them; `shared` gives equal scores the rank of the first
    ///   of them (1, 1, 3).
    public func ranks(ofScores scores: [Int64]) -> [Int] {
        var ranks: [Int] = []
        ranks.reserveCapacity(scores.count)
        for (position, score) in scores.enumerated() {
            if self == .shared, position > 0, scores[position - 1] == score {
                ranks.append(ranks[position - 1])
            } else {
                ranks.append(position + 1)
            }
        }
        return ranks
    }
}
