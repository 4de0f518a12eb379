import HuntCore
import PostgresClient
import Reactor

/// A player's place in the order of a hunt, with those next to it, found without ranking the hunt: the rows ahead are
/// counted, and the nearest ones are kept while the rows pass.
@Reactor
struct PlayerNeighbourhood {
    let score: PlayerReport.Score
    /// The player and its neighbours in order; empty when the player is not listed.
    let rows: [StandingsReport.Row]

    /// A listed row without its rank.
    private struct Placed {
        let player: String
        let score: Int64
        let unlocks: Int32
        let reachedAt: Int64?

        init(_ rows: PostgresRows, _ row: Int) {
            player = rows.text(row, 0)
            score = rows.int64(row, 1)
            unlocks = rows.int32(row, 2)
            reachedAt = rows.optionalMs(row, 3)
        }
    }

    private static let columns = "player, score, unlocks, reached_at"

    /// The order of the view `cairn.standings` as a row of which every column ascends; a missing reached_at is last.
    private static let place = "(-score, coalesce(reached_at, 'infinity'), player)"
    /// The player's own place, from the parameters of `parameters(_:_:)`.
    private static let ownPlace = "(-$2::bigint, coalesce($3, 'infinity'), $4)"
    private static let listed = "from cairn.score where hunt_id = $1 and unlocks >= 1"

    /// - Parameter key: the hunt's database id and the player.
    /// - Returns: nil when the player has no score row.
    static func read(
        _ connection: PostgresConnection, _ hunt: DefinitionStore.StoredHunt, player: String, neighbours: Int64,
        _ key: PostgresParameters
    ) async throws(PostgresError) -> PlayerNeighbourhood? {
        let own = try await connection.query(
            "select \(columns), version, updated_at from cairn.score where hunt_id = $1 and player = $2", key)
        if own.isEmpty { return nil }
        let placed = Placed(own, 0)
        func score(rank: Int64?) -> PlayerReport.Score {
            PlayerReport.Score(
                score: placed.score, unlocks: placed.unlocks, reachedAt: placed.reachedAt, version: own.int64(0, 4),
                updatedAt: own.timestampMs(0, 5), rank: rank)
        }
        if placed.unlocks == 0 { return PlayerNeighbourhood(score: score(rank: nil), rows: []) }

        let above = try await nearest(connection, .above, to: placed, hunt.huntID, neighbours)
        let below = try await nearest(connection, .below, to: placed, hunt.huntID, neighbours)
        let window = above.reversed() + [placed] + below
        let counts = parameters(hunt.huntID, placed)
        counts.append(int64: window[0].score)
        let ahead = try await connection.query(
            """
            select count(*) filter (where \(place) < \(ownPlace)), count(*) filter (where score > $5) \(listed)
            """, counts)
        let ranks = ranks(
            of: window, hunt.definition.ranking, top: ahead.int64(0, 0) - Int64(above.count) + 1,
            sharedTop: ahead.int64(0, 1) + 1)
        let rows = zip(window, ranks).map { row, rank in
            StandingsReport.Row(
                hunt: hunt.definition.slug, rank: rank, player: row.player, score: row.score, unlocks: row.unlocks,
                reachedAt: row.reachedAt)
        }
        return PlayerNeighbourhood(score: score(rank: ranks[above.count]), rows: rows)
    }

    /// - Parameters:
    ///   - window: rows that follow each other in the order.
    ///   - top: the number of the first one in the order, from 1.
    ///   - sharedTop: one more than the number of players with a higher score than it.
    private static func ranks(
        of window: [Placed], _ ranking: HuntDefinition.Ranking, top: Int64, sharedTop: Int64
    ) -> [Int64] {
        var ranks: [Int64] = []
        for (position, row) in window.enumerated() {
            switch ranking {
            case .firstToReach: ranks.append(top + Int64(position))
            case .shared where position == 0: ranks.append(sharedTop)
            case .shared where row.score == window[position - 1].score: ranks.append(ranks[position - 1])
            case .shared: ranks.append(top + Int64(position))
            }
        }
        return ranks
    }

    // MARK: Asking

    private enum Side { case above, below }

    private static func parameters(_ huntID: Int32, _ placed: Placed) -> PostgresParameters {
        let parameters = PostgresParameters()
        parameters.append(int32: huntID)
        parameters.append(int64: placed.score)
        if let reachedAt = placed.reachedAt {
            parameters.append(timestampMs: reachedAt)
        } else {
            parameters.appendNull(.timestamptz)
        }
        parameters.append(text: placed.player)
        return parameters
    }

    /// The rows next to the player, the nearest one first.
    private static func nearest(
        _ connection: PostgresConnection, _ side: Side, to placed: Placed, _ huntID: Int32, _ count: Int64
    ) async throws(PostgresError) -> [Placed] {
        let parameters = parameters(huntID, placed)
        parameters.append(int64: count)
        let (sign, order) =
            switch side {
            case .above: ("<", "score, reached_at desc nulls first, player desc")
            case .below: (">", "score desc, reached_at nulls last, player")
            }
        let rows = try await connection.query(
            "select \(columns) \(listed) and \(place) \(sign) \(ownPlace) order by \(order) limit $5", parameters)
        return (0..<rows.count).map { Placed(rows, $0) }
    }
}
