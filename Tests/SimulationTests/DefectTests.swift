import FlowCore
import HuntCore
import Testing

@testable import Simulation

@Suite("a defect does not pass the auditor")
struct DefectTests {
    private static let seedsMost: UInt64 = 400

    /// - Returns: the first history that fails in a world with these parts.
    private func failing(_ parts: WorldParts) -> History? {
        (1...Self.seedsMost).lazy.map { History(seed: $0, steps: 300) }
            .first { !Simulation($0, parts: parts).run().isEmpty }
    }

    @Test(
        "a store without one of its guards is found out",
        arguments: [
            StoreGuards([.epoch, .position]), .factsSeq, .generation, .earliestFact, .newestKey,
        ])
    func guards(missing: StoreGuards) {
        var parts = WorldParts()
        parts.guards.subtract(missing)
        #expect(failing(parts) != nil)
    }

    @Test("a flush that commits its offsets and loses its rows is found out")
    func halfFlush() {
        var parts = WorldParts()
        parts.flush = { ledger, call in
            var half = call
            half.facts = []
            half.scores = []
            do throws(FlushTrouble) { return .success(try ledger.flush(half)) } catch { return .failure(error) }
        }
        #expect(failing(parts) != nil)
    }

    @Test("a failing history shrinks to a short one that fails by the same defect and by nothing else")
    func shrinking() throws {
        var parts = WorldParts()
        parts.guards.subtract([.epoch, .position])
        let history = try #require(failing(parts))
        var shrinker = Shrinker(parts: parts)
        let shortest = shrinker.shortest(history)
        #expect(shortest.count <= 40)
        #expect(shortest.count < history.count / 4)
        #expect(!Simulation(shortest, parts: parts).run().isEmpty)
        #expect(Simulation(shortest).run() == [])
    }
}
