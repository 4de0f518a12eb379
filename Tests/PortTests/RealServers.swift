import DevStack
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
        return pool
    }
}
