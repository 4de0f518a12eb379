import FlowCore
import HuntCore
import PostgresClient
import Reactor

/// Reads scores for the boards, all or those that changed, as one snapshot has them.
@Reactor
public struct ScoreLoader {
    /// Which rows to read.
    public enum Extent: Sendable {
        case all
        /// Those written since a time (epoch milliseconds), and all of hunts that are not among the known ones or have
        /// erased players since.
        ///
        /// - known: how often players were erased, by hunt.
        case changes(since: Int64, known: [Int32: Int64])
    }

    /// What the rows belong to.
    public struct Head: Sendable {
        public let cut: CommittedCut
        public let hunts: [DefinitionStore.StoredHunt]
        /// The hunts of which all rows follow.
        public let whole: Set<Int32>
    }

    /// For some thousand rows, a pass over the table included. A server that hangs is no answer.
    private static let deadlineMs: Int64 = 60_000

    private let cuts: CutReader

    public init(cuts: CutReader) { self.cuts = cuts }

    /// - Parameters:
    ///   - begin: is called once, before any row.
    ///   - row: a hunt, a player's id, what it is worth, and the version. The bytes are valid during the call.
    public func load(
        _ extent: Extent, from pool: PostgresPool, begin: @Reactor (Head) -> Void,
        row: @Reactor (Int32, UnsafeRawBufferPointer, Tally, Int64) -> Void
    ) async throws(PostgresError) {
        let asOf = try await pool.with { connection throws(PostgresError) in try await CutReader.now(connection) }
        try await pool.snapshot { connection throws(PostgresError) in
            let cut = try await cuts.read(connection, asOf: asOf)
            let hunts = try await DefinitionStore.hunts(connection, slug: nil)
            let head = Head(cut: cut, hunts: hunts, whole: Self.whole(hunts, extent))
            begin(head)
            let parameters = PostgresParameters()
            parameters.append(int32s: head.whole.sorted())
            var condition = "hunt_id = any($1)"
            if case .changes(let since, _) = extent {
                parameters.append(timestampMs: since)
                condition += " or updated_at >= $2"
            }
            let scores = try await RowCursor(
                connection, "scores",
                "select hunt_id, player, score, unlocks, reached_at, version from cairn.score where \(condition)",
                parameters, deadlineMs: Self.deadlineMs)
            while let (rows, position) = scores.current {
                row(
                    rows.int32(position, 0), rows.bytes(position, 1),
                    Tally(
                        score: rows.int64(position, 2), unlocks: rows.int32(position, 3),
                        reachedAt: rows.optionalMs(position, 4) ?? -1), rows.int64(position, 5))
                try await scores.advance()
            }
        }
    }

    private static func whole(_ hunts: [DefinitionStore.StoredHunt], _ extent: Extent) -> Set<Int32> {
        switch extent {
        case .all: Set(hunts.map(\.huntID))
        case .changes(_, let known): Set(hunts.filter { known[$0.huntID] != $0.erasures }.map(\.huntID))
        }
    }
}
