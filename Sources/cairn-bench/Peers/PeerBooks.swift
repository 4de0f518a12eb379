/// What a peer has left behind, by player.
struct PeerBooks {
    /// A row of `score`.
    struct Score: Equatable {
        var score: Int64
        var unlocks: Int64
        var version: Int64
    }

    /// What the rows of `unlock` of a player come to.
    struct Unlocks: Equatable {
        var count: Int64 = 0
        var points: Int64 = 0
        /// Of the checkpoints' numbers, from 1.
        var checkpoints: Int64 = 0
        /// Of the times, epoch milliseconds; and the latest of them.
        var scannedAt: Int64 = 0
        var latest: Int64 = 0
    }

    /// A row or a key of somebody who does not play is a difference.
    var strangers = 0
    var scores: [Int: Score] = [:]
    var unlocks: [Int: Unlocks] = [:]
    /// The board in Redis.
    var board: [Int: Int64] = [:]
    /// The keys that Redis still has.
    var keys: [Int: String] = [:]

    /// Compares everything with the oracle, and what Redis has with the rows as well.
    func compare(with oracle: TraceOracle) -> Exactness {
        var exactness = Exactness()
        if strangers > 0 { exactness.note("\(strangers) rows or keys are of unknown players") }
        for (player, standing) in oracle.standings.enumerated() {
            let expected = Unlocks(of: player, in: oracle)
            let sums = unlocks[player] ?? Unlocks()
            if sums != expected { exactness.note("the unlocks of player \(player) come to \(sums), not \(expected)") }
            compareScore(of: player, standing, &exactness)
        }
        if keys.isEmpty { exactness.note("Redis holds no key of any player") }
        return exactness
    }

    private func compareScore(of player: Int, _ standing: TraceOracle.Standing, _ exactness: inout Exactness) {
        let isListed = standing.unlocks > 0
        let row = scores[player]
        let isRowRight = row.map { isListed && $0.score == standing.score && $0.unlocks == standing.unlocks }
        if !(isRowRight ?? !isListed) {
            exactness.note("the row of player \(player) is \(row as Any), not \(standing)")
        }
        let shown = board[player]
        if shown != (isListed ? standing.score : nil) {
            exactness.note("the board has \(shown as Any) for player \(player), not \(standing.score)")
        }
        guard let text = keys[player] else { return }
        let key = PeerKey(text)
        if key == nil || key?.version != row?.version || key?.score != row?.score {
            exactness.note("the key of player \(player) holds \(text), its row is \(row as Any)")
        }
    }
}

extension PeerBooks.Unlocks {
    /// What they must come to.
    init(of player: Int, in oracle: TraceOracle) {
        let standing = oracle.standings[player]
        count = standing.unlocks
        points = standing.score
        checkpoints = (0..<Int(standing.unlocks)).reduce(0) { sum, visit in
            sum + Int64(ScanTrace.checkpoint(ofPlayer: player, visit: visit) + 1)
        }
        scannedAt = oracle.factSums[player].scannedAt
        latest = standing.reachedAt
    }
}
