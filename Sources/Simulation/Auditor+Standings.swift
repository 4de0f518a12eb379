import HuntCore

/// Invariant 6: order and ranks are those of a naive sort, ties included.
extension Auditor {
    /// A player as contracts.md section 3 lists them.
    private struct Listed {
        let player: String
        let score: Int64
        let reachedAt: Int64
    }

    func checkStandings(of hunt: StoredHunt) {
        let rows = ledger.scores.filter { $0.key.hunt == hunt.huntID && $0.value.tally.unlocks > 0 }
        let naive = naiveOrder(rows)
        let placings = rows.map { player, row in
            Placing(
                player: player.player, score: row.tally.score,
                reachedAt: row.tally.reachedAt < 0 ? nil : row.tally.reachedAt)
        }.sorted { $0.precedes($1) }
        if placings.map(\.player) != naive.map(\.player) {
            find("\(hunt.definition.slug): the order is \(placings.map(\.player)), should be \(naive.map(\.player))")
        }
        let ranks = hunt.definition.ranking.ranks(ofScores: placings.map(\.score))
        for (position, listed) in naive.enumerated() {
            let ahead = hunt.definition.ranking == .shared ? naive.count { $0.score > listed.score } : position
            if ranks[position] != ahead + 1 {
                find("\(hunt.definition.slug): \(listed.player) has rank \(ranks[position]), should be \(ahead + 1)")
            }
        }
    }

    /// Takes the best of those who are left, again and again.
    private func naiveOrder(_ rows: [PlayerID: ScoreEntry]) -> [Listed] {
        var left = rows.map { player, row in
            Listed(
                player: player.player, score: row.tally.score,
                reachedAt: row.tally.reachedAt < 0 ? .max : row.tally.reachedAt)
        }
        var order: [Listed] = []
        while var best = left.first {
            for one in left.dropFirst() where isAhead(one, of: best) { best = one }
            order.append(best)
            left.removeAll { $0.player == best.player }
        }
        return order
    }

    private func isAhead(_ one: Listed, of other: Listed) -> Bool {
        if one.score != other.score { return one.score > other.score }
        if one.reachedAt != other.reachedAt { return one.reachedAt < other.reachedAt }
        return Array(one.player.utf8).lexicographicallyPrecedes(Array(other.player.utf8))
    }
}
