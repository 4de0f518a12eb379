import DevStack
import Foundation
import PostgresClient
import Reactor
import Storage
import Synchronization
import Testing

/// The suites of this target share one Postgres and one Redis; one of them stops Redis for a while.
@Suite(.serialized) enum Ports {}

enum RealServers {
    private static let task = Task {
        var options = DevStackOptions()
        options.services = [.postgres, .redis]
        options.durable = false
        return try await DevStack.start(options)
    }

    static var stack: DevStack {
        get async throws { try await task.value }
    }

    private static let names = Mutex(0)

    /// A name that nobody has used.
    static func newName() -> String {
        let number = names.withLock { count in
            count += 1
            return count
        }
        return "port_\(number)"
    }

    /// A pool to a database of its own, with cairn's schema.
    @Reactor
    static func newDatabase() async throws -> PostgresPool {
        let pool = PostgresPool(
            url: try await stack.createDatabase(newName()),
            settings: PoolSettings(max: 8, minIdle: 0, acquireTimeoutMs: 10_000))
        _ = try await Migrator(pool: pool).up()
        if let mutant = mutant("CAIRN_MUTANT_SQL") {
            try await pool.with { connection throws(PostgresError) in try await connection.script(mutant) }
        }
        return pool
    }

    /// A text with a planted defect that takes the place of a server's own, from the file that this variable names:
    /// tools/mutants.sh shows so that the suites notice.
    static func mutant(_ variable: String) -> String? {
        ProcessInfo.processInfo.environment[variable].map { path in
            guard let text = FileManager.default.contents(atPath: path) else { preconditionFailure("no file \(path)") }
            return String(decoding: text, as: UTF8.self)
        }
    }
}
