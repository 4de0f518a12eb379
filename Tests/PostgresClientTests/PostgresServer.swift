import Foundation
import PostgresClient
import Reactor
import Testing

/// A private Postgres on a free port of 127.0.0.1, with a superuser `cairn` who needs no password and a user `locked`
/// who needs one. Runs as the user postgres when the tests run as root, which Postgres refuses.
final class PostgresServer: @unchecked Sendable {
    let port: Int
    private let directory: URL
    private let lock = NSLock()
    private var process: Process?

    var url: String { "postgres://cairn@127.0.0.1:\(port)/postgres" }

    /// The one that most tests share; it ends with the test process.
    static let shared = Task { try await PostgresServer.boot() }

    static func boot() async throws -> PostgresServer {
        let server = try PostgresServer()
        EndOfProcess.shared.add(server)
        try await server.start()
        return server
    }

    private init() throws {
        port = try Self.freePort()
        directory = FileManager.default.temporaryDirectory.appending(path: "cairn-pg-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        if getuid() == 0, let user = getpwnam("postgres")?.pointee {
            chown(directory.path, user.pw_uid, user.pw_gid)
        }
        let setup = try Self.run(
            "initdb", ["--no-sync", "-A", "trust", "-U", "cairn", "-E", "UTF8", "--locale=C", "-D", data])
        setup.waitUntilExit()
        try #require(setup.terminationStatus == 0, "initdb failed")
        let rules = """
            host all locked 127.0.0.1/32 scram-sha-256
            host all all 127.0.0.1/32 trust

            """
        try rules.write(toFile: data + "/pg_hba.conf", atomically: false, encoding: .utf8)
    }

    private var data: String { directory.path + "/data" }

    /// Starts the server and waits until it answers. Also restarts one that was killed.
    func start() async throws {
        for _ in 0..<100 {
            // The postmaster itself, so that its pid is ours to end. Children of a killed one may still be going.
            let started = try Self.run(
                "postgres",
                [
                    "-D", data, "-p", "\(port)", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
                    "-c", "fsync=off", "-c", "max_connections=150", "-c", "deadlock_timeout=50ms",
                    "-c", "log_min_messages=panic", "-c", "log_min_error_statement=panic",
                ])
            lock.withLock { process = started }
            while started.isRunning {
                if let connection = try? await PostgresConnection.open(url, timeoutMs: 5_000) {
                    await connection.close()
                    return
                }
                await Reactor.pause(ms: 20)
            }
            await Reactor.pause(ms: 50)
        }
        Issue.record("Postgres does not start")
    }

    /// SIGKILL to the postmaster; its children end by themselves.
    func kill() {
        lock.withLock {
            guard let process, process.isRunning else { return }
            Foundation.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    /// Immediate shutdown, and away with the files.
    func stop() {
        lock.withLock {
            if let process, process.isRunning {
                Foundation.kill(process.processIdentifier, SIGQUIT)
                process.waitUntilExit()
            }
            process = nil
        }
        try? FileManager.default.removeItem(at: directory)
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> Process {
        let binary = try #require(
            ["/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin", "/usr/bin"]
                .map { $0 + "/" + program }.first { FileManager.default.isExecutableFile(atPath: $0) },
            "no \(program) on this machine")
        let drop = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
        let words = (getuid() == 0 ? drop : []) + [binary] + arguments
        let process = Process()
        process.executableURL = URL(filePath: words[0])
        process.arguments = Array(words.dropFirst())
        process.currentDirectoryURL = URL(filePath: "/")
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) + getsockname(descriptor, $0, &length)
            }
        }
        try #require(status == 0, "no free port")
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// Ends the servers of this process when it exits.
private final class EndOfProcess: @unchecked Sendable {
    static let shared = EndOfProcess()
    private let lock = NSLock()
    private var servers: [PostgresServer] = []

    private init() {
        atexit { EndOfProcess.shared.stopAll() }
    }

    func add(_ server: PostgresServer) {
        lock.withLock { servers.append(server) }
    }

    private func stopAll() {
        for server in lock.withLock({ servers }) { server.stop() }
    }
}

/// Polls a condition until it holds; a test that waits longer than `seconds` has failed.
@Reactor
func eventually(
    within seconds: Int64 = 30, _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: @Reactor () async throws -> Bool
) async rethrows {
    let deadline = Clock.monotonicMs() + seconds * 1_000
    while Clock.monotonicMs() < deadline {
        if try await condition() { return }
        await Reactor.pause(ms: 10)
    }
    Issue.record(what, sourceLocation: sourceLocation)
}

/// A connection to the shared server, closed afterwards.
@Reactor
func withConnection(_ body: @Reactor (PostgresConnection) async throws -> Void) async throws {
    let connection = try await PostgresConnection.open(try await PostgresServer.shared.value.url)
    defer { connection.close() }
    try await body(connection)
}

/// The error that `body` throws.
@Reactor
func failure(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: @Reactor () async throws(PostgresError) -> Void
) async throws -> PostgresError {
    do {
        try await body()
    } catch {
        return error
    }
    return try #require(nil as PostgresError?, "nothing was thrown", sourceLocation: sourceLocation)
}
