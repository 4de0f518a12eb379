import FlowCore
import Foundation

/// When the records of a plan are due, one after the other. No clock: the same plan gives the same times.
struct ArrivalSchedule {
    private let profile: ArrivalProfile
    private let rate: Int64
    private let endNs: Int64
    private var random: SplitMix64
    /// Records of the walk so far.
    private var walked: Int64 = 0
    /// The sum of the exponential gaps so far, in seconds.
    private var poissonSeconds = 0.0
    /// Who comes to the clue, in order of arrival.
    private var comers: [Int32] = []
    private var came = 0
    private var nextOfWalk: Int64 = 0
    private var nextComer: Int64?

    /// Keeps the draws apart from those of the walk, which start from the plan's own seed.
    private static let seedOffset: UInt64 = 0xA221_7A15_5EED_0001

    init(_ plan: SimulationPlan) {
        profile = plan.profile
        rate = Int64(plan.rate)
        endNs = Int64(plan.seconds) * 1_000_000_000
        random = SplitMix64(seed: plan.seed &+ Self.seedOffset)
        if profile == .drop {
            comers = (0..<Int32(plan.players)).shuffled(using: &random)
            nextComer = comerDueNs()
        }
        nextOfWalk = walkDueNs()
    }

    /// The next record; nil after the plan's last second.
    mutating func next() -> Arrival? {
        if let dueNs = nextComer, dueNs < nextOfWalk {
            let player = Int(comers[came])
            came += 1
            nextComer = came < comers.count ? comerDueNs() : nil
            return Arrival(dueNs: dueNs, comesToClue: player)
        }
        let dueNs = nextOfWalk
        if dueNs >= endNs { return nil }
        walked += 1
        nextOfWalk = walkDueNs()
        return Arrival(dueNs: dueNs)
    }

    private mutating func walkDueNs() -> Int64 {
        switch profile {
        case .steady, .drop:
            let (seconds, rest) = walked.quotientAndRemainder(dividingBy: rate)
            return seconds * 1_000_000_000 + rest * 1_000_000_000 / rate
        case .burst:
            return BurstShape.dueNs(walked, rate: rate)
        case .poisson:
            poissonSeconds -= log(1 - random.fraction()) / Double(rate)
            return Int64(poissonSeconds * 1e9)
        }
    }

    /// One arrival in each of equal shares of the crowd, somewhere in it: never out of order, never in step.
    private mutating func comerDueNs() -> Int64 {
        ClueDrop.dueNs(share: (Double(came) + random.fraction()) / Double(comers.count))
    }
}
