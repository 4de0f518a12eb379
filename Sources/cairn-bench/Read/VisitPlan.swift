import FlowCore

/// Who asks what and when. The visitors follow it whatever the server does.
struct VisitPlan: Sendable {
    enum Kind: Sendable {
        /// One question of the mix a visit, on connections that are kept.
        case mix(connections: Int)
        /// A telephone that refreshes: the board, its own rank and its neighbours, one after the other, on a connection
        /// and from an address of its own.
        case refresh
    }

    var kind: Kind
    var port: UInt16
    /// Visits a second, evenly spaced.
    var rate: Double
    var visits: Int
    var players: Int
    var seed: UInt64
    /// Of so many visits the answers of one are kept.
    var keepOneOf = 1

    /// Nanoseconds after the start at which a visit is due.
    func dueNs(ofVisit number: Int) -> Int64 { Int64(Double(number) * 1e9 / rate) }

    func questions(ofVisit number: Int) -> [ReadQuestion] {
        var random = SplitMix64(seed: seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
        switch kind {
        case .mix: return [.draw(players: players, &random)]
        case .refresh:
            let player = random.below(players)
            return [.board, .player(player), .around(player)]
        }
    }
}

/// What came of a plan.
struct VisitFigures: Sendable {
    /// Answers, whatever their status.
    var answers = 0
    /// From the first due moment to the last answer.
    var seconds = 0.0
    /// From when a question was due: a visit's first by the plan, the next ones with the answer before.
    var latency: Quantiles?
    /// How late visits began.
    var lateness: Quantiles?
    var statuses: [Int: Int] = [:]
    /// Questions without an answer, by what happened.
    var failures: [String: Int] = [:]
    var kept: [KeptAnswer] = []
}
