import Foundation

/// What differs between the servers: how to start one and how to see that it is ready.
protocol PrivateServer: Sendable {
    var service: DevService { get }
    /// Its folder inside the stack's.
    var folder: String { get }
    /// Once, before its first start.
    func prepare(in stack: DevStack) async throws(DevStackError)
    /// The process itself.
    func child(port: Int) -> ChildCommand
    /// Whether this process serves at `port` by now.
    func isReady(_ process: DevProcess, port: Int) -> Bool
    /// After its first start.
    func settle(in stack: DevStack) async throws(DevStackError)
    /// After every other start.
    func settleAgain(in stack: DevStack) async throws(DevStackError)
}

extension PrivateServer {
    /// The log of the process.
    var log: String { "\(folder).log" }

    /// All a server needs of an environment. Ours stays out: `PGOPTIONS` or `RUST_LOG` would change what we measure.
    func serverCommand(_ command: [String], user: String? = nil, environment: [String: String] = [:]) -> ChildCommand {
        let basics = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": folder, "TMPDIR": folder]
        return ChildCommand(
            log: log, directory: folder, environment: basics.merging(environment) { $1 }, cleanEnvironment: true,
            user: user, command: command)
    }

    /// Makes the server's folder, owned by `user` if that is not nil.
    func makeFolder(user: String? = nil) throws(DevStackError) {
        guard mkdir(folder, 0o700) == 0 else { throw .failed(service.rawValue, reason: "\(folder): \(lastError())") }
        guard let user else { return }
        guard let entry = getpwnam(user), chown(folder, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
            throw .failed(service.rawValue, reason: "\(folder) cannot be given to \(user): \(lastError())")
        }
    }
}

/// Redis, without persistence.
struct RedisServer: PrivateServer {
    let service = DevService.redis
    let folder: String
    let program: String
    let maxMemory: String

    func prepare(in stack: DevStack) async throws(DevStackError) { try makeFolder() }

    func child(port: Int) -> ChildCommand {
        serverCommand([
            program, "--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--daemonize", "no",
            "--save", "", "--appendonly", "no", "--maxmemory", maxMemory, "--maxmemory-policy", "allkeys-lru",
        ])
    }

    func isReady(_ process: DevProcess, port: Int) -> Bool {
        ProcessEntry(process.pid)?.listens(on: port) ?? false
    }

    func settle(in stack: DevStack) async throws(DevStackError) {}
    func settleAgain(in stack: DevStack) async throws(DevStackError) {}
}

/// The broker tansu with memory storage: its records and topics go with the process.
struct BrokerServer: PrivateServer {
    let service = DevService.kafka
    let folder: String
    let program: String
    let topics: [String: Int]
    /// Nil: its own.
    var advertisedPort: Int?

    func prepare(in stack: DevStack) async throws(DevStackError) { try makeFolder() }

    func child(port: Int) -> ChildCommand {
        serverCommand(
            [
                program, "broker", "--listener-url", "tcp://127.0.0.1:\(port)", "--advertised-listener-url",
                "tcp://127.0.0.1:\(advertisedPort ?? port)", "--storage-engine", "memory://tansu/",
            ], environment: ["RUST_LOG": "error", "NO_COLOR": "1"])
    }

    func isReady(_ process: DevProcess, port: Int) -> Bool {
        ProcessEntry(process.pid)?.listens(on: port) ?? false
    }

    func settle(in stack: DevStack) async throws(DevStackError) {
        for (name, partitions) in topics.sorted(by: { $0.key < $1.key }) {
            try await stack.createTopic(name, partitions: partitions)
        }
    }

    func settleAgain(in stack: DevStack) async throws(DevStackError) {
        for (name, partitions) in stack.knownTopics { try await stack.createTopic(name, partitions: partitions) }
    }

    /// Creates a topic; one that exists already stays as it is.
    func createTopic(_ name: String, partitions: Int, port: Int, in stack: DevStack) async throws(DevStackError) {
        let broker = "tcp://127.0.0.1:\(port)"
        let (status, output) = try await stack.run(
            "tansu-topic",
            serverCommand(
                [program, "topic", "create", "--broker", broker, "--partitions", String(partitions), name],
                environment: ["RUST_LOG": "error", "NO_COLOR": "1"]))
        guard status == 0 || output.contains("already exists") else {
            throw .failed("creating topic \(name)", reason: lastSentence(output))
        }
    }
}
