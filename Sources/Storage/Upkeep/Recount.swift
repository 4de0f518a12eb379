import HuntCore
import PostgresClient
import Reactor

/// All players of a hunt, counted by the rules that the database has and by others.
@Reactor
final class Recount {
    private struct Player {
        let name: String
        let before: Tally
        let after: Tally
    }

    private let rules: HuntRules
    private let rankingBefore: HuntDefinition.Ranking
    private var players: [Player] = []
    /// Facts that refused scans become by the other rules, by player.
    private var accepted: [[UInt8]: [Fact]] = [:]
    private var acceptedCount: Int64 = 0
    private var scratch = TallyScratch()

    private static let playersPerStep = 10_000

    /// - Parameters:
    ///   - rules: the other rules, under the hunt's database id.
    ///   - rankingBefore: of the rules that the database has.
    init(rules: HuntRules, rankingBefore: HuntDefinition.Ranking) {
        self.rules = rules
        self.rankingBefore = rankingBefore
    }

    /// Judges refused scans again.
    func addRefusals(
        _ connection: PostgresConnection, _ reader: KeptScanReader
    ) async throws(PostgresError) {
        var place = RefusalPlace()
        while true {
            let page = try await RefusalPage.read(
                after: place, hunt: rules.slug, isLocked: false, connection, reader: reader)
            for refusal in page.refusals {
                guard case .checkpoint(let checkpoint) = refusal.judged(by: rules) else { continue }
                acceptedCount += 1
                accepted[refusal.scan.player, default: []].append(
                    Fact(checkpoint: checkpoint, at: refusal.scan.scannedAt))
            }
            guard let last = page.last else { return }
            place = last
        }
    }

    /// Counts every player with facts. Lives in a transaction block.
    func addPlayers(
        _ connection: PostgresConnection, _ onProgress: @Reactor (Int64, Int64) -> Void
    ) async throws(PostgresError) {
        let key = PostgresParameters()
        key.append(int32: rules.huntID)
        let total = try await connection.query("select count(*) from cairn.score where hunt_id = $1", key).int64(0, 0)
        let cursor = try await RowCursor(
            connection, "recount",
            """
            select s.player, s.score, s.unlocks, s.reached_at, f.checkpoints, f.scanned
            from cairn.score s cross join lateral (
                select array_agg(f.checkpoint_id) as checkpoints, array_agg(f.scanned_at) as scanned
                from cairn.first_scan f where f.hunt_id = s.hunt_id and f.player = s.player) f
            where s.hunt_id = $1 order by s.player
            """, key)
        while let (rows, row) = cursor.current {
            let player = [UInt8](rows.bytes(row, 0))
            let before = Tally(
                score: rows.int64(row, 1), unlocks: rows.int32(row, 2), reachedAt: rows.optionalMs(row, 3) ?? -1)
            add(player, before, PlayerFacts.read(rows, row, checkpoints: 4, scanned: 5, rules: rules))
            if players.count % Self.playersPerStep == 0 { onProgress(Int64(players.count), total) }
            try await cursor.advance()
        }
        for player in accepted.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) { add(player, .zero, []) }
    }

    private func add(_ player: [UInt8], _ before: Tally, _ known: [Fact]) {
        let facts = PlayerFacts.earliest(known + (accepted.removeValue(forKey: player) ?? []))
        let after = facts.withUnsafeBufferPointer { rules.tally($0, scratch: &scratch) }
        players.append(Player(name: String(decoding: player, as: UTF8.self), before: before, after: after))
    }

    // MARK: The result

    func preview() -> RescorePreview {
        let before = ranks(rankingBefore, by: \.before)
        let after = ranks(rules.definition.ranking, by: \.after)
        let moved = players.indices.filter { before[$0] != after[$0] }
        let shown = shown(moved, before, after)
        return RescorePreview(
            players: Int64(players.count), changed: Int64(players.count { $0.before != $0.after }),
            moved: Int64(moved.count), accepted: acceptedCount,
            moves: shown.map { player in
                RescorePreview.Move(
                    player: players[player].name, rankBefore: Self.optional(before[player]),
                    rankAfter: Self.optional(after[player]), scoreBefore: players[player].before.score,
                    scoreAfter: players[player].after.score)
            })
    }

    /// The rank of each player from 1; 0 for one who is not listed.
    private func ranks(_ ranking: HuntDefinition.Ranking, by tally: KeyPath<Player, Tally>) -> [Int64] {
        let placings = players.map {
            Placing(
                player: $0.name, score: $0[keyPath: tally].score,
                reachedAt: $0[keyPath: tally].reachedAt < 0 ? nil : $0[keyPath: tally].reachedAt)
        }
        let listed = players.indices.filter { players[$0][keyPath: tally].unlocks >= 1 }
            .sorted { placings[$0].precedes(placings[$1]) }
        var ranks = [Int64](repeating: 0, count: players.count)
        for (player, rank) in zip(listed, ranking.ranks(ofScores: listed.map { placings[$0].score })) {
            ranks[player] = Int64(rank)
        }
        return ranks
    }

    /// The largest moves and the first of both rankings, in the order of the ranks after.
    private func shown(_ moved: [Int], _ before: [Int64], _ after: [Int64]) -> [Int] {
        // Who is not listed stands behind all who are.
        let behind = Int64(players.count) + 1
        let place: (Int64) -> Int64 = { $0 == 0 ? behind : $0 }
        let largest = moved.sorted { left, right in
            let first = abs(place(before[left]) - place(after[left]))
            let second = abs(place(before[right]) - place(after[right]))
            return first != second ? first > second : left < right
        }
        var chosen = Set(largest.prefix(RescorePreview.largestMoves))
        let top = 1...Int64(RescorePreview.firstRanks)
        for player in players.indices where top ~= before[player] || top ~= after[player] { chosen.insert(player) }
        return chosen.sorted { (place(after[$0]), place(before[$0]), $0) < (place(after[$1]), place(before[$1]), $1) }
    }

    private static func optional(_ rank: Int64) -> Int64? { rank == 0 ? nil : rank }
}

/// Facts of a player out of two arrays of a row.
enum PlayerFacts {
    /// - Parameters:
    ///   - checkpoints: the column of an int4[] of database ids, null without facts.
    ///   - scanned: the column of the timestamptz[] beside it.
    /// - Returns: in no order; those of checkpoints that the rules do not have are left out.
    static func read(
        _ rows: PostgresRows, _ row: Int, checkpoints: Int, scanned: Int, rules: HuntRules
    ) -> [Fact] {
        if rows.isNull(row, checkpoints) { return [] }
        let ids = BinaryArray(rows.bytes(row, checkpoints))
        let times = BinaryArray(rows.bytes(row, scanned))
        return (0..<ids.count).compactMap { position in
            rules.index(ofCheckpointID: ids.int32(position)).map {
                Fact(checkpoint: $0, at: times.timestampMs(position))
            }
        }
    }

    /// Sorted, and of each checkpoint the earliest only: what `HuntRules.tally` takes.
    static func earliest(_ facts: [Fact]) -> [Fact] {
        var result: [Fact] = []
        result.reserveCapacity(facts.count)
        for fact in facts.sorted() where result.last?.checkpoint != fact.checkpoint { result.append(fact) }
        return result
    }
}
