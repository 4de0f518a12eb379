import DevStack
import Foundation
import HuntCore
import KafkaClient
import PostgresClient
import Reactor
import Settings
import Storage

/// A private stack with the Lisbon hunt in it and workers at work.
@Reactor
struct DemoStage {
    let stack: DevStack
    let settings: Settings
    let pool: PostgresPool
    let hunt: DefinitionStore.StoredHunt
    let partitions: Int
    let workers: [DevProcess]
    /// `cairn serve`.
    let server: DevProcess
    /// Of the live board.
    let boardURL: String

    static let workerCount = 2
    private static let joinDeadlineMs: Int64 = 60_000
    private static let listenDeadlineMs: Int64 = 20_000

    /// Migrates, imports, starts the workers and waits until each of them owns partitions.
    ///
    /// - Parameter user: what the user chose; it counts where the stack does not decide.
    /// - Throws: `CommandFailure` and what the parts throw.
    static func set(on stack: DevStack, over user: Settings) async throws -> DemoStage {
        let addresses = DemoSettings.Addresses(
            brokers: stack.brokers, postgresURL: stack.postgresURL, redisURL: stack.redisURL)
        let chosen = try DemoSettings(addresses, folder: stack.folder, over: user)
        let settings = chosen.effective
        let pool = PostgresPool(
            url: settings.postgres.url, settings: PoolSettings(max: 4, minIdle: 0, acquireTimeoutMs: 10_000),
            applicationName: "cairn demo")
        _ = try await Migrator(pool: pool).up()
        let definition = try HuntReader.parse(
            String(decoding: PackageResources.lisbon_2026_yaml, as: UTF8.self), name: "lisbon-2026.yaml")
        let definitions = DefinitionStore(pool: pool)
        _ = try await definitions.importHunt(definition)
        guard let hunt = try await definitions.hunts(slug: definition.slug).first else {
            throw CommandFailure.failed("the hunt \(definition.slug) was imported and is not there")
        }
        let partitions = try await Topics(settings).prepare()
        let workers = try await startWorkers(on: stack, chosen.arguments)
        let server = try await spawn("serve", on: stack, ["serve"] + chosen.arguments)
        let stage = DemoStage(
            stack: stack, settings: settings, pool: pool, hunt: hunt, partitions: partitions, workers: workers,
            server: server, boardURL: try await boardURL(of: server))
        try await stage.waitForWorkers()
        return stage
    }

    private static func startWorkers(on stack: DevStack, _ arguments: [String]) async throws -> [DevProcess] {
        var workers: [DevProcess] = []
        for number in 1...workerCount {
            workers.append(try await spawn("worker-\(number)", on: stack, ["worker"] + arguments))
        }
        return workers
    }

    /// Without the user's variables, which would win over the stack's file; what counts of them is among the arguments.
    private static func spawn(_ name: String, on stack: DevStack, _ arguments: [String]) async throws -> DevProcess {
        let variables = ProcessInfo.processInfo.environment.keys.filter { $0.hasPrefix("CAIRN_") }.sorted()
        // The link is resolved here: in a child it would lead to the child.
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return try await stack.spawn(name, "env", variables.flatMap { ["-u", $0] } + [program] + arguments)
    }

    /// The server logs the address that it was given.
    private static func boardURL(of server: DevProcess) async throws -> String {
        let deadline = Clock.monotonicMs() + listenDeadlineMs
        while Clock.monotonicMs() < deadline, server.isRunning {
            let log = FileManager.default.contents(atPath: server.logPath).map { String(decoding: $0, as: UTF8.self) }
            for line in (log ?? "").split(separator: "\n") where line.contains("read API") {
                let numbers: [Substring] = line.split(whereSeparator: { !$0.isNumber })
                let port = numbers.last { $0.count > 3 }
                if let port { return "http://127.0.0.1:\(port)/" }
            }
            await Reactor.pause(ms: 20)
        }
        throw CommandFailure.failed("cairn serve did not start; its log ends with\n\(lastWords([server]))")
    }

    private func waitForWorkers() async throws {
        let deadline = Clock.monotonicMs() + Self.joinDeadlineMs
        while true {
            let progress = try await progress()
            if progress.owners == Self.workerCount, progress.leases == partitions { return }
            try checkProcesses()
            guard Clock.monotonicMs() < deadline else {
                throw CommandFailure.failed(
                    """
                    \(progress.owners) of \(Self.workerCount) workers own \(progress.leases) of \(partitions) \
                    partitions after \(Self.joinDeadlineMs / 1_000) s; their logs end with
                    \(lastWords())
                    """)
            }
            await Reactor.pause(ms: 50)
        }
    }

    /// - Throws: `CommandFailure` when a worker or the server has ended.
    func checkProcesses() throws {
        for process in workers + [server] where !process.isRunning {
            throw CommandFailure.failed("\(process.name) ended early; the logs end with\n\(lastWords())")
        }
    }

    /// The last lines of the logs.
    func lastWords() -> String { Self.lastWords(workers + [server]) }

    private static func lastWords(_ processes: [DevProcess], linesMax: Int = 20) -> String {
        processes.map { process in
            let text = FileManager.default.contents(atPath: process.logPath).map { String(decoding: $0, as: UTF8.self) }
            let lines = (text ?? "").split(separator: "\n").suffix(linesMax)
            return (["\(process.name):"] + lines.map { "  \($0)" }).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    // MARK: How far the workers are

    struct Progress {
        var leases = 0
        var owners = 0
        /// By partition: the next offset to commit, and to publish.
        var positions: [Int32: (next: Int64, published: Int64)] = [:]

        var committed: Int64 { positions.values.reduce(0) { $0 + $1.next } }
        var published: Int64 { positions.values.reduce(0) { $0 + $1.published } }
    }

    func progress() async throws(PostgresError) -> Progress {
        let rows = try await pool.with { connection throws(PostgresError) in
            try await connection.query(
                "select partition, owner, next_offset, published_offset from cairn.partition_lease")
        }
        var progress = Progress(leases: rows.count)
        progress.owners = Set((0..<rows.count).map { rows.text($0, 1) }).count
        for row in 0..<rows.count { progress.positions[rows.int32(row, 0)] = (rows.int64(row, 2), rows.int64(row, 3)) }
        return progress
    }

    struct Leader {
        var player: String
        var score: Int64
        var unlocks: Int64
        var reachedAt: Int64?
    }

    func topTen() async throws(PostgresError) -> [Leader] {
        let parameters = PostgresParameters()
        parameters.append(int32: hunt.huntID)
        let rows = try await pool.with { connection throws(PostgresError) in
            try await connection.query(
                """
                select player, score, unlocks, reached_at from cairn.score where hunt_id = $1 and unlocks >= 1
                order by score desc, reached_at nulls last, player limit 10
                """, parameters)
        }
        return (0..<rows.count).map { row in
            Leader(
                player: rows.text(row, 0), score: rows.int64(row, 1), unlocks: rows.int64(row, 2),
                reachedAt: rows.isNull(row, 3) ? nil : rows.timestampMs(row, 3))
        }
    }
}
