import Foundation
import Synchronization

/// A private Postgres, Redis and Kafka-protocol broker in a folder of their own, on free ports of 127.0.0.1.
///
/// Nothing of it outlives this process, however that ends: everything runs below a supervisor that kills it and removes
/// the folder when it loses touch with us (see `supervisorScript`). Linux only.
public final class DevStack: Sendable {
    /// The stack's folder, absolute. Logs: `postgres.log`, `redis.log`, `kafka.log`, `NAME.log` of a spawned child.
    public let folder: String
    let supervisor: Supervisor
    let options: DevStackOptions
    private let servers: [DevService: any PrivateServer]
    private let running = Mutex<[DevService: RunningServer]>([:])
    private let topics = Mutex<[String: Int]>([:])

    struct RunningServer {
        var port: Int
        var process: DevProcess
    }

    private init(_ options: DevStackOptions, supervisor: Supervisor, programs: Programs) {
        self.options = options
        self.supervisor = supervisor
        folder = supervisor.folder
        var servers: [DevService: any PrivateServer] = [:]
        for service in options.services {
            let folder = "\(supervisor.folder)/\(service)"
            servers[service] =
                switch service {
                case .postgres:
                    PostgresServer(
                        folder: folder, programs: programs.postgresFolder, user: programs.postgresUser,
                        durable: options.durable, extraSettings: options.postgresSettings)
                case .redis: RedisServer(folder: folder, program: programs.redis, maxMemory: options.redisMaxMemory)
                case .kafka:
                    BrokerServer(
                        folder: folder, program: programs.tansu, topics: options.topics,
                        advertisedPort: options.kafkaAdvertisedPort)
                }
        }
        self.servers = servers
    }

    /// Boots all services of `options` side by side and returns when each of them serves.
    /// That took 2.5 to 3.4 s on two busy cores, most of it initdb.
    public static func start(_ options: DevStackOptions = DevStackOptions()) async throws(DevStackError) -> DevStack {
        let programs = try Programs(for: options.services)
        let stack = DevStack(options, supervisor: try await Supervisor.start(), programs: programs)
        let failures = await withTaskGroup(of: DevStackError?.self) { group in
            for server in stack.servers.values {
                group.addTask { await failure { () async throws(DevStackError) in try await stack.boot(server) } }
            }
            return await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
        }
        if let first = failures.first {
            await stack.stop()
            throw first
        }
        return stack
    }

    /// `postgres://cairn@127.0.0.1:PORT/cairn`. The role owns the database and is no superuser; no password.
    public var postgresURL: String { url(ofDatabase: "cairn", user: "cairn") }
    /// The same server's superuser, in the database `postgres`.
    public var adminURL: String { url(ofDatabase: "postgres", user: "postgres") }
    /// `redis://127.0.0.1:PORT`.
    public var redisURL: String { "redis://127.0.0.1:\(port(of: .redis))" }
    /// `127.0.0.1:PORT`, for `bootstrap.servers`.
    public var brokers: String { "127.0.0.1:\(port(of: .kafka))" }

    /// The TCP port of a service, the same after a restart. The service must be one of the options'.
    public func port(of service: DevService) -> Int {
        guard let server = running.withLock({ $0[service] }) else {
            preconditionFailure("this stack was started without \(service)")
        }
        return server.port
    }

    /// The pid of the service's main process; 0 while it does not run.
    public func pid(of service: DevService) -> Int32 {
        guard let process = running.withLock({ $0[service]?.process }), process.isRunning else { return 0 }
        return process.pid
    }

    /// Where the service logs.
    public func logPath(of service: DevService) -> String { "\(folder)/\(service).log" }

    /// Sends a signal to the service's main process, SIGSTOP for example; nothing happens while it does not run.
    public func signal(_ service: DevService, _ number: Int32) {
        running.withLock { $0[service]?.process }?.signal(number)
    }

    /// Kills the service and all its children with SIGKILL and returns when none of them lives.
    public func kill(_ service: DevService) async throws(DevStackError) {
        guard let process = running.withLock({ $0[service]?.process }) else { return }
        try await supervisor.end(process.pid, directory: "\(folder)/\(service)/data")
    }

    /// Starts the service again on the same port, killing it before if it still runs.
    ///
    /// Postgres has what was durable, Redis nothing, the broker all its topics, empty.
    public func restart(_ service: DevService) async throws(DevStackError) {
        guard let server = servers[service] else { throw .refused("this stack was started without \(service)") }
        try await kill(service)
        try await launch(server, port: port(of: service))
        try await server.settleAgain(in: self)
    }

    /// Creates a topic with 1 or more partitions; one that exists already stays as it is.
    public func createTopic(_ name: String, partitions: Int) async throws(DevStackError) {
        guard let broker = servers[.kafka] as? BrokerServer else {
            throw .refused("this stack was started without a broker")
        }
        try await broker.createTopic(name, partitions: partitions, port: port(of: .kafka), in: self)
        topics.withLock { $0[name] = partitions }
    }

    /// Creates an empty database owned by `cairn`; for tests that want a clean one each.
    ///
    /// - Parameter name: lower-case letters, digits and underscores, 1 to 63.
    /// - Returns: its URL, for the role `cairn`.
    public func createDatabase(_ name: String) async throws(DevStackError) -> String {
        guard let postgres = servers[.postgres] as? PostgresServer else {
            throw .refused("this stack was started without Postgres")
        }
        guard name.wholeMatch(of: /[a-z_][a-z0-9_]{0,62}/) != nil else {
            throw .refused("\(name) is no database name: lower-case letters, digits and underscores, at most 63")
        }
        try await postgres.execute(["CREATE DATABASE \(name) OWNER cairn TEMPLATE template0"], in: self)
        return url(ofDatabase: name, user: "cairn")
    }

    /// Starts any program, a worker for example, under the same guard; it ends with the stack.
    ///
    /// - Parameters:
    ///   - name: names its log, `folder/NAME.log`.
    ///   - executable: a path, or a name to look up on PATH.
    ///   - environment: added to our own.
    public func spawn(
        _ name: String, _ executable: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws(DevStackError) -> DevProcess {
        guard !name.isEmpty, !name.contains("/") else { throw .refused("\(name) does not name a log file") }
        guard let program = onPath(executable) else {
            throw .missing(executable, remedy: "it is no executable file and not on PATH")
        }
        return try await begin(
            name,
            ChildCommand(
                log: "\(folder)/\(name).log", directory: FileManager.default.currentDirectoryPath,
                environment: environment, command: [program] + arguments))
    }

    /// Ends every process of the stack and removes the folder; returns when that is done. May be called twice.
    public func stop() async {
        await supervisor.close()
    }

    /// The topics to create again after a restart of the broker, by name.
    var knownTopics: [(key: String, value: Int)] { topics.withLock { $0 }.sorted { $0.key < $1.key } }

    func note(_ service: DevService, _ server: RunningServer) {
        running.withLock { $0[service] = server }
    }

    private func url(ofDatabase name: String, user: String) -> String {
        "postgres://\(user)@127.0.0.1:\(port(of: .postgres))/\(name)"
    }
}

/// What `body` throws, as a value: a task group knows no typed errors.
private func failure(_ body: () async throws(DevStackError) -> Void) async -> DevStackError? {
    do {
        try await body()
        return nil
    } catch {
        return error
    }
}
