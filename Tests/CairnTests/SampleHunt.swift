import HuntCore

@testable import cairn

/// A small hunt for simulations: a window, requirements, a trail, a checkpoint worth nothing, one without a place.
enum SampleHunt {
    static let opensAt: Int64 = 1_781_254_800_000
    static let closesAt = opensAt + 3_600_000

    static let definition = HuntDefinition(
        slug: "sample", opensAt: opensAt, closesAt: closesAt, lateGrace: 60_000,
        checkpoints: (0..<20).map(checkpoint),
        trails: [HuntDefinition.Trail(id: "t", checkpoints: ["c1", "c2", "c6"], bonus: 100)])

    private static func checkpoint(_ number: Int) -> HuntDefinition.Checkpoint {
        var checkpoint = HuntDefinition.Checkpoint(
            id: "c\(number)", tag: String(0x1000_0000 + number, radix: 16, uppercase: true), points: Int64(number) * 5)
        if number != 7 {
            checkpoint.latitude = "38.7\(number)"
            checkpoint.longitude = "-9.1\(number % 4)"
        }
        if number % 5 == 4 { checkpoint.requires = ["c\(number - 1)"] }
        if number == 3 { checkpoint.opensAt = opensAt + 1_800_000 }
        return checkpoint
    }

    static func plan(players: Int = 50, rate: Int = 1_000, seconds: Int = 20, seed: UInt64 = 1) -> SimulationPlan {
        SimulationPlan(players: players, rate: rate, seconds: seconds, seed: seed, startMs: opensAt, speed: 100)
    }

    static func scans(_ plan: SimulationPlan) -> [SimulatedScan] {
        var simulator = HuntSimulator(definition, plan)
        return arrivals(plan).map { simulator.record(of: $0) }
    }

    static func arrivals(_ plan: SimulationPlan) -> [Arrival] {
        var schedule = ArrivalSchedule(plan)
        var arrivals: [Arrival] = []
        while let arrival = schedule.next() { arrivals.append(arrival) }
        return arrivals
    }
}
