import HuntCore
import Testing

@testable import cairn

@Suite("The arrival schedule")
struct ArrivalScheduleTests {
    private static let slotNs: Int64 = 100_000_000
    private static let secondNs: Int64 = 1_000_000_000

    private static func plan(
        _ profile: ArrivalProfile, rate: Int, seconds: Int, players: Int = 50, seed: UInt64 = 1
    ) -> SimulationPlan {
        var plan = SampleHunt.plan(players: players, rate: rate, seconds: seconds, seed: seed)
        plan.profile = profile
        plan.clue = 0
        return plan
    }

    /// Records in each slot of 100 ms, silent ones included.
    private static func counts(_ plan: SimulationPlan) -> [Double] {
        var counts = [Double](repeating: 0, count: plan.seconds * 10)
        for arrival in SampleHunt.arrivals(plan) { counts[Int(arrival.dueNs / slotNs)] += 1 }
        return counts
    }

    private static func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        return (mean, variance.squareRoot())
    }

    @Test(
        "never goes back, stays within the plan, and is the same for the same seed", arguments: ArrivalProfile.allCases)
    func isOrdered(_ profile: ArrivalProfile) {
        for rate in [1, 7, 333, 20_000] {
            let plan = Self.plan(profile, rate: rate, seconds: 30)
            let arrivals = SampleHunt.arrivals(plan)
            #expect(arrivals.count > rate * 20)
            #expect(zip(arrivals, arrivals.dropFirst()).allSatisfy { $0.dueNs <= $1.dueNs })
            #expect(arrivals.allSatisfy { (0..<30 * Self.secondNs).contains($0.dueNs) })
            #expect(arrivals == SampleHunt.arrivals(plan))
        }
    }

    @Test("steady has exactly rate times seconds records, at even distances")
    func steadyIsEven() {
        for rate in [1, 7, 1_000, 333_333] {
            let arrivals = SampleHunt.arrivals(Self.plan(.steady, rate: rate, seconds: 3))
            #expect(arrivals.count == rate * 3)
            let gaps = zip(arrivals, arrivals.dropFirst()).map { $1.dueNs - $0.dueNs }
            let gap = Self.secondNs / Int64(rate)
            #expect(gaps.allSatisfy { $0 == gap || $0 == gap + 1 })
            #expect(arrivals.last?.dueNs == Int64(rate * 3 - 1) * Self.secondNs / Int64(rate))
        }
    }

    @Test("poisson has exponential gaps: their mean and deviation are one over the rate, counts vary as their mean")
    func poissonIsExponential() {
        let plan = Self.plan(.poisson, rate: 2_000, seconds: 100)
        let arrivals = SampleHunt.arrivals(plan)
        let gaps = Self.moments(zip(arrivals, arrivals.dropFirst()).map { Double($1.dueNs - $0.dueNs) })
        // 200,000 gaps: a mean within 1 % is five standard errors.
        #expect(abs(gaps.mean - 500_000) < 5_000)
        #expect(abs(gaps.deviation - 500_000) < 8_000)
        let counts = Self.moments(Self.counts(plan))
        #expect(abs(counts.mean - 200) < 3)
        #expect(abs(counts.deviation - 200.0.squareRoot()) < 1.5)
        #expect(arrivals != SampleHunt.arrivals(Self.plan(.poisson, rate: 2_000, seconds: 100, seed: 2)))
    }

    @Test("burst deviates by five times its mean", arguments: [3, 250, 1_000, 9_999])
    func burstIsBursty(rate: Int) {
        // 52 s are 20 whole cycles of 2.6 s.
        let plan = Self.plan(.burst, rate: rate, seconds: 52)
        let counts = Self.counts(plan)
        let moments = Self.moments(counts)
        #expect(counts.reduce(0, +) == Double(52 * rate))
        #expect(abs(moments.mean - Double(rate) / 10) < 1e-9)
        // One in 26 slots carries 26 times the mean, to the record: the deviation is exact where 2.6 rate is whole, and
        // off by less than one record in a burst elsewhere.
        #expect(abs(moments.deviation / moments.mean - 5) < (rate % 5 == 0 ? 1e-9 : 0.05))
        let loaded = counts.indices.filter { counts[$0] > 0 }
        #expect(loaded == (0..<20).map { $0 * 26 + 12 })
    }

    @Test("a burst's records are spread over its 100 ms")
    func burstIsSpread() {
        let arrivals = SampleHunt.arrivals(Self.plan(.burst, rate: 100, seconds: 3))
        #expect(arrivals.count == 260)
        #expect(arrivals.first?.dueNs == 12 * Self.slotNs)
        let gaps = zip(arrivals, arrivals.dropFirst()).map { $1.dueNs - $0.dueNs }
        #expect(gaps.allSatisfy { abs($0 - Self.slotNs / 260) <= 1 })
    }

    @Test("drop brings every player once, all within 20 s, half of them within the first 5, beside the steady walk")
    func dropIsSharp() {
        let plan = Self.plan(.drop, rate: 100, seconds: 30, players: 35_000)
        let arrivals = SampleHunt.arrivals(plan)
        let comers = arrivals.filter { $0.comesToClue != nil }
        #expect(arrivals.count == 35_000 + 100 * 30)
        #expect(Set(comers.compactMap(\.comesToClue)) == Set(0..<35_000))
        #expect(comers.allSatisfy { (5 * Self.secondNs..<25 * Self.secondNs).contains($0.dueNs) })
        let early = comers.filter { $0.dueNs < 10 * Self.secondNs }
        #expect(abs(early.count - 17_500) <= 1)
        // The first second: the square root of 1 in 20 of them.
        let first = comers.filter { $0.dueNs < 6 * Self.secondNs }
        #expect(abs(first.count - 7_826) <= 1)
        let walk = arrivals.filter { $0.comesToClue == nil }
        #expect(walk == SampleHunt.arrivals(Self.plan(.steady, rate: 100, seconds: 30)))
    }

    @Test("drop sends players to one tag that is open and asks for nothing, and every scan of it counts")
    func dropLeadsToOneTag() throws {
        let hunt = SampleHunt.definition
        let plan = try SimulationOptions.plan(
            hunt, players: 300, rate: 10, seconds: 25, seed: 3, startMs: hunt.opensAt, speed: 10, profile: .drop)
        let clue = try #require(plan.clue)
        #expect(hunt.checkpoints[clue].requires.isEmpty)
        var simulator = HuntSimulator(hunt, plan)
        var expectation = HuntExpectation(hunt, players: plan.players)
        for (offset, arrival) in SampleHunt.arrivals(plan).enumerated() {
            let scan = simulator.record(of: arrival)
            guard let comer = arrival.comesToClue else { continue }
            #expect(scan.player == comer)
            #expect(scan.content == .visit(clue))
            expectation.add(scan, partition: 0, offset: Int64(offset))
        }
        #expect(expectation.facts == 300)
        #expect(expectation.refusals.isEmpty)
    }

    @Test("a hunt in which no tag is open throughout has no clue, and says so")
    func dropNeedsATag() {
        var hunt = SampleHunt.definition
        for position in hunt.checkpoints.indices { hunt.checkpoints[position].closesAt = hunt.opensAt + 100_000 }
        #expect {
            try SimulationOptions.plan(
                hunt, players: 3, rate: 1, seconds: 25, seed: 1, startMs: hunt.opensAt, speed: 10, profile: .drop)
        } throws: { ($0 as? CommandFailure)?.message.contains("no checkpoint without requirements") == true }
    }
}
