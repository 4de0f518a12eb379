import HuntCore

/// What the feed and Postgres tell of a player of the hunt.
public struct PlayerValue: Equatable, Sendable {
    public var player: PlayerID
    /// Score `0 ..< 2^53`, unlocks `0 ... HuntLimits.checkpointsMax`, reachedAt `-1 ... Timestamp.latest`; an index
    /// refuses others.
    public var tally: Tally
    /// Grows with every change of the tally (contracts.md section 3).
    public var version: Int64

    public init(player: PlayerID, tally: Tally, version: Int64) {
        self.player = player
        self.tally = tally
        self.version = version
    }

    /// Whether a hunt can give this tally.
    var isPossible: Bool {
        (0...RankEntry.scoreMax).contains(tally.score) && (-1...Timestamp.latest).contains(tally.reachedAt)
            && (0...HuntLimits.checkpointsMax).contains(Int(tally.unlocks))
    }
}
