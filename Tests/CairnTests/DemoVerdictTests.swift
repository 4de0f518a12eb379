import HuntCore
import Testing

@testable import cairn

@Suite("The verdict")
struct DemoVerdictTests {
    /// A hunt as it should have gone, and an observation of exactly that.
    private struct Outcome {
        var expected: HuntExpectation
        var seen = Observation()

        init() {
            let plan = SampleHunt.plan(players: 20)
            expected = HuntExpectation(SampleHunt.definition, players: plan.players)
            for (number, scan) in SampleHunt.scans(plan).enumerated() {
                expected.add(scan, partition: Int32(scan.player % 4), offset: Int64(number))
            }
            for player in 0..<plan.players { observe(player) }
            for (reason, count) in expected.refusals { seen.refusals[reason.name] = Int64(count) }
            let refusals = Int64(expected.refusals.values.reduce(0, +))
            seen.counters.firstScans = Int64(expected.facts)
            seen.counters.refusals = refusals
            seen.counters.repeats = Int64(expected.records - expected.facts) - refusals
        }

        private mutating func observe(_ player: Int) {
            guard let tally = expected.standing(ofPlayer: player)?.tally else { return }
            let name = SimulatedRecord.name(ofPlayer: player)
            seen.facts[name] = expected.firsts[player].map { first in
                Observation.Fact(
                    checkpoint: "c\(first.checkpoint)", scannedAt: first.scannedAt, event: "e\(first.event)",
                    partition: first.partition, offset: first.offset)
            }
            let row = Observation.Score(
                score: tally.score, unlocks: Int64(tally.unlocks),
                reachedAt: tally.reachedAt < 0 ? nil : tally.reachedAt, version: 3, committedAt: 17)
            seen.scores[name] = row
            seen.feed[name] = row
            seen.hot[name] = "1 3 \(row.score) \(row.unlocks) \(row.reachedAt.map { "\($0)" } ?? "-") 17"
        }

        var verdict: DemoVerdict {
            DemoVerdict(seen, against: expected, player: SimulatedRecord.name(ofPlayer:), event: { "e\($0)" })
        }
    }

    private static let name = "player-5"

    @Test("is exact for what was produced, expired keys included")
    func isExact() {
        var outcome = Outcome()
        #expect(outcome.verdict.isExact)
        outcome.seen.hot.removeValue(forKey: Self.name)
        #expect(outcome.verdict.isExact)
        #expect(outcome.verdict.details.isEmpty)
    }

    @Test("calls a missing fact lost and one that was never scanned doubled")
    func factsCount() throws {
        var outcome = Outcome()
        let last = outcome.seen.facts[Self.name]?.popLast()
        let gone = try #require(last)
        #expect(outcome.verdict.lost == 1)
        #expect(outcome.verdict.doubled == 0)
        outcome.seen.facts[Self.name]?.append(contentsOf: [gone, gone])
        #expect(outcome.verdict.lost == 0)
        #expect(outcome.verdict.doubled == 1)
    }

    @Test("calls another event of the same checkpoint wrong")
    func eventMatters() {
        var outcome = Outcome()
        outcome.seen.facts[Self.name]?[0].offset += 1
        let verdict = outcome.verdict
        #expect(verdict.wrong == 1)
        #expect(verdict.lost == 0 && verdict.doubled == 0)
    }

    @Test("calls a higher score doubled, a lower one wrong, and a copy that differs from its row wrong")
    func scoresAndCopies() {
        var outcome = Outcome()
        outcome.seen.scores[Self.name]?.score += 5
        #expect(outcome.verdict.doubled == 1)
        #expect(outcome.verdict.wrong == 2)
        outcome = Outcome()
        outcome.seen.scores[Self.name]?.reachedAt? -= 1
        #expect(outcome.verdict.doubled == 0)
        #expect(outcome.verdict.wrong == 3)
        outcome = Outcome()
        outcome.seen.feed.removeValue(forKey: Self.name)
        outcome.seen.hot["player-6"] = "1 2 0 0 - 17"
        #expect(outcome.verdict.wrong == 2)
    }

    @Test("counts scans and refusals that are missing as lost and too many as doubled")
    func countsMatter() {
        var outcome = Outcome()
        outcome.seen.counters.repeats -= 4
        #expect(outcome.verdict.lost == 4)
        outcome.seen.counters.repeats += 7
        #expect(outcome.verdict.lost == 0)
        #expect(outcome.verdict.doubled == 3)
        outcome = Outcome()
        outcome.seen.refusals["malformed", default: 0] += 2
        #expect(outcome.verdict.doubled == 2)
    }

    @Test("notices players who never played, and those without a row")
    func playersMatter() {
        var outcome = Outcome()
        outcome.seen.scores["ghost"] = outcome.seen.scores[Self.name]
        #expect(outcome.verdict.doubled == 1)
        outcome = Outcome()
        outcome.seen.scores.removeValue(forKey: Self.name)
        #expect(outcome.verdict.wrong == 1)
    }
}
