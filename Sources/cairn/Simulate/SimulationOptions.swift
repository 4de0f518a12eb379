import ArgumentParser
import HuntCore

/// What is simulated, as the command line says it.
struct SimulationOptions: ParsableArguments {
    @Option(help: "How records arrive: \(SimulationProfile.known).")
    var profile = "steady"
    @Option(help: "How many people play. (default: 1000; with drop 35000)")
    var players: Int?
    @Option(help: "Scans a second, on average. (default: 1000)")
    var rate: Int?
    @Option(help: "How long they play; a trace is cut short. (default: 30)")
    var seconds: Int?
    @Option(help: "The same seed plays the same hunt. (default: 1)")
    var seed: UInt64?

    static let playersDefault = 1_000
    static let rateDefault = 1_000
    static let secondsDefault = 30

    func validate() throws {
        switch try SimulationProfile(profile) {
        case .arrivals(let profile):
            try Self.check(
                players: players ?? Self.playersDefault, rate: rate ?? Self.rateDefault,
                seconds: seconds ?? Self.secondsDefault)
            if let seconds, seconds < profile.secondsMin {
                throw ValidationError("--profile \(profile.rawValue) takes --seconds \(profile.secondsMin) or more")
            }
        case .trace:
            let strange = [("--players", players != nil), ("--rate", rate != nil), ("--seed", seed != nil)]
                .filter(\.1).map(\.0)
            if let first = strange.first { throw ValidationError("a trace is what it is: leave out \(first)") }
            if let seconds, seconds < 1 { throw ValidationError("--seconds is 1 or more") }
        }
    }

    /// Bounds that keep the bookkeeping in memory and the numbers in range.
    static func check(players: Int, rate: Int, seconds: Int) throws {
        if !(1...1_000_000).contains(players) { throw ValidationError("--players is 1 to 1000000") }
        if !(1...1_000_000).contains(rate) { throw ValidationError("--rate is 1 to 1000000") }
        if !(1...86_400).contains(seconds) { throw ValidationError("--seconds is 1 to 86400") }
    }

    /// - Throws: `CommandFailure` when the hunt is not open then, or not long enough for that many seconds, or has no
    ///   tag for a clue.
    func plan(
        _ definition: HuntDefinition, _ profile: ArrivalProfile, startMs: Int64, speed: Int
    ) throws -> SimulationPlan {
        try Self.plan(
            definition, players: players ?? (profile == .drop ? ClueDrop.players : Self.playersDefault),
            rate: rate ?? Self.rateDefault, seconds: seconds ?? Self.secondsDefault, seed: seed ?? 1,
            startMs: startMs, speed: speed, profile: profile)
    }

    static func plan(
        _ definition: HuntDefinition, players: Int, rate: Int, seconds: Int, seed: UInt64, startMs: Int64, speed: Int,
        profile: ArrivalProfile = .steady
    ) throws -> SimulationPlan {
        guard startMs >= definition.opensAt, startMs < definition.closesAt else {
            throw CommandFailure.failed(
                """
                \(definition.slug) is open from \(Timestamp.format(definition.opensAt)) to \
                \(Timestamp.format(definition.closesAt)), not now: simulate without --from-now
                """)
        }
        let secondsLeft = (definition.closesAt - startMs) / 1_000
        let fitting = Int(secondsLeft) / seconds
        guard fitting >= 1 else {
            throw CommandFailure.failed("\(definition.slug) closes within \(seconds) s: give fewer --seconds")
        }
        var plan = SimulationPlan(
            players: players, rate: rate, seconds: seconds, seed: seed, startMs: startMs, speed: min(speed, fitting),
            profile: profile)
        if profile == .drop { plan.clue = try clue(definition, plan) }
        return plan
    }

    /// The first checkpoint without requirements that is open from the first player's arrival to the last one's.
    private static func clue(_ definition: HuntDefinition, _ plan: SimulationPlan) throws -> Int {
        let from = plan.moment(atNs: ClueDrop.startsAtNs)
        let until = plan.moment(atNs: ClueDrop.startsAtNs + ClueDrop.lastsNs)
        let clue = definition.checkpoints.firstIndex { checkpoint in
            checkpoint.requires.isEmpty && checkpoint.opensAt ?? .min <= from && checkpoint.closesAt ?? .max > until
        }
        guard let clue else {
            throw CommandFailure.failed(
                """
                \(definition.slug) has no checkpoint without requirements that is open from \
                \(Timestamp.format(from)) to \(Timestamp.format(until)): a clue cannot lead anywhere, lower --speed
                """)
        }
        return clue
    }
}
