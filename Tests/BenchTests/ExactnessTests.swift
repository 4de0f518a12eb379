import Testing

@testable import cairn_bench

@Suite("What a run left behind")
struct ExactnessTests {
    private let oracle: TraceOracle
    private var rows: [Int: TraceOracle.Standing] = [:]

    init() {
        var trace = ScanTrace(.repeats, players: 40, exponent: 0, seed: 9)
        for _ in 0..<200 { _ = trace.next() }
        oracle = trace.oracle
        for (player, standing) in oracle.standings.enumerated() where standing.unlocks > 0 { rows[player] = standing }
    }

    private func differences(_ rows: [Int: TraceOracle.Standing]) -> Int {
        var exactness = Exactness()
        exactness.compareStandings(rows, with: oracle)
        return exactness.differences
    }

    @Test("is exact when every row is the oracle's, and not when one differs, is missing or is too many")
    func standings() throws {
        #expect(rows.count > 5 && rows.count < 40)
        #expect(differences(rows) == 0)
        let player = try #require(rows.keys.min())
        for change in [
            { $0.score += 1 }, { $0.unlocks -= 1 }, { $0.reachedAt += 1 },
        ] as [(inout TraceOracle.Standing) -> Void] {
            var changed = rows
            change(&changed[player]!)
            #expect(differences(changed) == 1)
        }
        var fewer = rows
        fewer[player] = nil
        #expect(differences(fewer) == 1)
        let idle = try #require((0..<40).first { rows[$0] == nil })
        #expect(differences(rows.merging([idle: .init()]) { $1 }) == 1)
        #expect(differences(rows.merging([99: .init()]) { $1 }) == 1)
    }

    @Test("is exact only when every player's facts come to the oracle's times and records")
    func facts() throws {
        var sums: [Int: TraceOracle.FactSums] = [:]
        for (player, sum) in oracle.factSums.enumerated() where sum.scannedAt > 0 { sums[player] = sum }
        #expect(sums.keys.sorted() == rows.keys.sorted())
        let player = try #require(sums.keys.min())
        for change in [{ _ in }, { $0.scannedAt += 1 }, { $0.numbers -= 1 }] as [(inout TraceOracle.FactSums) -> Void] {
            var changed = sums
            change(&changed[player]!)
            var exactness = Exactness()
            exactness.compareFacts(changed, with: oracle)
            #expect(exactness.differences == (changed == sums ? 0 : 1))
        }
    }

    @Test("is exact only with the oracle's counts")
    func counts() {
        let expected = RecordCounts(oracle)
        for change in [
            { $0.facts += 1 }, { $0.repeats -= 1 }, { $0.earlier += 1 }, { $0.refusalsByReason["too_late"] = 1 },
        ] as [(inout RecordCounts) -> Void] {
            var seen = expected
            change(&seen)
            var exactness = Exactness()
            exactness.compareCounts(seen, with: oracle)
            #expect(exactness.differences == 1)
        }
        var exactness = Exactness()
        exactness.compareCounts(expected, with: oracle)
        #expect(exactness.isExact)
    }

    @Test("allows a key to be older only where updates were given up")
    func keys() throws {
        let player = try #require(rows.first { $0.value.unlocks > 0 }?.key)
        let row = oracle.standings[player]
        func isExact(score: Int64, unlocks: Int64, mayLag: Bool) throws -> Bool {
            let key = try #require(HotScore("1 3 \(score) \(unlocks) \(row.reachedAt) 5"))
            var exactness = Exactness()
            exactness.compareKey(key, of: player, with: oracle, mayLag: mayLag)
            return exactness.isExact
        }
        #expect(try isExact(score: row.score, unlocks: row.unlocks, mayLag: false))
        #expect(try !isExact(score: row.score - 5, unlocks: row.unlocks - 1, mayLag: false))
        #expect(try isExact(score: row.score - 5, unlocks: row.unlocks - 1, mayLag: true))
        #expect(try !isExact(score: row.score + 5, unlocks: row.unlocks + 1, mayLag: true))
    }

    @Test("a key's value is read as the contract writes it, and nothing else is")
    func hotScore() {
        #expect(HotScore("1 7 150 3 - 99")?.reachedAt == nil)
        #expect(HotScore("1 7 150 3 42 99")?.reachedAt == 42)
        #expect(HotScore("2 7 150 3 42 99") == nil)
        #expect(HotScore("1 7 150 3 42") == nil)
    }
}
