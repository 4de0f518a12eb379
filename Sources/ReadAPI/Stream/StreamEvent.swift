import HuntCore
import NIOCore
import OrderIndex

/// An event of a board's stream as bytes.
///
/// - Source: WHATWG HTML, section 9.2, server-sent events. The data is one line of JSON, so an event is three lines.
enum StreamEvent {
    /// The first players of a state as a whole.
    static func snapshot(of state: BoardState, slug: String, stamp: BoardStamp, top: Int) -> ByteBuffer {
        var event = EventText(name: "snapshot", id: state.id, expected: 512 + 160 * min(top, state.entries.count))
        event.begin(stamp)
        event.append(#","hunt":"\#(slug)","rules_version":\#(state.id.rulesVersion)"#)
        event.append(#","ranking":"\#(state.ranking.rawValue)","players":\#(state.players),"entries":"#)
        event.append(state.entries.prefix(top))
        return event.end()
    }

    /// What leads to a state from an earlier one.
    static func delta(_ delta: BoardDelta, to state: BoardState, stamp: BoardStamp) -> ByteBuffer {
        let expected = 256 + 160 * delta.changed.count + 64 * delta.gone.count
        var event = EventText(name: "delta", id: state.id, expected: expected)
        event.begin(stamp)
        event.append(#","players":\#(state.players),"changed":"#)
        event.append(delta.changed[...])
        event.append(#","gone":["#)
        for (position, player) in delta.gone.enumerated() {
            event.append(position == 0 ? "\"" : ",\"")
            event.append(player)
            event.append("\"")
        }
        event.append("]")
        return event.end()
    }

    /// Nothing has changed until `stamp`. It has no id: it brings no other state.
    static func fresh(_ stamp: BoardStamp) -> ByteBuffer {
        var event = EventText(name: "fresh", id: nil, expected: 128)
        event.begin(stamp)
        return event.end()
    }

    /// Tells a client how long to wait before it connects again.
    ///
    /// - Parameter ms: 0 or more.
    static func retry(ms: Int) -> ByteBuffer { ByteBuffer(string: "retry: \(ms)\n\n") }
}

/// Writes one event. Slugs and player ids have no character that JSON escapes (contracts.md section 1).
private struct EventText {
    private var bytes: ByteBuffer

    init(name: String, id: BoardStateID?, expected: Int) {
        bytes = ByteBuffer()
        bytes.reserveCapacity(expected)
        append("event: \(name)\n")
        if let id { append("id: \(id)\n") }
    }

    mutating func append(_ text: String) { bytes.writeString(text) }

    mutating func append(_ player: PlayerID) { _ = player.withBytes { bytes.writeBytes($0) } }

    /// The data's first fields, which every answer has.
    mutating func begin(_ stamp: BoardStamp) {
        append(#"data: {"as_of":"\#(Timestamp.format(stamp.asOf))","version":\#(stamp.version)"#)
        append(#","source":"\#(stamp.source.rawValue)""#)
    }

    mutating func append(_ entries: ArraySlice<RankedPlayer>) {
        var separator = "["
        if entries.isEmpty { append(separator) }
        for entry in entries {
            append(#"\#(separator){"rank":\#(entry.rank),"player":""#)
            append(entry.player)
            append(#"","score":\#(entry.tally.score),"unlocks":\#(entry.tally.unlocks),"reached_at":"#)
            append(entry.tally.reachedAt < 0 ? "null" : "\"\(Timestamp.format(entry.tally.reachedAt))\"")
            append(#","player_version":\#(entry.version)}"#)
            separator = ","
        }
        append("]")
    }

    mutating func end() -> ByteBuffer {
        append("}\n\n")
        return bytes
    }
}
