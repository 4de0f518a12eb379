import ArgumentParser
import HuntCore
import KafkaClient
import Reactor
import Settings
import Storage

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Plays a reproducible hunt, or a recording, into Kafka.",
        discussion: """
            Players walk from checkpoint to checkpoint, scan, scan again, go offline and upload late. The records \
            carry simulated times: the clock starts when the hunt opens, or now with --from-now. Records leave when \
            they are due, whatever the system does; what it holds back is late and is counted as such.

            Profiles: steady is evenly spaced. poisson has exponential gaps. burst is silent but for 100 ms in every \
            2.6 s that carry 26 times the mean. drop is steady, and from second 5 on each player scans one tag once \
            within 20 s, half of them within the first 5. trace:FILE replays what `cairn record` wrote, with its \
            gaps, keys, values, partitions and timestamps; it needs neither a hunt nor a database. With --from-now \
            its timestamps begin now, and scanned_at inside the values stays as it is.
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var options: SimulationOptions
    @Argument(help: "The hunt's slug; not needed where there is only one.")
    var hunt: String?
    @Option(
        name: .customLong("hunt"),
        help: ArgumentHelp("The same as the argument.", valueName: "slug", visibility: .hidden))
    var huntOption: String?
    @Option(
        help: """
            Simulated seconds for each second: 600, or 1 with --from-now or a trace. It is lowered where the hunt \
            would be over too early.
            """)
    var speed: Int?
    @Flag(help: "The simulated clock, or the recorded one, starts now.")
    var fromNow = false
    @Flag(help: "Of a cut or damaged recording, replay what is whole.")
    var upToDamage = false

    func validate() throws {
        if let speed, !(1...1_000_000).contains(speed) { throw ValidationError("--speed is 1 to 1000000") }
        switch try SimulationProfile(options.profile) {
        case .arrivals:
            if upToDamage { throw ValidationError("--up-to-damage is for --profile trace:FILE") }
        case .trace:
            if hunt != nil || huntOption != nil { throw ValidationError("a trace needs no hunt: leave it out") }
        }
    }

    @Reactor
    func run() async throws {
        let settings = try shared.settings()
        do throws(KafkaError) { try KafkaLibrary.check() } catch { throw CommandFailure.failed(error.description) }
        switch try SimulationProfile(options.profile) {
        case .arrivals(let profile): try await play(profile, settings)
        case .trace(let path):
            let replay = TraceReplay(
                path: path, speed: speed ?? 1, startsNow: fromNow, seconds: options.seconds,
                allowsDamage: upToDamage)
            try await replay.run(settings)
        }
    }

    @Reactor
    private func play(_ profile: ArrivalProfile, _ settings: Settings) async throws {
        let definition = try await findHunt(settings)
        let startMs = fromNow ? Clock.epochMs() : definition.opensAt
        let plan = try options.plan(definition, profile, startMs: startMs, speed: speed ?? (fromNow ? 1 : 600))
        _ = try await Topics(settings).partitionCount(of: settings.kafka.topic)
        let run = try make(definition, plan, settings)
        let watch = ProductionWatch(production: run.production, seconds: Double(plan.seconds))
        Output.complain(
            """
            \(definition.slug): \(plan.players) players, \(plan.rate) scans/s (\(profile.rawValue)) for \
            \(plan.seconds) s, seed \(plan.seed), from \(Timestamp.format(plan.startMs)) at \(plan.speed) times the \
            speed
            """)
        let signal = await watch.run()
        Output.line(watch.summary)
        report(run.expectation)
        try watch.conclude(interruptedBy: signal)
    }

    private func findHunt(_ settings: Settings) async throws -> HuntDefinition {
        if let hunt, let huntOption, hunt != huntOption {
            throw CommandFailure.usage("\(hunt) and \(huntOption) are two hunts: name one")
        }
        if let slug = hunt ?? huntOption { return try await HuntReader.stored(slug, settings).definition }
        let hunts = try await Database.with(settings) { database in
            try await DefinitionStore(pool: database.pool).hunts()
        }
        guard let first = hunts.first else {
            throw CommandFailure.failed("there is no hunt to simulate: import one with `cairn hunt import FILE`")
        }
        guard hunts.count == 1 else {
            throw CommandFailure.usage("name the hunt: \(hunts.map(\.definition.slug).joined(separator: ", "))")
        }
        return first.definition
    }

    @Reactor
    private func make(
        _ definition: HuntDefinition, _ plan: SimulationPlan, _ settings: Settings
    ) throws -> SimulationRun {
        do throws(KafkaError) {
            return try SimulationRun(definition, plan, settings.kafkaSettings, topic: settings.kafka.topic)
        } catch {
            throw CommandFailure.failed(error.description)
        }
    }

    private func report(_ expectation: HuntExpectation) {
        let refused = expectation.refusals.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.key.name) \($0.value)" }.joined(separator: ", ")
        Output.line("first scans \(expectation.facts), to be refused: \(refused.isEmpty ? "none" : refused)")
    }
}
