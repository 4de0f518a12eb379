import HTTPTypes
import HuntCore
import OrderIndex

/// Answers from the boards in memory. Nothing waits: each takes a board's lock for a moment and writes outside of it.
struct BoardAnswers: Sendable {
    static let radiusMax = 50
    static let radiusDefault = 5

    let store: BoardStore
    let onAsked: PlayerAsked

    /// - Parameter body: runs with the board's lock held.
    func read<Value>(_ hunt: String, _ body: (BoardView) throws(Problem) -> Value) throws(Problem) -> Value {
        let slug = try RequestInput.hunt(hunt)
        let result = store.read(slug) { view in Result { () throws(Problem) in try body(view) } }
        if let result { return try result.get() }
        if !store.isLoaded { throw Self.notLoaded }
        throw Problem(.unknownHunt, "\(slug) is not among those of /v1/hunts")
    }

    static let notLoaded = Problem(.notLoaded, "the boards are being read from the database: ask again", retryAfter: 1)

    func board(_ hunt: String, _ target: RequestTarget, _ request: Conditions) throws(Problem) -> Answer {
        let limit = try RequestInput.number(
            "limit", of: target, in: 1...BoardPage.limitMax, fallback: BoardPage.limitDefault)
        let reading = try read(hunt) { view throws(Problem) in
            let cursor = try RequestInput.cursor(of: target, in: view.hunt)
            let point = cursor.map { "-\($0.text)" } ?? ""
            return request.check("b\(limit)\(point)", view) { BoardPage(of: view, limit: limit, cursor: cursor) }
        }
        return reading.answer { $0.json() }
    }

    func player(_ hunt: String, _ player: String, _ request: Conditions) throws(Problem) -> Answer {
        let id = try RequestInput.player(player)
        let reading = try read(hunt) { view throws(Problem) in
            guard let value = view.index.value(of: id) else { throw Self.unknownPlayer(player, view) }
            onAsked(view.hunt.huntID, id)
            return request.check("p", view) {
                Standing(
                    hunt: view.hunt.slug, stamp: view.stamp, players: view.index.count, value: value,
                    rank: view.index.rank(of: id, by: view.ranking))
            }
        }
        return reading.answer { standing in
            var json = JSONWriter(capacity: 384)
            json.beginObject()
            json.stamp(standing.stamp)
            json.key("hunt")
            json.text(standing.hunt)
            json.entryMembers(
                rank: standing.rank, standing.value.player, standing.value.tally, version: standing.value.version)
            json.key("players")
            json.integer(standing.players)
            json.endObject()
            return json
        }
    }

    func around(
        _ hunt: String, _ player: String, _ target: RequestTarget, _ request: Conditions
    ) throws(Problem) -> Answer {
        let id = try RequestInput.player(player)
        let radius = try RequestInput.number(
            "radius", of: target, in: 1...Self.radiusMax, fallback: Self.radiusDefault)
        let reading = try read(hunt) { view throws(Problem) in
            guard let value = view.index.value(of: id) else { throw Self.unknownPlayer(player, view) }
            return request.check("a\(radius)", view) {
                let entries = view.index.around(id, radius: radius, by: view.ranking) ?? []
                let standing = Standing(
                    hunt: view.hunt.slug, stamp: view.stamp, players: view.index.count, value: value,
                    rank: entries.first { $0.player == id }?.rank)
                return (standing, entries)
            }
        }
        return reading.answer { standing, entries in
            var json = JSONWriter(capacity: 256 + entries.count * JSONWriter.entryLikely)
            json.beginObject()
            json.stamp(standing.stamp)
            json.key("hunt")
            json.text(standing.hunt)
            json.key("player")
            json.text(standing.value.player.string)
            json.key("rank")
            if let rank = standing.rank { json.integer(rank) } else { json.null() }
            json.key("players")
            json.integer(standing.players)
            json.key("entries")
            json.beginArray()
            for entry in entries { json.entry(entry) }
            json.endArray()
            json.endObject()
            return json
        }
    }

    static func unknownPlayer(_ player: String, _ view: BoardView) -> Problem {
        Problem(
            .unknownPlayer, "\(player) had no scan that counts in \(view.hunt.slug) until as_of", stamp: view.stamp)
    }

    /// One player, listed or not.
    private struct Standing {
        let hunt: String
        let stamp: BoardStamp
        let players: Int
        let value: PlayerValue
        let rank: Int?
    }
}
