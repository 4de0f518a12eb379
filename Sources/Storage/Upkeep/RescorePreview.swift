import HuntCore
import PostgresClient
import Reactor

/// What other rules would make of a hunt's standings.
public struct RescorePreview: Sendable {
    /// Where a player stands before and after. A rank is nil while the player is not listed.
    public struct Move: Sendable, Equatable {
        public let player: String
        public let rankBefore: Int64?
        public let rankAfter: Int64?
        public let scoreBefore: Int64
        public let scoreAfter: Int64

        public init(
            player: String, rankBefore: Int64?, rankAfter: Int64?, scoreBefore: Int64, scoreAfter: Int64
        ) {
            self.player = player
            self.rankBefore = rankBefore
            self.rankAfter = rankAfter
            self.scoreBefore = scoreBefore
            self.scoreAfter = scoreAfter
        }
    }

    /// Players with facts, now or then.
    public let players: Int64
    /// Players whose score, unlocks or reached_at changes.
    public let changed: Int64
    /// Players whose rank changes.
    public let moved: Int64
    /// Refused scans that are accepted then.
    public let accepted: Int64
    /// The largest moves and the first ten of either ranking, by rank after.
    public let moves: [Move]

    static let largestMoves = 10
    static let firstRanks = 10
}

extension DefinitionStore {
    /// Counts a hunt by another definition, in one snapshot, changing nothing. Holds about 150 bytes a player.
    ///
    /// - Parameters:
    ///   - reader: reads refused values again.
    ///   - onProgress: told now and then how many players were counted, of how many about.
    /// - Returns: nil when there is no hunt of that slug.
    public func preview(
        _ definition: HuntDefinition, reader: @escaping KeptScanReader,
        onProgress: @Reactor (Int64, Int64) -> Void = { _, _ in }
    ) async throws(PostgresError) -> RescorePreview? {
        try await pool.snapshot { connection throws(PostgresError) in
            guard let hunt = try await Self.hunts(connection, slug: definition.slug).first else { return nil }
            let rules = HuntRules(
                huntID: hunt.huntID, rulesVersion: hunt.rulesVersion + 1, definition: definition,
                checkpointIDs: Self.checkpointIDs(of: definition, known: hunt))
            let recount = Recount(rules: rules, rankingBefore: hunt.definition.ranking)
            try await recount.addRefusals(connection, reader)
            try await recount.addPlayers(connection, onProgress)
            return recount.preview()
        }
    }
}
