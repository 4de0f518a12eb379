import ArgumentParser
import DevStack
import Foundation
import HuntCore
import KafkaClient
import PostgresClient
import Reactor
import RedisClient
import Settings
import Synchronization

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Runs a simulated hunt on a private stack and checks every score at the end.",
        discussion: """
            Starts its own Postgres, Redis and broker in a temporary folder, two workers, the read API with a live \
            board whose address it prints, and players in Lisbon. Everything is gone when it ends, however it ends.

            Your settings count (state.cache, flush.*, log.level ...) but for what the private stack decides: all of \
            kafka.*, http.* and metrics.*, the addresses of Postgres and Redis, and refused.keep.
            """)

    @OptionGroup var shared: SharedOptions
    @Option(help: "How long the players play.")
    var seconds = 60
    @Flag(help: "Plain lines instead of a live board.")
    var headless = false
    @Option(help: "How many people play.")
    var players = 500
    @Option(help: "Scans a second.")
    var rate = 2_000
    @Option(help: "The same seed plays the same hunt.")
    var seed: UInt64 = 1

    private static let speed = 600

    func validate() throws { try SimulationOptions.check(players: players, rate: rate, seconds: seconds) }

    @Reactor
    func run() async throws {
        let settings = try shared.settings()
        do throws(KafkaError) { try KafkaLibrary.check() } catch { throw CommandFailure.failed(error.description) }
        let ending = DemoEnding()
        var screen = DemoScreen(isLive: Output.isTerminal && !headless)
        screen.say("starting Postgres, Redis and a broker")
        do {
            let stack = try await DevStack.start()
            ending.stack = stack
            let verdict = try await play(on: stack, settings, &screen)
            await ending.finish()
            if !verdict.isExact { throw CommandFailure.refused("the scores are not what was produced") }
        } catch {
            await ending.finish()
            throw Self.failure(error)
        }
    }

    /// Errors of the parts as failures of the command.
    @Reactor
    private static func failure(_ error: any Error) -> any Error {
        switch error {
        case let error as DevStackError: CommandFailure.failed(error.description)
        case let error as KafkaError: CommandFailure.failed(error.description)
        case let error as RedisError: CommandFailure.failed(error.description)
        default: Database.failure(error)
        }
    }

    @Reactor
    private func play(
        on stack: DevStack, _ settings: Settings, _ screen: inout DemoScreen
    ) async throws -> DemoVerdict {
        screen.say("starting \(DemoStage.workerCount) workers on \(stack.brokers)")
        let stage = try await DemoStage.set(on: stack, over: settings)
        do {
            let verdict = try await play(on: stage, &screen)
            if !verdict.isExact { Output.complain(stage.lastWords()) }
            await stage.pool.close()
            return verdict
        } catch {
            await stage.pool.close()
            throw error
        }
    }

    @Reactor
    private func play(on stage: DemoStage, _ screen: inout DemoScreen) async throws -> DemoVerdict {
        let definition = stage.hunt.definition
        let plan = try SimulationOptions.plan(
            definition, players: players, rate: rate, seconds: seconds, seed: seed, startMs: definition.opensAt,
            speed: Self.speed)
        screen.say("live board: \(stage.boardURL)")
        screen.say("\(players) players, \(rate) scans/s for \(seconds) s, seed \(seed)")
        let run = try SimulationRun(
            definition, plan, stage.settings.kafkaSettings, topic: stage.settings.kafka.topic)
        let follower = DemoFollower(stage: stage, run: run)
        run.start()
        try await follower.follow(&screen)
        await run.finish(timeoutMs: 35_000)
        guard run.unacknowledged == 0 else {
            throw CommandFailure.refused(
                """
                \(run.unacknowledged) scans were not acknowledged (\(run.trouble?.description ?? "no reason given")), \
                so what the scores should be is not known
                """)
        }
        try await follower.waitUntilPublished(&screen)
        let observer = Observer(
            settings: stage.settings, pool: stage.pool, huntID: stage.hunt.huntID, slug: definition.slug,
            partitions: stage.partitions)
        let seen = try await observer.observe()
        let record = run.record
        let verdict = DemoVerdict(
            seen, against: run.expectation, player: SimulatedRecord.name(ofPlayer:), event: record.eventID)
        report(verdict, seen, run, &screen)
        return verdict
    }

    @Reactor
    private func report(_ verdict: DemoVerdict, _ seen: Observation, _ run: SimulationRun, _ screen: inout DemoScreen) {
        let counters = seen.counters
        if run.stalls > 0 { screen.say("the producer's queue was full \(run.stalls) times") }
        screen.say(
            """
            first scans \(counters.firstScans), earlier scans \(counters.earlierScans), repeats \(counters.repeats), \
            refused \(counters.refusals)
            compared players: \(seen.scores.count) in Postgres, \(seen.hot.count) in Redis, \(seen.feed.count) in the \
            feed
            scans produced \(run.expectation.records), lost \(verdict.lost), doubled \(verdict.doubled), wrong \
            \(verdict.wrong)
            """)
        for detail in verdict.details { screen.say("  \(detail)") }
    }
}

/// Ends the stack once, be it that the demo is over or that a signal came.
private final class DemoEnding: Sendable {
    private let kept = Mutex<DevStack?>(nil)
    private let isInterrupted = Atomic<Bool>(false)
    private let interruption = Mutex<Interruption?>(nil)

    var stack: DevStack? {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }

    init() {
        interruption.withLock { interruption in
            interruption = Interruption { [weak self] number in self?.interrupted(by: number) }
        }
    }

    /// Without a stack yet, its guard ends what was being started.
    private func interrupted(by number: Int32) {
        isInterrupted.store(true, ordering: .sequentiallyConsistent)
        Task {
            await stack?.stop()
            Foundation.exit(Interruption.exitCode(of: number))
        }
    }

    /// Stops the stack. After a signal it does not return: the signal's own way out tells the exit code, and an error
    /// that the demo met meanwhile was only the stack going away.
    func finish() async {
        while isInterrupted.load(ordering: .sequentiallyConsistent) { await Reactor.pause(ms: 1_000) }
        await stack?.stop()
    }
}
