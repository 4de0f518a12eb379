import ArgumentParser
import HuntCore
import KafkaClient
import Reactor
import Settings
import Storage
import Synchronization

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Plays a reproducible hunt into Kafka.",
        discussion: """
            Players walk from checkpoint to checkpoint, scan, scan again, go offline and upload late. The records \
            carry simulated times: the clock starts when the hunt opens, or now with --from-now.
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var options: SimulationOptions
    @Argument(help: "The hunt's slug; not needed where there is only one.")
    var hunt: String?
    @Option(
        name: .customLong("hunt"),
        help: ArgumentHelp("The same as the argument.", valueName: "slug", visibility: .hidden))
    var huntOption: String?
    @Option(help: "Simulated seconds for each second. It is lowered where the hunt would be over too early.")
    var speed: Int?
    @Flag(help: "The simulated clock starts now and not when the hunt opens.")
    var fromNow = false

    func validate() throws {
        if let speed, speed < 1 { throw ValidationError("--speed is 1 or more") }
    }

    @Reactor
    func run() async throws {
        let settings = try shared.settings()
        do throws(KafkaError) { try KafkaLibrary.check() } catch { throw CommandFailure.failed(error.description) }
        let definition = try await findHunt(settings)
        let startMs = fromNow ? Clock.epochMs() : definition.opensAt
        let plan = try options.plan(definition, startMs: startMs, speed: speed ?? (fromNow ? 1 : 600))
        try await checkTopic(settings)
        let run = try make(definition, plan, settings)
        let interrupted = Atomic<Int32>(0)
        let interruption = Interruption { interrupted.store($0, ordering: .relaxed) }
        Output.complain(
            """
            \(definition.slug): \(plan.players) players, \(plan.rate) scans/s for \(plan.seconds) s, seed \
            \(plan.seed), from \(Timestamp.format(plan.startMs)) at \(plan.speed) times the speed
            """)
        run.start()
        await follow(run, interrupted)
        withExtendedLifetime(interruption) {}
        await run.finish(timeoutMs: 35_000)
        try report(run, interrupted.load(ordering: .relaxed))
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

    private func checkTopic(_ settings: Settings) async throws {
        do throws(KafkaError) {
            _ = try await KafkaAdmin.partitionCount(settings.kafkaSettings, settings.kafka.topic)
        } catch {
            throw CommandFailure.failed("\(error.description) (kafka.brokers is \(settings.kafka.brokers))")
        }
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

    @Reactor
    private func follow(_ run: SimulationRun, _ interrupted: borrowing Atomic<Int32>) async {
        var nextReport = 1.0
        while !run.isStopped {
            await Reactor.pause(ms: 20)
            if interrupted.load(ordering: .relaxed) != 0 { run.stop() }
            if run.elapsedSeconds < nextReport { continue }
            nextReport += 1
            Output.complain(
                "\(Int(run.elapsedSeconds)) s: \(run.produced) produced, \(run.expectation.records) acknowledged")
        }
    }

    @Reactor
    private func report(_ run: SimulationRun, _ interruptedBy: Int32) throws {
        let expectation = run.expectation
        let refused = expectation.refusals.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { "\($0.key.name) \($0.value)" }.joined(separator: ", ")
        Output.line("acknowledged \(expectation.records), first scans \(expectation.facts), to be refused: \(refused)")
        if run.stalls > 0 {
            Output.complain("the producer's queue was full \(run.stalls) times: the pace was not kept")
        }
        if run.unacknowledged > 0 {
            throw CommandFailure.failed(
                "\(run.unacknowledged) records were not acknowledged: \(run.trouble?.description ?? "no reason given")")
        }
        if interruptedBy != 0 {
            throw CommandFailure(
                exitCode: Interruption.exitCode(of: interruptedBy),
                message: "cairn: stopped early, nothing is outstanding")
        }
    }
}
