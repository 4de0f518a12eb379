/// What a run left behind, compared with the oracle.
struct Exactness {
    /// The first differences, one a line.
    private(set) var details: [String] = []
    private(set) var differences = 0

    private static let detailsMax = 10

    var isExact: Bool { differences == 0 }

    mutating func note(_ detail: @autoclosure () -> String) {
        differences += 1
        if details.count < Self.detailsMax { details.append(detail()) }
    }

    /// - Throws: `BenchFailure.inexact` with the first differences.
    func check() throws(BenchFailure) {
        if isExact { return }
        throw .inexact(
            "the run is not exact, \(differences) differences:\n" + details.map { "  \($0)" }.joined(separator: "\n"))
    }

    /// - Parameter rows: of all players that have one, by player.
    mutating func compareStandings(_ rows: [Int: TraceOracle.Standing], with oracle: TraceOracle) {
        for (player, expected) in oracle.standings.enumerated() {
            switch (rows[player], expected.unlocks) {
            case (nil, 0): continue
            case (nil, _): note("player \(player) has no score row")
            case (let row?, 0): note("player \(player) has a row (\(row)) and no accepted scan")
            case (let row?, _): if row != expected { note("the row of player \(player) is \(row), not \(expected)") }
            }
        }
        for player in rows.keys where !oracle.standings.indices.contains(player) { note("player \(player) is unknown") }
    }

    /// - Parameter sums: of all players that have a fact, by player.
    mutating func compareFacts(_ sums: [Int: TraceOracle.FactSums], with oracle: TraceOracle) {
        for (player, expected) in oracle.factSums.enumerated() {
            let found = sums[player] ?? .init()
            if found != expected { note("the facts of player \(player) come to \(found), not \(expected)") }
        }
    }

    mutating func compareCounts(_ seen: RecordCounts, with oracle: TraceOracle) {
        let expected = RecordCounts(oracle)
        if seen != expected { note("the counts are \(seen), not \(expected)") }
    }

    /// - Parameter mayLag: whether updates were given up, so that a key may show an older state until it expires.
    mutating func compareKey(_ key: HotScore, of player: Int, with oracle: TraceOracle, mayLag: Bool) {
        let expected = oracle.standings[player]
        let isEqual =
            key.score == expected.score && key.unlocks == expected.unlocks && key.reachedAt == expected.reachedAt
        let isOlder = key.unlocks < expected.unlocks && key.score < expected.score
        if isEqual || (mayLag && isOlder) { return }
        note("Redis has of player \(player) \(key), not \(expected)")
    }
}

/// How records ended, by the leases' counters and the refusals' table.
struct RecordCounts: Equatable {
    var firsts = 0
    var earlier = 0
    var repeats = 0
    var refusals = 0
    /// Rows of `first_scan`.
    var facts = 0
    /// `cairn.refusals`, by reason.
    var refusalsByReason: [String: Int] = [:]

    init() {}

    init(_ oracle: TraceOracle) {
        firsts = oracle.firsts
        repeats = oracle.repeats
        refusals = oracle.unknownTags + oracle.malformed
        facts = oracle.firsts
        if oracle.unknownTags > 0 { refusalsByReason["unknown_tag"] = oracle.unknownTags }
        if oracle.malformed > 0 { refusalsByReason["malformed"] = oracle.malformed }
    }
}
