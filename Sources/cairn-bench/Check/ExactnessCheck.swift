import PostgresClient
import Reactor
import RedisClient

/// Reads what a run left behind in Postgres and Redis and compares all of it with the oracle.
@Reactor
struct ExactnessCheck {
    let stage: BenchStage
    let program: CairnProgram
    let oracle: TraceOracle
    /// Whether updates of the hot tier were given up.
    let mayKeysLag: Bool

    private static let keysPerCall = 500

    /// - Returns: how many keys were there to compare.
    /// - Throws: `BenchFailure.inexact` with the first differences; also what `cairn verify` finds.
    func run() async throws -> Int {
        var exactness = Exactness()
        // Keys expire, so they come first.
        let keys = try await compareKeys(&exactness)
        exactness.compareStandings(try await standings(&exactness), with: oracle)
        exactness.compareFacts(try await factSums(&exactness), with: oracle)
        exactness.compareCounts(try await counts(), with: oracle)
        try exactness.check()
        if keys == 0 { throw BenchFailure.inexact("the run is not exact: Redis holds no key of any player") }
        try await program.run("verify", ["verify", BenchHunt.slug], on: stage)
        return keys
    }

    private func standings(_ exactness: inout Exactness) async throws(PostgresError) -> [Int: TraceOracle.Standing] {
        let rows = try await stage.query("select player, score, unlocks, reached_at from cairn.score")
        var standings: [Int: TraceOracle.Standing] = [:]
        standings.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            guard let player = ScanTemplate.player(ofName: rows.bytes(row, 0)) else {
                exactness.note("there is a row of the unknown player \(rows.text(row, 0))")
                continue
            }
            standings[player] = TraceOracle.Standing(
                score: rows.int64(row, 1), unlocks: rows.int64(row, 2),
                reachedAt: rows.isNull(row, 3) ? -1 : rows.timestampMs(row, 3))
        }
        return standings
    }

    private func factSums(_ exactness: inout Exactness) async throws(PostgresError) -> [Int: TraceOracle.FactSums] {
        let rows = try await stage.query(
            """
            select player, sum(extract(epoch from scanned_at) * 1000)::bigint,
                   sum(substr(event_id, \(ScanTemplate.numberPlace))::bigint)::bigint
            from cairn.first_scan group by player
            """)
        var sums: [Int: TraceOracle.FactSums] = [:]
        sums.reserveCapacity(rows.count)
        for row in 0..<rows.count {
            guard let player = ScanTemplate.player(ofName: rows.bytes(row, 0)) else {
                exactness.note("there is a fact of the unknown player \(rows.text(row, 0))")
                continue
            }
            sums[player] = TraceOracle.FactSums(scannedAt: rows.int64(row, 1), numbers: rows.int64(row, 2))
        }
        return sums
    }

    private func counts() async throws(PostgresError) -> RecordCounts {
        var counts = RecordCounts()
        let leases = try await stage.query(
            """
            select coalesce(sum(first_scans), 0)::bigint, coalesce(sum(earlier_scans), 0)::bigint,
                   coalesce(sum(repeats), 0)::bigint, coalesce(sum(refusals), 0)::bigint,
                   (select count(*) from cairn.first_scan)
            from cairn.partition_lease
            """)
        counts.firsts = Int(leases.int64(0, 0))
        counts.earlier = Int(leases.int64(0, 1))
        counts.repeats = Int(leases.int64(0, 2))
        counts.refusals = Int(leases.int64(0, 3))
        counts.facts = Int(leases.int64(0, 4))
        let refusals = try await stage.query("select reason, count from cairn.refusals where count > 0")
        for row in 0..<refusals.count { counts.refusalsByReason[refusals.text(row, 0)] = Int(refusals.int64(row, 1)) }
        return counts
    }

    private func compareKeys(_ exactness: inout Exactness) async throws -> Int {
        var count = 0
        for start in stride(from: 0, to: oracle.standings.count, by: Self.keysPerCall) {
            let players = start..<min(oracle.standings.count, start + Self.keysPerCall)
            var call = RedisArguments("MGET")
            for player in players { ScoreKeys.cairn.append(keyOfPlayer: player, to: &call) }
            guard case .array(let values) = try await stage.redis.call(call) else { continue }
            for (player, value) in zip(players, values) {
                guard let text = value.text else { continue }
                count += 1
                guard let key = HotScore(text) else {
                    exactness.note("the key of player \(player) holds \(text)")
                    continue
                }
                exactness.compareKey(key, of: player, with: oracle, mayLag: mayKeysLag)
            }
        }
        return count
    }
}
