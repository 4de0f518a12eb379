import FlowCore
import Testing

@testable import Simulation

@Suite("whatever dies, pauses or answers late, every scan counts exactly once")
struct SimulationTests {
    /// Each seed is another fate of another world.
    private static let seeds: Range<UInt64> = 1..<201

    @Test("two hundred worlds full of faults come to rest exactly right, twice alike, and every fault was met")
    func everySeedComesToRest() {
        var coverage: Coverage = [:]
        for seed in Self.seeds {
            let first = Simulation(seed: seed)
            #expect(first.run() == [], "seed \(seed)")
            let second = Simulation(seed: seed)
            second.run()
            #expect(first.digest == second.digest, "seed \(seed) does not end as it did before")
            coverage.merge(first.coverage, uniquingKeysWith: +)
        }
        for mark in CoverageMark.allCases { #expect(coverage[mark, default: 0] > 0, "\(mark) was never met") }
    }

    @Test("another seed is another world")
    func otherSeed() {
        let digests = (1...20 as ClosedRange<UInt64>).map { seed in
            let simulation = Simulation(seed: seed, steps: 50)
            simulation.run()
            return simulation.digest
        }
        #expect(Set(digests).count == digests.count)
    }
}
