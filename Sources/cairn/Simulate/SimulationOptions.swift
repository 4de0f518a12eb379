import ArgumentParser
import HuntCore

/// What simulate and demo have in common. The defaults are simulate's.
struct SimulationOptions: ParsableArguments {
    @Option(help: "How many people play.")
    var players = 1_000
    @Option(help: "Scans a second.")
    var rate = 1_000
    @Option(help: "How long they play.")
    var seconds = 30
    @Option(help: "The same seed plays the same hunt.")
    var seed: UInt64 = 1

    func validate() throws { try Self.check(players: players, rate: rate, seconds: seconds) }

    /// Bounds that keep the bookkeeping in memory and the numbers in range.
    static func check(players: Int, rate: Int, seconds: Int) throws {
        if !(1...1_000_000).contains(players) { throw ValidationError("--players is 1 to 1000000") }
        if !(1...1_000_000).contains(rate) { throw ValidationError("--rate is 1 to 1000000") }
        if !(1...86_400).contains(seconds) { throw ValidationError("--seconds is 1 to 86400") }
    }

    /// - Throws: `CommandFailure` when the hunt is not open then, or not long enough for that many seconds.
    func plan(_ definition: HuntDefinition, startMs: Int64, speed: Int) throws -> SimulationPlan {
        try Self.plan(
            definition, players: players, rate: rate, seconds: seconds, seed: seed, startMs: startMs, speed: speed)
    }

    static func plan(
        _ definition: HuntDefinition, players: Int, rate: Int, seconds: Int, seed: UInt64, startMs: Int64, speed: Int
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
        return SimulationPlan(
            players: players, rate: rate, seconds: seconds, seed: seed, startMs: startMs, speed: min(speed, fitting))
    }
}
