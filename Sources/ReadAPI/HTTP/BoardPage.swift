import HuntCore
import NIOCore
import OrderIndex

/// A page of a board, copied from one state of it.
struct BoardPage {
    static let limitMax = 1_000
    static let limitDefault = 50

    let hunt: BoardHunt
    let stamp: BoardStamp
    /// Listed players of the hunt.
    let players: Int
    let entries: [RankedPlayer]
    private(set) var next: BoardCursor?
    private(set) var previous: BoardCursor?

    /// - Parameter cursor: of this hunt and its rules; nil is the first page.
    init(of view: BoardView, limit: Int, cursor: BoardCursor? = nil) {
        hunt = view.hunt
        stamp = view.stamp
        players = view.index.count
        if let cursor {
            entries =
                switch cursor.direction {
                case .after: view.index.page(after: cursor.position, limit: limit, by: view.ranking)
                case .before: view.index.page(before: cursor.position, limit: limit, by: view.ranking)
                }
        } else {
            entries = view.index.page(from: 0, limit: limit, by: view.ranking)
        }
        if let first = entries.first, let last = entries.last {
            if last.place + 1 < players { next = point(.after, last.placing) }
            if first.place > 0 { previous = point(.before, first.placing) }
        } else if let cursor {
            // Whoever stood there has left: the point is before or behind everybody, and the way back leads to them.
            switch cursor.direction {
            case .after: previous = players > 0 ? BoardCursor.end(of: hunt) : nil
            case .before: next = players > 0 ? BoardCursor.start(of: hunt) : nil
            }
        }
    }

    private func point(_ direction: BoardCursor.Direction, _ position: Placing) -> BoardCursor {
        BoardCursor(
            direction: direction, huntID: hunt.huntID, rulesVersion: hunt.rulesVersion, position: position)
    }

    /// As `GET /v1/hunts/{hunt}/board` answers it.
    func json() -> JSONWriter {
        var json = JSONWriter(capacity: 512 + entries.count * JSONWriter.entryLikely)
        json.beginObject()
        json.stamp(stamp)
        json.key("hunt")
        json.text(hunt.slug)
        json.key("rules_version")
        json.integer(hunt.rulesVersion)
        json.key("ranking")
        json.text(hunt.definition.ranking.rawValue)
        json.key("players")
        json.integer(players)
        json.key("entries")
        json.beginArray()
        for entry in entries { json.entry(entry) }
        json.endArray()
        json.key("next")
        json.optionalText(next?.text)
        json.key("previous")
        json.optionalText(previous?.text)
        json.endObject()
        return json
    }
}

extension BoardStore {
    /// The first players of a hunt as `GET /v1/hunts/{hunt}/board?limit=` answers them, as JSON; nil: there is no such
    /// hunt.
    ///
    /// - Parameter limit: 0 or more players.
    public func firstPage(of slug: String, limit: Int) -> ByteBuffer? {
        read(slug) { BoardPage(of: $0, limit: limit) }?.json().buffer
    }
}
