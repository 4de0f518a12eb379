import PostgresClient
import Reactor
import RedisClient

/// Reads what a peer left behind in Postgres and Redis and compares it with the oracle.
@Reactor
struct PeerCheck {
    let stage: BenchStage
    let oracle: TraceOracle

    private static let playersPerCall = 500
    /// The end is seen by some players: others may follow within this time, milliseconds.
    private static let patienceMs: Int64 = 2_000
    private static let pauseMs: Int64 = 200

    /// - Returns: how many keys were there to compare.
    /// - Throws: `BenchFailure.inexact` with the first differences.
    func run() async throws -> Int {
        let deadline = Clock.monotonicMs() + Self.patienceMs
        while true {
            let books = try await read()
            let exactness = books.compare(with: oracle)
            if exactness.isExact { return books.keys.count }
            if Clock.monotonicMs() > deadline { try exactness.check() }
            await Reactor.pause(ms: Self.pauseMs)
        }
    }

    private func read() async throws -> PeerBooks {
        var books = PeerBooks()
        // Keys expire, so they come first.
        try await readRedis(&books)
        try await readScores(&books)
        try await readUnlocks(&books)
        return books
    }

    private func readRedis(_ books: inout PeerBooks) async throws {
        for start in stride(from: 0, to: oracle.standings.count, by: Self.playersPerCall) {
            let players = start..<min(oracle.standings.count, start + Self.playersPerCall)
            var call = RedisArguments("MGET")
            for player in players { ScoreKeys.peer.append(keyOfPlayer: player, to: &call) }
            guard case .array(let values) = try await stage.redis.call(call) else { continue }
            for (player, value) in zip(players, values) { books.keys[player] = value.text }
            for (player, score) in zip(players, try await stage.redis.peerBoard(players)) {
                books.board[player] = score
            }
        }
        if case .integer(let count) = try await stage.redis.call(RedisArguments("ZCARD", "board")) {
            books.strangers += Int(count) - books.board.count
        }
    }

    private func readScores(_ books: inout PeerBooks) async throws {
        let rows = try await stage.query("select player, score, unlocks, version from score")
        for row in 0..<rows.count {
            guard let player = known(rows, row, &books) else { continue }
            books.scores[player] = .init(
                score: rows.int64(row, 1), unlocks: rows.int64(row, 2), version: rows.int64(row, 3))
        }
    }

    private func readUnlocks(_ books: inout PeerBooks) async throws {
        let rows = try await stage.query(
            """
            select player, count(*), sum(points)::bigint, sum(checkpoint)::bigint, sum(scanned_at)::bigint,
                   max(scanned_at)
            from unlock group by player
            """)
        for row in 0..<rows.count {
            guard let player = known(rows, row, &books) else { continue }
            books.unlocks[player] = .init(
                count: rows.int64(row, 1), points: rows.int64(row, 2), checkpoints: rows.int64(row, 3),
                scannedAt: rows.int64(row, 4), latest: rows.int64(row, 5))
        }
    }

    private func known(_ rows: PostgresRows, _ row: Int, _ books: inout PeerBooks) -> Int? {
        if let player = ScanTemplate.player(ofName: rows.bytes(row, 0)), oracle.standings.indices.contains(player) {
            return player
        }
        books.strangers += 1
        return nil
    }
}
