import Foundation
import PostgresClient
import Reactor

@testable import DevStack

/// A streaming replica of the stack's Postgres, a process of its own.
@Reactor
final class PostgresReplica {
    let port: Int
    private let stack: DevStack
    private let programs: Programs
    private let folder: String
    private var process: DevProcess?
    private static var made = 0

    /// Copies the primary and starts to follow it.
    init(of stack: DevStack) async throws {
        Self.made += 1
        self.stack = stack
        programs = try Programs(for: [.postgres])
        folder = "\(stack.folder)/replica-\(Self.made)"
        port = freePort()
        try await run(
            "pg_basebackup",
            ["-h", "127.0.0.1", "-p", "\(stack.port(of: .postgres))", "-U", "postgres", "-D", folder, "-R", "-X", "stream",
             "--checkpoint=fast", "--no-sync"])
        try await start()
    }

    /// The URL of a database of the primary's, on this server.
    func url(of primaryURL: String) -> String {
        primaryURL.replacing(":\(stack.port(of: .postgres))/", with: ":\(port)/")
    }

    func start() async throws {
        let settings = ["port=\(port)", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off",
                        "dynamic_shared_memory_type=mmap", "max_connections=200"]
        process = try await spawn("postgres", ["-D", folder] + settings.flatMap { ["-c", $0] })
        guard await eventually(within: 20, { try await self.query("select 1").int32(0, 0) == 1 }) else {
            throw ServiceFailure("the replica did not start")
        }
    }

    /// Kills it with SIGKILL.
    func kill() async {
        process?.signal(SIGKILL)
        await process?.wait()
        // Its children end by themselves, and hold the data until then.
        await Reactor.pause(ms: 500)
        unlink("\(folder)/postmaster.pid")
    }

    /// Lets it fall behind, or catch up.
    func pauseReplay(_ isPaused: Bool) async throws {
        _ = try await query(isPaused ? "select pg_wal_replay_pause()::text" : "select pg_wal_replay_resume()::text")
    }

    private func query(_ sql: String) async throws -> PostgresRows {
        let connection = try await PostgresConnection.open("postgres://postgres@127.0.0.1:\(port)/postgres")
        defer { connection.close() }
        return try await connection.query(sql, deadlineMs: 5_000)
    }

    private func run(_ program: String, _ arguments: [String]) async throws {
        let process = try await spawn(program, arguments)
        let status = await process.wait()
        guard status == 0 else { throw ServiceFailure("\(program) ended with \(status): \(WorkerProcess(process: process).log)") }
    }

    /// As whoever may run Postgres.
    private func spawn(_ program: String, _ arguments: [String]) async throws -> DevProcess {
        let command = ["\(programs.postgresFolder)/\(program)"] + arguments
        let name = "replica-\(Self.made)-\(program)-\(Clock.monotonicMs())"
        guard let user = programs.postgresUser else { return try await stack.spawn(name, command[0], arguments) }
        return try await stack.spawn(name, "setpriv", ["--reuid", user, "--regid", user, "--init-groups"] + command)
    }
}
