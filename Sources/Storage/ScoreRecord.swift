import FlowCore
import HuntCore

/// A record of the feed: key `HUNT/PLAYER` and the JSON of contracts.md section 4. Keeps its memory for the next one.
package struct ScoreRecord {
    package private(set) var key: [UInt8] = []
    package private(set) var value: [UInt8] = []

    package init() {}

    /// - Parameter hunt: the slug.
    mutating func setKey(_ player: PlayerKey, hunt: [UInt8]) {
        key.removeAll(keepingCapacity: true)
        key.append(contentsOf: hunt)
        key.append(UInt8(ascii: "/"))
        player.withBytes { key.append(contentsOf: $0) }
    }

    package mutating func set(_ item: PublishItem, hunt: [UInt8]) {
        setKey(item.key, hunt: hunt)
        value.removeAll(keepingCapacity: true)
        append("{\"hunt\":\"")
        value.append(contentsOf: hunt)
        // The alphabets of slugs and players hold nothing that JSON would escape.
        append("\",\"player\":\"")
        item.key.withBytes { value.append(contentsOf: $0) }
        append("\",\"score\":")
        append(item.tally.score)
        append(",\"unlocks\":")
        append(Int64(item.tally.unlocks))
        append(",\"reached_at\":")
        if item.tally.reachedAt < 0 { append("null") } else { append(item.tally.reachedAt) }
        append(",\"version\":")
        append(item.version)
        append(",\"committed_at\":")
        append(item.committedAt)
        append(",\"source\":{\"partition\":")
        append(Int64(item.partition))
        append(",\"offset\":")
        append(item.offset)
        append("}}")
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { value.append(contentsOf: $0) }
    }

    private mutating func append(_ number: Int64) {
        if number < 0 { value.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        let start = value.count
        repeat {
            value.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        value[start...].reverse()
    }
}
