import HuntCore
import Testing

@testable import cairn

@Suite("The expectation")
struct HuntExpectationTests {
    private static func visit(_ checkpoint: Int, at scannedAt: Int64, event: Int = 1) -> SimulatedScan {
        SimulatedScan(
            player: 0, content: .visit(checkpoint), event: event, scannedAt: SampleHunt.opensAt + scannedAt,
            receivedAt: SampleHunt.opensAt + 100_000)
    }

    @Test("keeps the earliest scan of a checkpoint, and of two at one time the one with the smaller place in the log")
    func keepsTheFirst() {
        var expectation = HuntExpectation(SampleHunt.definition, players: 1)
        expectation.add(Self.visit(1, at: 50, event: 1), partition: 2, offset: 9)
        expectation.add(Self.visit(1, at: 60, event: 2), partition: 0, offset: 0)
        expectation.add(Self.visit(1, at: 40, event: 3), partition: 3, offset: 5)
        expectation.add(Self.visit(1, at: 40, event: 4), partition: 1, offset: 8)
        expectation.add(Self.visit(1, at: 40, event: 5), partition: 1, offset: 9)
        #expect(expectation.firsts[0].map(\.event) == [4])
        #expect(expectation.facts == 1)
        #expect(expectation.records == 5)
        #expect(expectation.nextOffsets == [0: 1, 1: 10, 2: 10, 3: 6])
    }

    @Test("counts what is refused by reason and scores nothing of it")
    func countsRefusals() {
        var expectation = HuntExpectation(SampleHunt.definition, players: 1)
        expectation.add(Self.visit(1, at: 400_001), partition: 0, offset: 0)
        expectation.add(Self.visit(3, at: 0), partition: 0, offset: 1)
        expectation.add(Self.visit(1, at: -1), partition: 0, offset: 2)
        var late = Self.visit(1, at: 0)
        late.receivedAt = SampleHunt.closesAt + 60_001
        expectation.add(late, partition: 0, offset: 3)
        #expect(expectation.refusals == [.fromTheFuture: 1, .outsideWindow: 2, .tooLate: 1])
        #expect(expectation.standing(ofPlayer: 0) == nil)
    }

    @Test("is worth what the model makes of the first scans")
    func countsScores() {
        var expectation = HuntExpectation(SampleHunt.definition, players: 1)
        for (offset, checkpoint) in [4, 1, 2, 6].enumerated() {
            expectation.add(Self.visit(checkpoint, at: Int64(offset) * 10), partition: 0, offset: Int64(offset))
        }
        // c4 waits for c3; c1, c2 and c6 are the trail.
        let tally = expectation.standing(ofPlayer: 0)?.tally
        #expect(tally == Tally(score: 5 + 10 + 30 + 100, unlocks: 3, reachedAt: SampleHunt.opensAt + 30))
    }
}
