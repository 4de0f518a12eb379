import HuntCore
import Testing

@testable import cairn

@Suite("The simulator")
struct HuntSimulatorTests {
    @Test("yields the same scans for the same seed and others for another")
    func isReproducible() {
        let scans = SampleHunt.scans(SampleHunt.plan(seed: 7))
        #expect(scans == SampleHunt.scans(SampleHunt.plan(seed: 7)))
        #expect(scans != SampleHunt.scans(SampleHunt.plan(seed: 8)))
    }

    @Test("stamps records with a clock that never goes back and stays within the plan")
    func clockRuns() {
        let plan = SampleHunt.plan()
        let scans = SampleHunt.scans(plan)
        #expect(scans.first?.receivedAt == plan.startMs)
        #expect(zip(scans, scans.dropFirst()).allSatisfy { $0.receivedAt <= $1.receivedAt })
        #expect(scans.allSatisfy { $0.receivedAt < plan.startMs + Int64(plan.seconds * plan.speed * 1_000) })
    }

    @Test("repeats dominate, about 92 % on the whole")
    func repeatsDominate() {
        let plan = SampleHunt.plan(players: 2_000, rate: 10_000, seconds: 4)
        var seen = Set<[Int]>()
        var repeats = 0
        for scan in SampleHunt.scans(plan) {
            guard case .visit(let checkpoint) = scan.content else { continue }
            if !seen.insert([scan.player, checkpoint]).inserted { repeats += 1 }
        }
        let share = Double(repeats) / Double(plan.records)
        #expect(share > 0.85 && share < 0.97)
    }

    @Test("causes late uploads, the same event twice, and every strange kind")
    func isVaried() {
        let plan = SampleHunt.plan(rate: 5_000)
        let scans = SampleHunt.scans(plan)
        #expect(scans.contains { $0.receivedAt - $0.scannedAt > 10_000 })
        #expect(Set(scans.map(\.event)).count < scans.count)
        let reasons = Set(
            scans.compactMap { scan -> RefusalReason? in
                if case .refused(let reason) = HuntExpectation.outcome(of: scan, in: SampleHunt.definition) {
                    return reason
                }
                return nil
            })
        #expect(reasons == [.malformed, .unknownTag, .fromTheFuture, .outsideWindow])
    }

    @Test("lets a lone player play, with one checkpoint only")
    func isTiny() {
        var definition = SampleHunt.definition
        definition.checkpoints = [definition.checkpoints[0]]
        definition.trails = []
        var simulator = HuntSimulator(definition, SampleHunt.plan(players: 1))
        for number: Int64 in 0..<5_000 { #expect(simulator.record(of: Arrival(dueNs: number)).player == 0) }
    }

    @Test("walks from each checkpoint to others nearby, the nearest first")
    func mapIsByDistance() {
        let map = WalkingMap(SampleHunt.definition)
        let near = map.neighbours(of: 0)
        #expect(near.count == 19)
        #expect(!near.contains(0))
        // 38.70 and 38.710 are one place by latitude, but c10 lies 0.02 degrees farther west than c0.
        #expect(near.firstIndex(of: 4) ?? 99 > near.firstIndex(of: 1) ?? 99)
    }

    @Test("a plan is slowed down until it fits the hunt, and refused outside of it")
    func planFits() throws {
        let hunt = SampleHunt.definition
        func plan(_ seconds: Int, from startMs: Int64) throws -> SimulationPlan {
            try SimulationOptions.plan(
                hunt, players: 1, rate: 1, seconds: seconds, seed: 1, startMs: startMs, speed: 600)
        }
        #expect(try plan(3, from: hunt.opensAt).speed == 600)
        #expect(try plan(30, from: hunt.opensAt).speed == 120)
        #expect(throws: CommandFailure.self) { try plan(3_601, from: hunt.opensAt) }
        #expect(throws: CommandFailure.self) { try plan(3, from: hunt.closesAt) }
        #expect(throws: CommandFailure.self) { try plan(3, from: hunt.opensAt - 1) }
    }
}
