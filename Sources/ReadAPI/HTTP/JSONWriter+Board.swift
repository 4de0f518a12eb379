import HuntCore
import OrderIndex

/// What the answers have in common.
extension JSONWriter {
    /// Bytes of an entry, at most: the numbers, a time, an id in which every byte is escaped, and the names.
    static let entryMax = 4 * JSONBytes.integerMax + TimeText.bytesMax + PlayerID.bytesMax * JSONBytes.escapeMax + 100
    /// Bytes of an entry, mostly.
    static let entryLikely = 150

    /// `"as_of"`, `"version"` and `"source"`, with which every answer begins.
    mutating func stamp(_ stamp: BoardStamp) {
        key("as_of")
        time(stamp.asOf)
        key("version")
        integer(stamp.version)
        key("source")
        text(stamp.source.rawValue)
    }

    /// A player of a page, as an object.
    mutating func entry(_ player: RankedPlayer) {
        entry(rank: player.rank, player.player, player.tally, version: player.version)
    }

    /// - Parameter rank: nil for a player who is known and not listed.
    mutating func entry(rank: Int?, _ player: PlayerID, _ tally: Tally, version: Int64) {
        if tally.reachedAt >= 0 { times.turn(to: tally.reachedAt) }
        let times = times
        value(room: Self.entryMax) { bytes in
            bytes.put(UInt8(ascii: "{"))
            Self.putMembers(rank, player, tally, version, times, &bytes)
            bytes.put(UInt8(ascii: "}"))
        }
    }

    /// The members of an entry within an object that has others.
    mutating func entryMembers(rank: Int?, _ player: PlayerID, _ tally: Tally, version: Int64) {
        if tally.reachedAt >= 0 { times.turn(to: tally.reachedAt) }
        let times = times
        value(room: Self.entryMax) { bytes in Self.putMembers(rank, player, tally, version, times, &bytes) }
    }

    private static func putMembers(
        _ rank: Int?, _ player: PlayerID, _ tally: Tally, _ version: Int64, _ times: TimeText, _ bytes: inout JSONBytes
    ) {
        bytes.put("\"rank\":")
        if let rank { bytes.put(Int64(rank)) } else { bytes.put("null") }
        bytes.put(",\"player\":")
        player.withBytes { bytes.putQuoted($0) }
        bytes.put(",\"score\":")
        bytes.put(tally.score)
        bytes.put(",\"unlocks\":")
        bytes.put(Int64(tally.unlocks))
        bytes.put(",\"reached_at\":")
        if tally.reachedAt >= 0 {
            bytes.put(UInt8(ascii: "\""))
            times.write(tally.reachedAt, to: &bytes)
            bytes.put(UInt8(ascii: "\""))
        } else {
            bytes.put("null")
        }
        bytes.put(",\"player_version\":")
        bytes.put(version)
    }
}
