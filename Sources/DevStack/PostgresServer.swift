import Foundation

/// A Postgres cluster of its own. The `postgres` process is a direct child of the supervisor, not started by pg_ctl.
struct PostgresServer: PrivateServer {
    let service = DevService.postgres
    let folder: String
    /// Where `initdb`, `postgres` and `psql` lie.
    let programs: String
    /// Who runs it; nil for ourselves.
    let user: String?
    let durable: Bool
    let extraSettings: [String: String]

    private var data: String { "\(folder)/data" }

    func prepare(in stack: DevStack) async throws(DevStackError) {
        try makeFolder(user: user)
        // Unsynced: only processes are killed here, never the machine, and a sync takes 3 s (environment.md).
        let (status, output) = try await stack.run(
            "initdb",
            serverCommand(
                [
                    "\(programs)/initdb", "--no-sync", "--no-instructions", "-A", "trust", "-U", "postgres",
                    "--locale=C", "-E", "UTF8", "-D", data,
                ], user: user))
        guard status == 0 else { throw .failed("initdb", reason: lastSentence(output)) }
    }

    func child(port: Int) -> ChildCommand {
        let onOff = durable ? "on" : "off"
        // The path of a Unix socket has 107 bytes (unix(7)); below a long TMPDIR there is only TCP.
        let hasSocket = folder.utf8.count + "/.s.PGSQL.65535.lock".utf8.count <= 107
        var settings = [
            "port": String(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": hasSocket ? folder : "",
            "max_connections": "200", "shared_buffers": "128MB", "max_wal_size": "2GB", "checkpoint_timeout": "15min",
            "fsync": onOff, "synchronous_commit": onOff, "full_page_writes": onOff,
            // In the data folder rather than /dev/shm, where a killed server would leave it.
            "dynamic_shared_memory_type": "mmap",
            // After a kill the whole data folder is flushed: 1 s file by file, 0.1 s this way (Postgres 14 and newer).
            "recovery_init_sync_method": "syncfs",
        ]
        settings.merge(extraSettings) { $1 }
        let arguments = settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        return serverCommand(["\(programs)/postgres", "-D", data] + arguments, user: user)
    }

    /// Line 1 of postmaster.pid is the pid, line 8 its state. The file of a killed postmaster may still say `ready`.
    func isReady(_ process: DevProcess, port: Int) -> Bool {
        let lines = PostgresServer.lockFile(ofData: data)
        return lines.count > 7 && lines[0] == String(process.pid) && lines[7].hasPrefix("ready")
    }

    /// The number of the System V segment that keeps a second server off the data folder; nil when there is none.
    /// Line 7 of postmaster.pid holds its key and its number.
    static func sharedMemory(ofData data: String) -> Int32? {
        let lines = lockFile(ofData: data)
        guard lines.count > 6 else { return nil }
        return lines[6].split(separator: " ").last.flatMap { Int32($0) }
    }

    private static func lockFile(ofData data: String) -> [Substring] {
        logText(of: "\(data)/postmaster.pid").split(separator: "\n", omittingEmptySubsequences: false)
    }

    func settle(in stack: DevStack) async throws(DevStackError) {
        try await execute(
            ["CREATE ROLE cairn LOGIN", "CREATE DATABASE cairn OWNER cairn TEMPLATE template0"], in: stack)
    }

    func settleAgain(in stack: DevStack) async throws(DevStackError) {}

    /// Runs statements as the superuser, each in its own transaction.
    func execute(_ statements: [String], in stack: DevStack) async throws(DevStackError) {
        let (status, output) = try await stack.run(
            "psql",
            serverCommand(
                ["\(programs)/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", stack.adminURL]
                    + statements.flatMap { ["-c", $0] }))
        guard status == 0 else { throw .failed("psql", reason: lastSentence(output)) }
    }
}
