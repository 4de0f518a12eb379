import HuntCore

/// A point in the order, whether a player stands there or not.
struct OrderPosition {
    /// Its slot is 0 and means nothing.
    let entry: RankEntry
    let player: PlayerID

    init(_ entry: RankEntry, _ player: PlayerID) {
        self.entry = entry.withoutSlot
        self.player = player
    }

    /// Where a placing stands among all that an index may hold, also one that it may not hold: what a client sent as a
    /// cursor is input.
    ///
    /// - Source: `Placing.precedes`.
    init(_ placing: Placing) {
        guard placing.score <= RankEntry.scoreMax else {
            self = .beforeAll
            return
        }
        guard placing.score >= 0 else {
            self = .afterAll
            return
        }
        var name = placing.player
        let player = name.withUTF8 { PlayerID(clipping: UnsafeRawBufferPointer($0)) }
        // As `precedes` has it, null is the instant after all others.
        let instant = placing.reachedAt ?? .max
        switch instant {
        case .max: self.init(RankEntry(score: placing.score, reachedAt: -1, slot: 0), player)
        case ..<0: self.init(RankEntry(score: placing.score, reachedAt: 0, slot: 0), Self.firstID)
        case 0...Timestamp.latest: self.init(RankEntry(score: placing.score, reachedAt: instant, slot: 0), player)
        default: self.init(RankEntry(score: placing.score, reachedAt: -1, slot: 0), Self.firstID)
        }
    }

    /// Before the first player with this score.
    init(beforeScore score: Int64) {
        self.init(RankEntry(score: score, reachedAt: 0, slot: 0), Self.firstID)
    }

    private static var beforeAll: OrderPosition { OrderPosition(.first, firstID) }

    private static var afterAll: OrderPosition {
        OrderPosition(.last, PlayerID(words: PlayerID.Words(repeating: .max), count: .max))
    }

    /// Before every id.
    private static var firstID: PlayerID { PlayerID(words: PlayerID.Words(repeating: 0), count: 0) }
}
