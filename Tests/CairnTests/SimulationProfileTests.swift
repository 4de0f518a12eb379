import Testing

@testable import cairn

@Suite("The options of simulate")
struct SimulationProfileTests {
    /// The message of a refusal; nil when the arguments are fine.
    private static func refusal(_ arguments: [String]) -> String? {
        do {
            _ = try SimulateCommand.parse(arguments)
            return nil
        } catch {
            return SimulateCommand.message(for: error)
        }
    }

    @Test("know every profile by its name")
    func profilesAreKnown() throws {
        for profile in ArrivalProfile.allCases {
            #expect(try SimulationProfile(profile.rawValue) == .arrivals(profile))
            #expect(Self.refusal(["--profile", profile.rawValue]) == nil)
        }
        #expect(try SimulationProfile("trace:a:b/c.rec") == .trace("a:b/c.rec"))
        #expect(Self.refusal(["--profile", "trace:x", "--seconds", "3", "--speed", "2", "--from-now"]) == nil)
    }

    @Test("refuse an unknown profile with a list of the known ones")
    func unknownIsRefused() throws {
        let message = try #require(Self.refusal(["--profile", "calm"]))
        for known in ["calm", "steady", "poisson", "burst", "drop", "trace:FILE"] { #expect(message.contains(known)) }
        #expect(Self.refusal(["--profile", "trace:"])?.contains("trace:FILE") == true)
    }

    @Test("refuse what a trace has of its own, and what only a trace has")
    func traceIsWhatItIs() {
        for option in [["--rate", "5"], ["--players", "5"], ["--seed", "5"], ["lisbon"], ["--hunt", "lisbon"]] {
            #expect(Self.refusal(["--profile", "trace:x"] + option) != nil, "\(option)")
        }
        #expect(Self.refusal(["--up-to-damage"]) != nil)
        #expect(Self.refusal(["--profile", "trace:x", "--seconds", "0"]) != nil)
    }

    @Test("refuse runs too short for a burst or a drop, and numbers out of range")
    func rangesAreChecked() {
        #expect(Self.refusal(["--profile", "drop", "--seconds", "24"])?.contains("25") == true)
        #expect(Self.refusal(["--profile", "drop", "--seconds", "25"]) == nil)
        #expect(Self.refusal(["--profile", "burst", "--seconds", "2"])?.contains("3") == true)
        #expect(Self.refusal(["--seconds", "1"]) == nil)
        for option in [["--rate", "0"], ["--players", "0"], ["--seconds", "0"], ["--speed", "0"]] {
            #expect(Self.refusal(option) != nil, "\(option)")
        }
    }

    @Test("default to 35,000 players for a drop and 1,000 for the rest")
    func playersByProfile() throws {
        let hunt = SampleHunt.definition
        let options = try SimulationOptions.parse([])
        let drop = try options.plan(hunt, .drop, startMs: hunt.opensAt, speed: 10)
        #expect((drop.players, drop.rate, drop.seconds) == (35_000, 1_000, 30))
        let steady = try options.plan(hunt, .steady, startMs: hunt.opensAt, speed: 10)
        #expect((steady.players, steady.rate, steady.seconds, steady.seed) == (1_000, 1_000, 30, 1))
    }
}
