import HuntCore

/// A listed player as pages show it.
public struct RankedPlayer: Equatable, Sendable {
    /// How many players are listed before this one.
    public var place: Int
    /// From 1, by the ranking that was asked for.
    public var rank: Int
    public var player: PlayerID
    public var tally: Tally
    public var version: Int64

    /// Where it stands, for `page(after:)` and `page(before:)`.
    public var placing: Placing {
        Placing(player: player.string, score: tally.score, reachedAt: tally.reachedAt < 0 ? nil : tally.reachedAt)
    }
}

/// Ranks and pages. A page costs O(log n) and its players, who are in the order of the contract.
extension OrderIndex {
    /// A player's rank from 1; nil: it is not listed. O(log n).
    public func rank(of player: PlayerID, by ranking: HuntDefinition.Ranking) -> Int? {
        guard let slot = slot(of: player), records[slot].pointee.isListed else { return nil }
        switch ranking {
        case .firstToReach: return place(of: player, slot: slot) + 1
        case .shared: return sharedRank(ofScore: records[slot].pointee.entry.score)
        }
    }

    /// The player before whom `place` others are listed; nil: there is none. O(log n).
    public func player(at place: Int, by ranking: HuntDefinition.Ranking) -> RankedPlayer? {
        page(from: place, limit: 1, by: ranking).first
    }

    /// The players of the places `place ..< place + limit`, as far as there are any.
    ///
    /// - Parameters:
    ///   - place: 0 or more; at `count` and above the page is empty.
    ///   - limit: 0 or more players.
    public func page(from place: Int, limit: Int, by ranking: HuntDefinition.Ranking) -> [RankedPlayer] {
        precondition(place >= 0 && limit >= 0, "a place or a number of players below 0")
        let start = min(place, count)
        return players(at: start..<(start + min(limit, count - start)), by: ranking)
    }

    /// The first players after a point in the order. Nobody needs to stand there: a cursor made of a player who has
    /// moved or gone since still has its place.
    ///
    /// - Parameters:
    ///   - position: any; compared as `Placing.precedes` does.
    ///   - limit: 0 or more players.
    public func page(after position: Placing, limit: Int, by ranking: HuntDefinition.Ranking) -> [RankedPlayer] {
        page(from: tree.playersBefore(OrderPosition(position), orEqual: true, records), limit: limit, by: ranking)
    }

    /// The last players before a point in the order, the nearest last: the page before `page(after:)`'s.
    ///
    /// - Parameters: as there.
    public func page(before position: Placing, limit: Int, by ranking: HuntDefinition.Ranking) -> [RankedPlayer] {
        precondition(limit >= 0, "a number of players below 0")
        let end = tree.playersBefore(OrderPosition(position), records)
        return players(at: max(0, end - limit)..<end, by: ranking)
    }

    /// A player with those next to it, at most `radius` before and `radius` after; nil: it is not listed.
    ///
    /// - Parameter radius: 0 or more players.
    public func around(_ player: PlayerID, radius: Int, by ranking: HuntDefinition.Ranking) -> [RankedPlayer]? {
        precondition(radius >= 0, "a radius below 0")
        guard let slot = slot(of: player), records[slot].pointee.isListed else { return nil }
        let place = place(of: player, slot: slot)
        let last = place + min(radius, count - 1 - place)
        return players(at: max(0, place - radius)..<(last + 1), by: ranking)
    }

    private func place(of player: PlayerID, slot: UInt32) -> Int {
        tree.place(of: records[slot].pointee.entry, player, records)
    }

    /// One more than the players with a higher score.
    private func sharedRank(ofScore score: Int64) -> Int {
        tree.playersBefore(OrderPosition(beforeScore: score), records) + 1
    }

    /// - Parameter places: all below `count`.
    private func players(at places: Range<Int>, by ranking: HuntDefinition.Ranking) -> [RankedPlayer] {
        var players: [RankedPlayer] = []
        players.reserveCapacity(places.count)
        tree.forEach(in: places) { entry in
            let place = places.lowerBound + players.count
            let rank =
                switch (ranking, players.last) {
                case (.firstToReach, _): place + 1
                case (.shared, let above?): above.tally.score == entry.score ? above.rank : place + 1
                case (.shared, nil): sharedRank(ofScore: entry.score)
                }
            let record = records[entry.slot].pointee
            players.append(
                RankedPlayer(
                    place: place, rank: rank, player: records.player(entry.slot), tally: record.tally,
                    version: record.version))
        }
        return players
    }
}
