import FlowCore
import HuntCore

/// The compacted topic `scores`.
public final class FakeFeed {
    public struct Record: Equatable, Sendable {
        public let tally: Tally
        public let version: Int64
        public let committedAt: Int64
        public let partition: Int32
        public let offset: Int64
    }

    /// What a reader that keeps the newest version holds.
    public private(set) var newest: [PlayerID: Record] = [:]
    public private(set) var count = 0
    /// Versions in the order in which they came, per player; 0 is a tombstone.
    public private(set) var versions: [PlayerID: [Int64]] = [:]
    /// Called after each record; nil is a tombstone.
    var onAppend: (PlayerID, Record?) -> Void = { _, _ in }

    public init() {}

    /// Anybody's record, an importer's included.
    public func append(_ record: Record, of player: PlayerID) {
        count += 1
        versions[player, default: []].append(record.version)
        if newest[player].map({ $0.version < record.version }) ?? true { newest[player] = record }
        onAppend(player, record)
    }

    /// The player is gone.
    public func appendTombstone(of player: PlayerID) {
        count += 1
        versions[player, default: []].append(0)
        newest[player] = nil
        onAppend(player, nil)
    }
}
