import FlowCore
import HuntCore

/// A player before and after a rescore.
struct RecountedPlayer {
    let name: String
    let before: Tally
    let after: Tally
    /// Before.
    let version: Int64
    /// Epoch milliseconds of the commit that made that version.
    let committedAt: Int64

    var isChanged: Bool { before != after }

    /// What is told of this player; nil for one whom nobody ever saw.
    func item(huntID: Int32, changedAt: Int64, provenAtMs: Int64) -> PublishItem? {
        let version = isChanged ? version + 1 : version
        if version == 0 { return nil }
        var name = name
        let key = name.withUTF8 { PlayerKey(huntID: huntID, player: UnsafeRawBufferPointer($0)) }
        return PublishItem(
            key: key, tally: after, version: version, committedAt: isChanged ? changedAt : committedAt,
            provenAtMs: provenAtMs)
    }
}
