import Foundation
import KafkaClient
import PostgresClient
import Reactor

/// Readers of a board that moves: all runs of one call, on one private stack.
@Reactor
final class ReadSession {
    private(set) var report: ReadReport
    private let options: ReadOptions
    private let program: CairnProgram
    private let stage: BenchStage
    /// Of a superuser: only one may read Postgres' log.
    private let admin: PostgresPool
    private var kept: [[KeptAnswer]] = []

    /// What runs while boards are read.
    private struct Writing {
        let workers: any WorkersUnderTest
        let sender: ScanSender
        let load: PacedLoad
        let watch: CommitWatch
    }

    /// Few, large batches: the test broker looks through all that it holds for each fetch.
    private static let lingerMs = 100
    private static let secondsMax = 3_600
    private static let unlimited = ["http.steady_rate=1000000", "http.client_rate=1000000"]

    init(_ options: ReadOptions, date: Date) async throws {
        self.options = options
        program = CairnProgram(
            name: "cairn", path: try options.binary ?? CairnProgram.neighbour(),
            settings: "http: {listen: \"127.0.0.1:0\"}\n" + options.setting.map { "\($0)\n" }.joined())
        BenchSession.say("servers, migrations, a hunt of \(BenchHunt.checkpoints) checkpoints")
        stage = try await BenchStage.set(for: program, postgresSettings: ["wal_level": "logical"])
        admin = PostgresPool(
            url: stage.stack.adminURL.replacing(/\/postgres$/, with: "/cairn"),
            settings: PoolSettings(max: 2, minIdle: 0, acquireTimeoutMs: 10_000), applicationName: "cairn bench log")
        report = ReadReport(
            date: date.formatted(.iso8601), revision: options.name,
            parameters: .init(
                players: options.players, scansPerSecond: options.scans, mix: options.mix, seconds: options.seconds,
                connections: options.connections, threads: options.threads, clients: options.clients,
                withinSeconds: options.within, seed: options.seed, settings: options.setting))
    }

    func close() async {
        await admin.close()
        await stage.stop()
    }

    /// Makes all runs and judges their answers.
    ///
    /// - Throws: `BenchFailure`, and what the parts throw.
    func run() async throws {
        report.machine = try await Machine.describe(stage)
        BenchSession.say("\(options.players) players into Postgres")
        let fill = PlayerFill(players: options.players, stage: stage)
        try await fill.run()
        let log = try await CommitLog.open(admin)
        let initial = try await fill.board()
        let writing = try await startWriting()
        try await readMix(writing)
        if options.chosenRuns.contains(.storm) { try await readStorm(writing) }
        try await stopWriting(writing)
        BenchSession.say("comparing \(kept.map(\.count).reduce(0, +)) answers")
        let commits = try await log.read()
        try await log.close()
        report.commits = commits.count
        report.changes = commits.map(\.changes.count).reduce(0, +)
        let history = CommitHistory(commits: commits, snapshots: writing.watch.snapshots)
        for (position, answers) in kept.enumerated() {
            report.runs[position].verdict = await Reactor.blocking {
                AnswerJudge(initial: initial, history: history).judge(answers)
            }
        }
        guard options.verify else { return }
        BenchSession.say("cairn verify")
        try await program.run("verify", ["verify", BenchHunt.slug], on: stage)
    }

    // MARK: Writing

    private func startWriting() async throws -> Writing {
        let workers = try await program.startWorkers(1, on: stage)
        let trace = ScanTrace(
            Mix.all.first { $0.name == options.mix } ?? .writes, players: options.players, exponent: 0,
            seed: options.seed, visited: PlayerFill.visited)
        let sender = try ScanSender(
            trace, seed: options.seed, brokers: stage.stack.brokers, lingerMs: Self.lingerMs)
        try await workers.join(sender)
        let watch = CommitWatch(admin)
        let load = PacedLoad(.steady(rate: options.scans), sender, seconds: Self.secondsMax)
        load.start()
        return Writing(workers: workers, sender: sender, load: load, watch: watch)
    }

    private func stopWriting(_ writing: Writing) async throws {
        writing.load.stop()
        try await writing.sender.finish()
        _ = try await writing.workers.awaitEnd(of: writing.sender)
        try await writing.watch.stop()
        try await writing.workers.stop()
    }

    // MARK: Reading

    /// The mix: as fast as it goes, and at half of that by the clock.
    private func readMix(_ writing: Writing) async throws {
        let kinds = options.chosenRuns.filter { $0 != .storm }
        if kinds.isEmpty { return }
        let serve = try await ServeProcess.start("serve", program, Self.unlimited, on: stage)
        for kind in kinds {
            if kind == .closed {
                try await measure("closed, \(options.connections) connections", serve, writing) {
                    try await self.readClosed(serve)
                }
            } else {
                let fastest = report.runs.first?.answersPerSecond
                let rate = options.rate ?? fastest.map { max(10, Int($0 / 2)) } ?? ReadOptions.rateAlone
                try await measure("paced \(rate)/s", serve, writing) {
                    let plan = self.plan(.mix(connections: self.options.connections), serve, rate: Double(rate))
                    return await Self.visit(plan)
                }
            }
        }
        try await serve.stop()
    }

    /// wrk keeps no answers, so a few visitors of our own ask beside it.
    private func readClosed(_ serve: ServeProcess) async throws -> VisitFigures {
        let plan = plan(.mix(connections: 4), serve, rate: Double(options.checked))
        async let own = Self.visit(plan)
        let wrk = WrkRun(
            players: options.players, seed: options.seed, threads: options.threads, connections: options.connections,
            seconds: options.seconds)
        let result = try await wrk.run("wrk", port: serve.port, on: stage)
        return await own.joined(with: result)
    }

    private func readStorm(_ writing: Writing) async throws {
        let serve = try await ServeProcess.start("serve-storm", program, [], on: stage)
        try await measure("storm, \(options.clients) clients in \(options.within) s", serve, writing) {
            await Self.visit(
                VisitPlan(
                    kind: .refresh, port: serve.port, rate: Double(self.options.clients) / Double(self.options.within),
                    visits: self.options.clients, players: self.options.players, seed: self.options.seed,
                    keepOneOf: max(1, self.options.clients / max(1, self.options.checked * self.options.within))))
        }
        try await serve.stop()
    }

    private func plan(_ kind: VisitPlan.Kind, _ serve: ServeProcess, rate: Double) -> VisitPlan {
        VisitPlan(
            kind: kind, port: serve.port, rate: rate, visits: max(1, Int(rate * Double(options.seconds))),
            players: options.players, seed: options.seed, keepOneOf: max(1, Int(rate) / max(1, options.checked)))
    }

    private static func visit(_ plan: VisitPlan) async -> VisitFigures {
        await Reactor.blocking { VisitorLoad(plan).run() }
    }

    /// Adds a run to the report.
    private func measure(
        _ name: String, _ serve: ServeProcess, _ writing: Writing, _ body: () async throws -> VisitFigures
    ) async throws {
        BenchSession.say(name)
        let costBefore = await cost(serve, writing)
        let sentBefore = writing.sender.sent
        let figures = try await body()
        let cost = await cost(serve, writing) - costBefore
        try serve.checkRunning()
        try writing.workers.checkRunning()
        kept.append(figures.kept)
        report.runs.append(
            ReadRun(
                name: name, seconds: figures.seconds, answers: figures.answers,
                answersPerSecond: Double(figures.answers) / figures.seconds, latency: figures.latency,
                lateness: figures.lateness,
                statuses: Dictionary(uniqueKeysWithValues: figures.statuses.map { ("\($0)", $1) }),
                failures: figures.failures, cost: cost, serveMemory: ProcessTimes.peakMemory(ofTree: serve.process.pid),
                serveStartSeconds: serve.startSeconds, scans: writing.sender.sent - sentBefore))
    }

    private func cost(_ serve: ServeProcess, _ writing: Writing) async -> ReadCost {
        let others = await stage.usage(of: writing.workers)
        let pid = serve.process.pid
        return await Reactor.blocking {
            ReadCost(
                serve: ProcessTimes.cpuSeconds(ofTree: pid), others: others, bench: ProcessTimes.ownCPUSeconds())
        }
    }
}

extension VisitFigures {
    /// wrk's figures, and the kept answers of visitors who asked beside it; an error of theirs counts.
    func joined(with wrk: WrkRun.Result) -> VisitFigures {
        var figures = self
        figures.answers += wrk.requests
        figures.seconds = Double(wrk.duration) / 1e6
        figures.latency = Quantiles(
            count: wrk.requests, p50: Double(wrk.p50) / 1e3, p99: Double(wrk.p99) / 1e3, p999: Double(wrk.p999) / 1e3,
            max: Double(wrk.max) / 1e3)
        figures.statuses[200, default: 0] += wrk.requests - wrk.refused
        if wrk.refused > 0 { figures.statuses[400, default: 0] += wrk.refused }
        if wrk.failed > 0 { figures.failures["connection lost", default: 0] += wrk.failed }
        if wrk.late > 0 { figures.failures["no answer within 2 s", default: 0] += wrk.late }
        return figures
    }
}
