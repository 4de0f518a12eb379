/// A player's row of `cairn.score`.
struct ScoreState: Equatable, Sendable {
    var score: Int64
    var unlocks: Int64
    /// Epoch milliseconds; -1 is null.
    var reachedAt: Int64
    var version: Int64
}

/// What `cairn serve` must answer in one state of the scores, by looking at all players for every question. Of the order
/// it knows what contracts.md section 3 says; players are in the order of their ids.
struct NaiveBoard: Sendable {
    private(set) var states: [ScoreState]
    /// The sum of all versions.
    private(set) var version: Int64 = 0
    /// Listed players.
    private(set) var listed = 0
    /// What a player is ordered by but for its id; `unlisted` without unlocks. Smaller is better.
    private var keys: [UInt64]

    private static let unlisted = UInt64.max
    /// Of the milliseconds since the opening; null is all ones.
    private static let instantBits: UInt64 = 36
    private static let instantNull: UInt64 = (1 << instantBits) - 1
    private static let scoreMax: Int64 = (1 << 27) - 2

    /// - Parameter players: all without a row.
    init(players: Int) {
        states = Array(repeating: ScoreState(score: 0, unlocks: 0, reachedAt: -1, version: 0), count: players)
        keys = Array(repeating: Self.unlisted, count: players)
    }

    /// - Returns: the player's state before.
    @discardableResult
    mutating func set(_ player: Int, _ state: ScoreState) -> ScoreState {
        let before = states[player]
        version += state.version - before.version
        listed += (state.unlocks > 0 ? 1 : 0) - (before.unlocks > 0 ? 1 : 0)
        states[player] = state
        keys[player] = Self.key(state)
        return before
    }

    private static func key(_ state: ScoreState) -> UInt64 {
        if state.unlocks == 0 { return unlisted }
        let instant = state.reachedAt < 0 ? instantNull : UInt64(state.reachedAt - BenchHunt.opensAt)
        precondition(state.score <= scoreMax && instant <= instantNull, "a score that the benchmark's hunt cannot give")
        return UInt64(scoreMax - state.score) << instantBits | instant
    }

    // MARK: Answers

    /// What an answer to a question must hold.
    func answer(to question: ReadQuestion) -> AnswerContent {
        switch question {
        case .player(let player): AnswerContent(players: listed, entries: [entry(player)])
        case .board: AnswerContent(players: listed, entries: first(ReadQuestion.boardLimit))
        case .around(let player): AnswerContent(players: listed, entries: around(player, ReadQuestion.radius))
        case .lookup(let players):
            AnswerContent(
                players: listed,
                entries: players.map(entry).sorted {
                    ($0.rank ?? .max, $0.player) < ($1.rank ?? .max, $1.player)
                })
        }
    }

    private func entry(_ player: Int) -> AnswerContent.Entry { entry(player, place: place(of: player)) }

    /// - Parameter place: from 0; nil of a player who is not listed.
    private func entry(_ player: Int, place: Int?) -> AnswerContent.Entry {
        let state = states[player]
        return AnswerContent.Entry(
            rank: place.map { $0 + 1 }, player: ReadQuestion.name(player), score: state.score, unlocks: state.unlocks,
            reachedAt: state.reachedAt, version: state.version)
    }

    /// How many are listed before a player: with a smaller key, or with the same and a smaller id.
    private func place(of player: Int) -> Int? {
        let own = keys[player]
        if own == Self.unlisted { return nil }
        return keys.withUnsafeBufferPointer { keys in
            var before = 0
            for other in 0..<player { before &+= keys[other] <= own ? 1 : 0 }
            for other in player..<keys.count { before &+= keys[other] < own ? 1 : 0 }
            return before
        }
    }

    private func first(_ limit: Int) -> [AnswerContent.Entry] {
        nearest(limit) { $0 }.enumerated().map { entry($1, place: $0) }
    }

    private func around(_ player: Int, _ radius: Int) -> [AnswerContent.Entry] {
        guard let place = place(of: player) else { return [] }
        let own = (keys[player], player)
        // Those before it in reverse, so that the nearest are the smallest.
        let before = nearest(radius) { key, other in (key, other) < own ? (~key, Int.max - other) : nil }
        let after = nearest(radius) { key, other in (key, other) > own ? (key, other) : nil }
        let all = before.reversed() + [player] + after
        return all.enumerated().map { entry($1, place: place - before.count + $0) }
    }

    private func nearest(_ limit: Int, _ order: (_ key: UInt64) -> UInt64) -> [Int] {
        nearest(limit) { key, player in (order(key), player) }
    }

    /// The listed players whom an order puts first, in that order; nil leaves one out.
    @inline(__always)
    private func nearest(_ limit: Int, _ order: (_ key: UInt64, _ player: Int) -> (UInt64, Int)?) -> [Int] {
        var best: [(order: (UInt64, Int), player: Int)] = []
        keys.withUnsafeBufferPointer { keys in
            for player in 0..<keys.count where keys[player] != Self.unlisted {
                guard let own = order(keys[player], player) else { continue }
                if best.count == limit, let last = best.last, last.order < own { continue }
                let place = best.firstIndex { own < $0.order } ?? best.count
                best.insert((own, player), at: place)
                if best.count > limit { best.removeLast() }
            }
        }
        return best.map(\.player)
    }
}
