import PostgresClient
import Reactor

/// Players with one fact each, written straight into Postgres.
@Reactor
struct PlayerFill {
    let players: Int
    let stage: BenchStage

    /// Checkpoints that each player has then: the first visit of `ScanTrace`.
    nonisolated static let visited = 1

    func run() async throws(PostgresError) {
        try await stage.script(
            """
            insert into cairn.first_scan (hunt_id, player, checkpoint_id, scanned_at, event_id, source_partition,
                source_offset)
            select h.hunt_id, 'p' || lpad(n::text, 6, '0'), c.checkpoint_id,
                h.opens_at + (n::bigint * 7919 % 100000000) * interval '1 millisecond', 'filled-' || n, 0, 0
            from cairn.hunt h cross join generate_series(0, \(players - 1)) n
            join cairn.checkpoint c on c.hunt_id = h.hunt_id
                and c.slug = 'checkpoint-' || (n::bigint * 37 % \(BenchHunt.checkpoints))
            where h.slug = '\(BenchHunt.slug)' order by n;
            insert into cairn.score (hunt_id, player, score, unlocks, reached_at, version, facts_seq, updated_at)
            select f.hunt_id, f.player, c.points, 1, f.scanned_at, 1, 1,
                date_trunc('milliseconds', clock_timestamp())
            from cairn.first_scan f join cairn.checkpoint c using (hunt_id, checkpoint_id) order by f.player
            """)
        try await stage.script("analyze cairn.first_scan; analyze cairn.score")
    }

    /// The scores as they are.
    func board() async throws -> NaiveBoard {
        let rows = try await stage.query("select player, score, unlocks, reached_at, version from cairn.score")
        var board = NaiveBoard(players: players)
        for row in 0..<rows.count {
            guard let player = ScanTemplate.player(ofName: rows.bytes(row, 0)), player < players else {
                throw BenchFailure.failed("there is a row of the unknown player \(rows.text(row, 0))")
            }
            board.set(
                player,
                ScoreState(
                    score: rows.int64(row, 1), unlocks: rows.int64(row, 2),
                    reachedAt: rows.isNull(row, 3) ? -1 : rows.timestampMs(row, 3), version: rows.int64(row, 4)))
        }
        return board
    }
}
