import HuntCore

/// Expectation and observation compared.
struct DemoVerdict: Equatable {
    /// Scans and facts that should be there and are not.
    private(set) var lost = 0
    /// Facts, points and counts beyond what was produced.
    private(set) var doubled = 0
    /// Everything else that differs: a row, a key, a record of the feed.
    private(set) var wrong = 0
    /// The first differences, one a line.
    private(set) var details: [String] = []

    var isExact: Bool { lost == 0 && doubled == 0 && wrong == 0 }

    private static let detailsMax = 12
    private enum Kind: String { case lost, doubled, wrong }

    /// - Parameters:
    ///   - player: the id of a player by number.
    ///   - event: the id of an event by number.
    init(
        _ seen: Observation, against expected: HuntExpectation, player: (Int) -> String, event: (Int) -> String
    ) {
        var strangers = Set(seen.facts.keys).union(seen.scores.keys).union(seen.feed.keys).union(seen.hot.keys)
        for number in expected.firsts.indices {
            let name = player(number)
            strangers.remove(name)
            compareFacts(of: name, seen.facts[name] ?? [], expected.firsts[number], expected.definition, event)
            compareScore(of: name, seen.scores[name], expected.standing(ofPlayer: number)?.tally)
            compareCopies(of: name, seen.scores[name], hot: seen.hot[name], feed: seen.feed[name])
        }
        for name in strangers.sorted() { note(.doubled, 1, "\(name) never played") }
        compareCounts(seen, expected)
    }

    private mutating func note(_ kind: Kind, _ count: Int, _ detail: @autoclosure () -> String) {
        switch kind {
        case .lost: lost += count
        case .doubled: doubled += count
        case .wrong: wrong += count
        }
        if details.count < Self.detailsMax { details.append("\(kind.rawValue): \(detail())") }
    }

    // MARK: Postgres

    private mutating func compareFacts(
        of player: String, _ seen: [Observation.Fact], _ expected: [HuntExpectation.First],
        _ definition: HuntDefinition,
        _ event: (Int) -> String
    ) {
        var left: [String: Observation.Fact] = [:]
        for fact in seen {
            if left.updateValue(fact, forKey: fact.checkpoint) != nil {
                note(.doubled, 1, "\(player) has two facts of \(fact.checkpoint)")
            }
        }
        for first in expected {
            let fact = Observation.Fact(
                checkpoint: definition.checkpoints[first.checkpoint].id, scannedAt: first.scannedAt,
                event: event(first.event), partition: first.partition, offset: first.offset)
            guard let found = left.removeValue(forKey: fact.checkpoint) else {
                note(.lost, 1, "\(player) has no fact of \(fact.checkpoint), scanned at \(fact.scannedAt)")
                continue
            }
            if found != fact { note(.wrong, 1, "a fact of \(player) is \(found), not \(fact)") }
        }
        for checkpoint in left.keys.sorted() { note(.doubled, 1, "\(player) never scanned \(checkpoint)") }
    }

    private mutating func compareScore(of player: String, _ row: Observation.Score?, _ tally: Tally?) {
        guard let tally else {
            if row != nil { note(.doubled, 1, "\(player) has a score row but no accepted scan") }
            return
        }
        guard let row else { return note(.wrong, 1, "\(player) has no score row") }
        if row.score > tally.score {
            note(.doubled, 1, "\(player) has the score \(row.score), not \(tally.score)")
        } else if row.score != tally.score || row.unlocks != Int64(tally.unlocks)
            || row.reachedAt ?? -1 != tally.reachedAt
        {
            note(.wrong, 1, "the row of \(player) is \(row), not \(tally)")
        }
    }

    private mutating func compareCounts(_ seen: Observation, _ expected: HuntExpectation) {
        compareCount("scans counted by the leases", seen.counters.scans, expected.records)
        compareCount("first scans counted by the leases", seen.counters.firstScans, expected.facts)
        compareCount(
            "refusals counted by the leases", seen.counters.refusals, expected.refusals.values.reduce(0, +))
        for reason in RefusalReason.allCases {
            compareCount(
                "refusals as \(reason.name)", seen.refusals[reason.name] ?? 0, expected.refusals[reason] ?? 0)
        }
    }

    private mutating func compareCount(_ what: String, _ seen: Int64, _ expected: Int) {
        let difference = Int(seen) - expected
        if difference == 0 { return }
        note(difference < 0 ? .lost : .doubled, abs(difference), "\(what): \(seen), not \(expected)")
    }

    // MARK: Copies of the row

    /// A key may be missing, because keys expire. Every change is told in the feed; version 0 is none.
    private mutating func compareCopies(
        of player: String, _ row: Observation.Score?, hot: String?, feed: Observation.Score?
    ) {
        guard let row else { return }
        if let hot, hot != row.hotValue { note(.wrong, 1, "Redis has of \(player) \(hot), not \(row.hotValue)") }
        if row.version == 0, feed == nil { return }
        if feed != row {
            note(.wrong, 1, "the feed has of \(player) \(feed.map { "\($0)" } ?? "nothing"), not \(row)")
        }
    }
}
