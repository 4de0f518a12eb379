import DevStack
import Foundation
import HuntCore
import KafkaClient
import PostgresClient
import Reactor
import RedisClient
import Testing

/// A broker, or something that passes for one.
protocol SiteBroker: Sendable {
    /// For `bootstrap.servers`.
    var brokers: String { get }
    func makeTopic(_ name: String, partitions: Int) async throws
}

extension DevStack: SiteBroker {
    func makeTopic(_ name: String, partitions: Int) async throws {
        try await createTopic(name, partitions: partitions)
    }
}

/// One test's own database, topics and consumer group on the shared stack, and the workers that it started.
@Reactor
final class Site {
    let stack: DevStack
    let name: String
    let hunts: [HuntDefinition]
    let partitions: Int
    let redis: RedisClient
    /// Where its topics lie.
    let broker: any SiteBroker
    /// What commands and workers of this site are given; the test itself goes by the same addresses.
    var settings: SettingsFile
    private(set) var workers: [WorkerProcess] = []
    private var database: PostgresConnection?
    private var isAsking = false
    private var processesMade = 0

    private init(
        _ stack: DevStack, _ broker: any SiteBroker, _ name: String, _ hunts: [HuntDefinition], partitions: Int
    ) throws {
        self.stack = stack
        self.broker = broker
        self.name = name
        self.hunts = hunts
        self.partitions = partitions
        settings = SettingsFile(
            brokers: broker.brokers, group: name, topic: "\(name)-scans", scoresTopic: "\(name)-scores",
            postgresURL: "",
            redisURL: stack.redisURL)
        redis = try RedisClient(RedisSettings(url: stack.redisURL))
    }

    /// Makes the database and the topic, migrates, imports the hunts.
    ///
    /// - Parameter broker: nil: the shared stack's.
    static func open(partitions: Int, hunts: [HuntDefinition], broker: (any SiteBroker)? = nil) async throws -> Site {
        let stack = try await ServiceStack.shared.stack()
        let name = "site\(await ServiceStack.shared.nextSite())"
        let site = try Site(stack, broker ?? stack, name, hunts, partitions: partitions)
        try await site.broker.makeTopic(site.settings.topic, partitions: partitions)
        try await site.redis.connect()
        // Players are called alike in every test.
        _ = try await site.redis.call(RedisArguments("FLUSHALL"))
        try await site.useDatabase(site.name)
        return site
    }

    /// Turns to a new, empty database with the same definitions.
    func useDatabase(_ name: String) async throws {
        settings.postgresURL = try await stack.createDatabase(name)
        database?.close()
        database = nil
        try await succeed(["migrate", "up"])
        for hunt in hunts { try await importHunt(hunt) }
    }

    func importHunt(_ hunt: HuntDefinition) async throws {
        let path = "\(stack.folder)/\(name)-\(hunt.slug).yaml"
        try hunt.yaml.write(toFile: path, atomically: true, encoding: .utf8)
        try await succeed(["hunt", "import", path])
    }

    // MARK: Processes

    /// Starts a worker without waiting for it.
    ///
    /// - Parameter settings: of this worker alone; nil: the site's.
    func launchWorker(_ settings: SettingsFile? = nil) async throws -> WorkerProcess {
        let worker = WorkerProcess(process: try await start(["worker"], settings ?? self.settings))
        workers.append(worker)
        return worker
    }

    /// Starts workers and waits until each runs.
    @discardableResult
    func startWorkers(_ count: Int = 1) async throws -> [WorkerProcess] {
        var started: [WorkerProcess] = []
        for _ in 0..<count { started.append(try await launchWorker()) }
        for worker in started {
            let isUp = await eventually(within: 30) { !worker.isRunning || worker.log.contains("worker started") }
            guard isUp, worker.isRunning else { throw ServiceFailure("a worker did not start: \(worker.log)") }
        }
        return started
    }

    /// Runs a command to its end, killing it after `withinSeconds`.
    ///
    /// - Returns: its exit status and all it printed.
    func cairn(
        _ arguments: [String], _ settings: SettingsFile? = nil, withinSeconds: Int64 = 60
    ) async throws -> (status: Int32, output: String) {
        let process = try await start(arguments, settings ?? self.settings)
        if !(await eventually(within: withinSeconds, { !process.isRunning })) { process.signal(SIGKILL) }
        let status = await process.wait()
        return (status, WorkerProcess(process: process).log)
    }

    private func succeed(_ arguments: [String]) async throws {
        let (status, output) = try await cairn(arguments)
        guard status == 0 else { throw ServiceFailure("cairn \(arguments) ended with \(status): \(output)") }
    }

    /// Starts a command without waiting for it.
    ///
    /// - Parameter terminal: variables, `NAME=value` each, for a run on a terminal of its own; nil is a run without.
    func start(
        _ arguments: [String], _ settings: SettingsFile, terminal: [String]? = nil
    ) async throws -> DevProcess {
        processesMade += 1
        let name = "\(self.name)-\(processesMade)-\(arguments[0])"
        let path = "\(stack.folder)/\(name).yaml"
        try settings.yaml.write(toFile: path, atomically: true, encoding: .utf8)
        // Variables of the tests, which cairn would take for settings.
        let variables = [
            "CAIRN_BINARY", "CAIRN_TOOLS", "CAIRN_TEST_BROKERS", "CAIRN_FAULTS", "CAIRN_FAULTS_REPORT",
        ]
        let tests = variables.flatMap { ["-u", $0] }
        let command = [try ServiceStack.binary()] + arguments + ["--config", path]
        guard let terminal else { return try await stack.spawn(name, "env", tests + command) }
        // `script` hands on what the terminal shows, and the command's exit status.
        let line = (["env"] + tests + terminal + command).map { "'\($0)'" }.joined(separator: " ")
        return try await stack.spawn(name, "script", ["--quiet", "--return", "--command", line, "/dev/null"])
    }

    // MARK: Asking

    /// Runs a query on a connection that is opened again after an error.
    ///
    /// One after the other: a watch asks while the test does, and a connection carries one call at a time.
    func query(_ sql: String) async throws -> PostgresRows {
        while isAsking { await Reactor.pause(ms: 1) }
        isAsking = true
        defer { isAsking = false }
        do {
            if database == nil || database?.isBroken == true {
                database = try await PostgresConnection.open(settings.postgresURL, applicationName: "service tests")
            }
            guard let database else { throw ServiceFailure("no connection") }
            return try await database.query(sql, deadlineMs: 20_000)
        } catch {
            database?.close()
            database = nil
            throw error
        }
    }

    /// What a producer or reader of this test uses.
    func kafka(_ properties: [String: String] = [:]) -> KafkaSettings {
        var kafka = KafkaSettings(brokers: broker.brokers, properties: properties, clientID: name)
        kafka.partitionsExpected = partitions
        return kafka
    }

    // MARK: The end

    /// Fails the test with what is wrong and the ends of the workers' logs.
    func report(_ differences: [String]) {
        if differences.isEmpty { return }
        let shown = differences.prefix(20).joined(separator: "\n")
        Issue.record("\(differences.count) differences:\n\(shown)\n\(logs())")
    }

    func logs() -> String {
        workers.suffix(6).map { worker in
            let lines = worker.log.split(separator: "\n").suffix(12).joined(separator: "\n")
            return "-- worker \(worker.pid), \(worker.isRunning ? "running" : "ended")\n\(lines)"
        }.joined(separator: "\n")
    }

    /// Ends what still runs.
    func close() async {
        for worker in workers where worker.isRunning { await worker.kill() }
        database?.close()
        redis.close()
    }
}

/// Runs `body` with a site; its workers are gone afterwards, and their logs shown if it throws.
@Reactor
func withSite(
    partitions: Int = 6, hunts: [HuntDefinition] = SampleHunts().all, broker: (any SiteBroker)? = nil,
    _ body: @Reactor (Site) async throws -> Void
) async throws {
    let site = try await Site.open(partitions: partitions, hunts: hunts, broker: broker)
    do {
        try await body(site)
    } catch {
        Issue.record("\(error)\n\(site.logs())")
    }
    await site.close()
}
