import HuntCore

@testable import OrderIndex

/// What an index must say, by sorting everything anew. It knows the order from `Placing` alone.
struct NaiveRanking {
    private(set) var values: [String: PlayerValue] = [:]

    mutating func apply(_ player: String, tally: Tally, version: Int64) -> OrderIndex.Change {
        if let known = values[player], known.version >= version { return .outdated }
        values[player] = PlayerValue(player: PlayerID(player)!, tally: tally, version: version)
        return .applied
    }

    mutating func remove(_ player: String) -> Bool { values.removeValue(forKey: player) != nil }

    func listing(by ranking: HuntDefinition.Ranking) -> [RankedPlayer] {
        let placings = values.filter { $0.value.tally.unlocks > 0 }.map { player, value in
            Placing(
                player: player, score: value.tally.score,
                reachedAt: value.tally.reachedAt == -1 ? nil : value.tally.reachedAt)
        }.sorted { $0.precedes($1) }
        let ranks = ranking.ranks(ofScores: placings.map(\.score))
        return placings.indices.map { place in
            let value = values[placings[place].player]!
            return RankedPlayer(
                place: place, rank: ranks[place], player: value.player, tally: value.tally,
                version: value.version)
        }
    }
}

extension [RankedPlayer] {
    func after(_ position: Placing, limit: Int) -> [RankedPlayer] {
        Array(filter { position.precedes($0.placing) }.prefix(limit))
    }

    func before(_ position: Placing, limit: Int) -> [RankedPlayer] {
        Array(filter { $0.placing.precedes(position) }.suffix(limit))
    }

    func around(_ place: Int, radius: Int) -> [RankedPlayer] {
        filter { abs($0.place - place) <= radius }
    }
}

extension OrderIndex {
    func apply(_ player: PlayerID, tally: Tally, version: Int64) -> Change {
        apply(PlayerValue(player: player, tally: tally, version: version))
    }
}
