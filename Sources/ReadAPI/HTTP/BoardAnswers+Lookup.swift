import HuntCore
import NIOCore
import OrderIndex

/// Friends: some players of a hunt, in the order of the board.
extension BoardAnswers {
    static let lookupMax = 500

    func lookup(_ hunt: String, _ body: ByteBuffer) throws(Problem) -> Answer {
        let names = try LookupBody.players(in: body)
        guard (1...Self.lookupMax).contains(names.count) else {
            throw Problem(.invalidBody, "players has \(names.count) ids: send 1 to \(Self.lookupMax)")
        }
        var seen: Set<PlayerID> = []
        var players: [PlayerID] = []
        for name in names {
            let player = try RequestInput.player(name)
            if seen.insert(player).inserted { players.append(player) }
        }
        let found = try read(hunt) { view throws(Problem) in Found(players, in: view) }
        var json = JSONWriter(capacity: 256 + players.count * JSONWriter.entryLikely)
        json.beginObject()
        json.stamp(found.stamp)
        json.key("hunt")
        json.text(hunt)
        json.key("players_listed")
        json.integer(found.listed)
        json.key("entries")
        json.beginArray()
        for (_, rank, value) in found.entries {
            json.entry(rank: rank, value.player, value.tally, version: value.version)
        }
        json.endArray()
        json.key("missing")
        json.beginArray()
        for player in found.missing { json.text(player.string) }
        json.endArray()
        json.endObject()
        return .json(json, .noStore)
    }

    /// Players in the order of the board, those without a rank last, by id.
    private struct Found {
        let stamp: BoardStamp
        let listed: Int
        private(set) var entries: [(place: Int, rank: Int?, value: PlayerValue)] = []
        private(set) var missing: [PlayerID] = []

        init(_ players: [PlayerID], in view: BoardView) {
            stamp = view.stamp
            listed = view.index.count
            entries.reserveCapacity(players.count)
            for player in players {
                guard let value = view.index.value(of: player) else {
                    missing.append(player)
                    continue
                }
                let place = view.index.rank(of: player, by: .firstToReach)
                let rank = view.ranking == .firstToReach ? place : view.index.rank(of: player, by: view.ranking)
                entries.append((place ?? .max, rank, value))
            }
            entries.sort { ($0.place, $0.value.player) < ($1.place, $1.value.player) }
        }
    }
}
