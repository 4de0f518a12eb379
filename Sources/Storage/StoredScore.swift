import HuntCore
import PostgresClient

/// A score row, as audits read it.
struct StoredScore {
    static let columns = "player, score, unlocks, reached_at, version, updated_at"

    /// The id's bytes.
    let player: [UInt8]
    let tally: Tally
    let version: Int64
    /// Epoch milliseconds of the commit that made this version.
    let updatedAt: Int64

    /// - Parameter rows: of `columns`.
    init(_ rows: PostgresRows, _ row: Int) {
        player = [UInt8](rows.bytes(row, 0))
        tally = Tally(
            score: rows.int64(row, 1), unlocks: rows.int32(row, 2), reachedAt: rows.optionalMs(row, 3) ?? -1)
        version = rows.int64(row, 4)
        updatedAt = rows.timestampMs(row, 5)
    }

    var playerText: String { String(decoding: player, as: UTF8.self) }
}

extension Tally {
    /// For people.
    var text: String {
        "score \(score), unlocks \(unlocks), reached_at \(reachedAt < 0 ? "null" : Timestamp.format(reachedAt))"
    }
}
