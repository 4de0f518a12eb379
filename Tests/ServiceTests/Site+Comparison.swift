import HuntCore
import PostgresClient
import Reactor
import RedisClient

/// Something that is not as it must be.
struct Difference {
    enum Kind {
        /// An accepted scan that has no effect.
        case lost
        /// A scan that was counted more than once.
        case doubled
        case wrong
    }

    var kind: Kind
    var count: Int64 = 1
    var text: String
}

/// A row of `cairn.score`.
struct ScoreRow: Equatable {
    var tally: Expectation.Score
    var version: Int64
    var factsSeq: Int64
    var updatedAt: Int64
}

extension Site {
    /// Waits until every record is committed and published, then compares Postgres, Redis and feed with what was
    /// produced, and fails the test with the differences.
    func expectExact(_ load: ScanLoad) async throws {
        try await expectExact(load.records, hunts: hunts)
    }

    /// The same for other definitions than those that the site began with.
    ///
    /// - Parameter undecidedPrefix: players whose scans may have been accepted or refused.
    func expectExact(
        _ records: [ProducedRecord], hunts: [HuntDefinition], undecidedPrefix: String? = nil
    ) async throws {
        phase("waiting for quiet")
        let expected = Expectation(records, hunts: hunts, undecidedPrefix: undecidedPrefix)
        guard await eventually(within: 60, { try await self.isQuiet(expected) }) else {
            throw ServiceFailure("not everything was processed within 60 s: \(try await leaseLines())")
        }
        let sizes = "\(expected.facts.count) facts, \(expected.scores.count) scores"
        phase("comparing \(expected.recordCount) records, \(sizes)")
        guard expected.sharedPlaces == 0 else { throw ServiceFailure("the broker gave one offset to two records") }
        let found = try await differences(expected, hunts: hunts)
        report(found.map(\.text))
        phase("compared: \(found.count) differences")
    }

    /// Compares Postgres, Redis and feed with what must have come of the produced records.
    func differences(_ expected: Expectation, hunts: [HuntDefinition]) async throws -> [Difference] {
        let rows = try await scoreRows()
        var wrong = try await compareScores(expected, rows)
        wrong += try await compareRefusals(expected)
        wrong += try await compareStandings(rows, hunts)
        wrong += try await compareRedis(rows)
        wrong += try await compareFeed(rows)
        wrong += try await verifyByCommand(hunts)
        return try await compareLeases(expected) + compareFacts(expected)
            + wrong.map { Difference(kind: .wrong, text: $0) }
    }

    /// Whether every lease stands at its log's end, committed and published.
    func isQuiet(_ expected: Expectation) async throws -> Bool {
        let rows = try await query(
            "select partition, next_offset, published_offset from cairn.partition_lease where topic = "
                + "'\(settings.topic)' and consumer_group = '\(settings.group)'")
        var ends: [Int32: Int64] = [:]
        for row in 0..<rows.count where rows.int64(row, 1) == rows.int64(row, 2) {
            ends[rows.int32(row, 0)] = rows.int64(row, 1)
        }
        return expected.ends.allSatisfy { ends[$0.key] == $0.value }
    }

    func leaseLines() async throws -> String {
        let rows = try await query(
            "select format('p%s epoch %s next %s published %s owner %s', partition, epoch, next_offset, "
                + "published_offset, owner) from cairn.partition_lease order by partition")
        return (0..<rows.count).map { rows.text($0, 0) }.joined(separator: "; ")
    }

    /// How many records are committed, in all partitions.
    func committedCount() async throws -> Int64 {
        try await query("select coalesce(sum(next_offset - start_offset), 0)::bigint from cairn.partition_lease")
            .int64(0, 0)
    }

    /// The number of committed records, as soon as Postgres tells it.
    func countWhenUp() async -> Int64 {
        var count: Int64 = -1
        _ = await eventually(within: 20) {
            count = try await self.committedCount()
            return true
        }
        return count
    }

    func compareLeases(_ expected: Expectation) async throws -> [Difference] {
        let rows = try await query(
            "select partition, next_offset - start_offset, first_scans + earlier_scans + repeats + refusals, "
                + "first_scans, refusals from cairn.partition_lease order by partition")
        var differences: [Difference] = []
        var firsts: Int64 = 0
        var refused: Int64 = 0
        for row in 0..<rows.count {
            let partition = rows.int32(row, 0)
            let produced = Int64(expected.counts[partition] ?? 0)
            let (passed, counted) = (rows.int64(row, 1), rows.int64(row, 2))
            if passed != produced || counted != produced {
                let most = max(passed, counted)
                differences.append(
                    Difference(
                        kind: most > produced ? .doubled : .lost, count: abs(produced - min(most, counted)),
                        text: "partition \(partition): \(produced) produced, \(passed) passed, \(counted) counted"))
            }
            firsts += rows.int64(row, 3)
            refused += rows.int64(row, 4)
        }
        let isFirstsRight = expected.undecided > 0 || firsts == Int64(expected.facts.count)
        if !isFirstsRight {
            differences.append(
                Difference(
                    kind: .wrong, text: "first scans: \(firsts) counted, \(expected.facts.count) expected"))
        }
        let refusedRange = expected.refusalCount...(expected.refusalCount + expected.undecided)
        if !refusedRange.contains(Int(refused)) {
            differences.append(
                Difference(kind: .wrong, text: "refusals: \(refused) counted, \(refusedRange) expected"))
        }
        return differences
    }

    func compareFacts(_ expected: Expectation) async throws -> [Difference] {
        let rows = try await query(
            "select h.slug, f.player, c.slug, f.scanned_at, f.event_id, f.reader, f.source_partition, f.source_offset "
                + "from cairn.first_scan f join cairn.hunt h using (hunt_id) "
                + "join cairn.checkpoint c using (hunt_id, checkpoint_id)")
        var differences: [Difference] = []
        var missing = expected.facts
        for row in 0..<rows.count where !expected.isUndecided(player: rows.text(row, 1)) {
            let key = "\(rows.text(row, 0)) \(rows.text(row, 1)) \(rows.text(row, 2))"
            let reader = rows.isNull(row, 5) ? "-" : rows.text(row, 5)
            let found =
                "\(rows.timestampMs(row, 3)) \(rows.text(row, 4)) \(reader) \(rows.int32(row, 6)) \(rows.int64(row, 7))"
            let wanted = missing.removeValue(forKey: key)
            if wanted != found {
                let text = "fact \(key): \(found), expected \(wanted ?? "none")"
                differences.append(Difference(kind: .wrong, text: text))
            }
        }
        return differences
            + missing.map { Difference(kind: .lost, text: "fact \($0.key): missing, expected \($0.value)") }
    }

    /// All score rows by "hunt player".
    func scoreRows() async throws -> [String: ScoreRow] {
        let rows = try await query(
            "select h.slug, s.player, s.score, s.unlocks, s.reached_at, s.version, s.facts_seq, s.updated_at "
                + "from cairn.score s join cairn.hunt h using (hunt_id)")
        var found: [String: ScoreRow] = [:]
        for row in 0..<rows.count {
            let reachedAt = rows.isNull(row, 4) ? nil : rows.timestampMs(row, 4)
            found["\(rows.text(row, 0)) \(rows.text(row, 1))"] = ScoreRow(
                tally: Expectation.Score(
                    score: rows.int64(row, 2), unlocks: Int(rows.int32(row, 3)), reachedAt: reachedAt),
                version: rows.int64(row, 5), factsSeq: rows.int64(row, 6), updatedAt: rows.timestampMs(row, 7))
        }
        return found
    }

    func compareScores(_ expected: Expectation, _ rows: [String: ScoreRow]) async throws -> [String] {
        var differences: [String] = []
        for (key, row) in rows {
            if expected.isUndecided(player: key.drop { $0 != " " }.dropFirst()) { continue }
            if expected.scores[key] != row.tally {
                differences.append("score \(key): \(row.tally), expected \(String(describing: expected.scores[key]))")
            }
            if row.version > row.factsSeq { differences.append("score \(key): more versions than facts: \(row)") }
        }
        return differences + expected.scores.keys.filter { rows[$0] == nil }.map { "score \($0): missing" }
    }

    private func compareRefusals(_ expected: Expectation) async throws -> [String] {
        let rows = try await query("select reason, count from cairn.refusals")
        var counted: [String: Int] = [:]
        for row in 0..<rows.count { counted[rows.text(row, 0)] = Int(rows.int64(row, 1)) }
        let places = try await compareRefusedPlaces(expected)
        return places
            + Set(counted.keys).union(expected.refusals.keys).sorted().compactMap { reason in
                let wanted = expected.refusals[reason] ?? 0
                let found = counted[reason] ?? 0
                let range = wanted...(wanted + (reason == "unknown_hunt" ? expected.undecided : 0))
                return range.contains(found) ? nil : "refused for \(reason): \(found), expected \(range)"
            }
    }

    /// The kept refusals, one by one; of more than the quota for one partition and reason, only some are kept.
    private func compareRefusedPlaces(_ expected: Expectation) async throws -> [String] {
        let rows = try await query(
            "select format('%s %s', partition, \"offset\"), reason from cairn.refused_scan")
        var differences: [String] = []
        var missing = expected.refusedPlaces
        for row in 0..<rows.count {
            let wanted = missing.removeValue(forKey: rows.text(row, 0))
            let found = rows.text(row, 1)
            if wanted != found && expected.undecided == 0 {
                differences.append("refused at \(rows.text(row, 0)): \(found), expected \(wanted ?? "nothing")")
            }
        }
        let quota = Dictionary(grouping: expected.refusedPlaces, by: quotaName).mapValues(\.count)
        return differences
            + missing.filter { quota[quotaName($0)] ?? 0 <= 1_000 }.map {
                "refused at \($0.key): not kept, expected \($0.value)"
            }
    }

    /// The view against a naive sort of the rows, which themselves were compared before.
    private func compareStandings(
        _ rows: [String: ScoreRow], _ hunts: [HuntDefinition]
    ) async throws -> [String] {
        let view = try await query("select hunt, rank, player from cairn.standings")
        var listed: [String: [Int64: Set<String>]] = [:]
        for row in 0..<view.count {
            listed[view.text(row, 0), default: [:]][view.int64(row, 1), default: []].insert(view.text(row, 2))
        }
        let ranked = rows.filter { $0.value.tally.unlocks > 0 }
        let byHunt = Dictionary(grouping: ranked) { String($0.key.prefix { $0 != " " }) }
        return byHunt.compactMap { slug, entries in
            let isShared = hunts.first { $0.slug == slug }?.ranking == .shared
            let places = entries.map { entry in
                Placing(
                    player: String(entry.key.dropFirst(slug.utf8.count + 1)), score: entry.value.tally.score,
                    reachedAt: entry.value.tally.reachedAt)
            }.sorted { $0.precedes($1) }
            var naive: [Int64: Set<String>] = [:]
            var rank = 0
            for (position, place) in places.enumerated() {
                let isTie = isShared && position > 0 && places[position - 1].score == place.score
                if !isTie { rank = position + 1 }
                naive[Int64(rank), default: []].insert(place.player)
            }
            return naive == listed[slug] ? nil : "the standings of \(slug) are not in order"
        }
    }

    /// Runs `cairn verify`.
    private func verifyByCommand(_ hunts: [HuntDefinition]) async throws -> [String] {
        var differences: [String] = []
        for hunt in hunts {
            let (status, output) = try await cairn(["verify", hunt.slug])
            if status != 0 { differences.append("cairn verify \(hunt.slug) ended with \(status): \(output)") }
        }
        return differences
    }
}

/// What a refusal shares its quota with: reason and partition.
private func quotaName(_ place: (key: String, value: String)) -> String {
    "\(place.value) \(place.key.prefix { $0 != " " })"
}
