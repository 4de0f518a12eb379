import Foundation
import Reactor
import Testing

@testable import PostgresClient

@Reactor
@Suite(.serialized) struct PoolTests {
    /// A pool on the shared server, closed afterwards; its connections carry a name of their own in pg_stat_activity.
    private func withPool(
        _ settings: PoolSettings, _ body: @Reactor (PostgresPool, _ name: String) async throws -> Void
    ) async throws {
        let server = try await PostgresServer.shared.value
        let name = "pool-\(UInt32.random(in: 0 ... .max))"
        let pool = PostgresPool(url: server.url, settings: settings, applicationName: name)
        do {
            try await body(pool, name)
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
        #expect(pool.stats.open == 0 && pool.stats.opened == pool.stats.closed)
        try await eventually("connections are left on the server") { try await countOnServer(name) == 0 }
    }

    private func countOnServer(_ name: String) async throws -> Int64 {
        let connection = try await PostgresConnection.open(try await PostgresServer.shared.value.url)
        defer { connection.close() }
        let parameters = PostgresParameters()
        parameters.append(text: name)
        let sql = "select count(*) from pg_stat_activity where application_name = $1"
        return try await connection.query(sql, parameters).int64(0, 0)
    }

    @Test("a pool opens its idle minimum by itself and no more")
    func minimum() async throws {
        try await withPool(PoolSettings(max: 5, minIdle: 2, acquireTimeoutMs: 20_000)) { pool, name in
            await eventually("the minimum is not reached") { pool.stats.idle == 2 && pool.stats.opening == 0 }
            #expect(try await countOnServer(name) == 2)
            let connection = try await pool.acquire()
            await eventually("the lent one is not made up for") { pool.stats.idle == 2 }
            pool.release(connection)
            #expect(pool.stats.open == 3 && pool.stats.inUse == 0)
        }
    }

    @Test("fifty tasks share three connections, each alone on one")
    func limit() async throws {
        try await withPool(PoolSettings(max: 3, minIdle: 0, acquireTimeoutMs: 20_000)) { pool, name in
            var busy: Set<Int32> = []
            var mostBusy = 0
            let tasks = (0..<50).map { _ in
                Task {
                    try await pool.with { connection throws(PostgresError) in
                        #expect(busy.insert(connection.backendPID).inserted)
                        mostBusy = max(mostBusy, busy.count)
                        _ = try await connection.query("select pg_sleep(0.002)")
                        busy.remove(connection.backendPID)
                    }
                }
            }
            for task in tasks { try await task.value }
            #expect(mostBusy == 3)
            #expect(pool.stats.acquired == 50 && pool.stats.opened == 3 && pool.stats.waiting == 0)
            #expect(pool.stats.waitedSeconds > 0)
            #expect(try await countOnServer(name) == 3)
        }
    }

    @Test("first come, first served")
    func order() async throws {
        try await withPool(PoolSettings(max: 1, minIdle: 0, acquireTimeoutMs: 20_000)) { pool, _ in
            var order: [Int] = []
            let tasks = (0..<50).map { number in
                Task {
                    try await pool.with { connection throws(PostgresError) in
                        order.append(number)
                        if number % 7 == 0 { _ = try await connection.query("select 1") }
                    }
                }
            }
            for task in tasks { try await task.value }
            #expect(order == Array(0..<50))
        }
    }

    @Test("whoever waits too long gets a timeout that says what the pool was doing")
    func acquireTimeout() async throws {
        try await withPool(PoolSettings(max: 1, minIdle: 1, acquireTimeoutMs: 100)) { pool, _ in
            await eventually("no connection") { pool.stats.idle == 1 }
            let connection = try await pool.acquire()
            let start = Clock.monotonicMs()
            let error = try await failure { () throws(PostgresError) in pool.release(try await pool.acquire()) }
            #expect((90...9_000).contains(Clock.monotonicMs() - start))
            guard case .poolTimeout(100, let reason) = error else { throw error }
            #expect(reason.contains("1 of 1 in use"))
            #expect(pool.stats.timeouts == 1 && pool.stats.waiting == 0)
            pool.release(connection)
            pool.release(try await pool.acquire())
        }
    }

    @Test("a connection past its lifetime is replaced, a lent one when it comes back")
    func lifetime() async throws {
        try await withPool(PoolSettings(max: 4, minIdle: 1, acquireTimeoutMs: 20_000, maxLifetimeMs: 200)) { pool, _ in
            let old = try await pool.acquire()
            let pid = old.backendPID
            await Reactor.pause(ms: 300)
            #expect(try await old.query("select 1").count == 1)
            pool.release(old)
            #expect(old.isBroken)
            try await pool.with { connection throws(PostgresError) in #expect(connection.backendPID != pid) }
            await eventually("idle connections live on") { pool.stats.closed >= 4 }
            await eventually("the minimum is not kept") { pool.stats.idle >= 1 }
        }
    }

    @Test("a connection that comes back within a transaction is not lent again")
    func openTransaction() async throws {
        try await withPool(PoolSettings(max: 1, minIdle: 0, acquireTimeoutMs: 20_000)) { pool, _ in
            let error = try await failure { () throws(PostgresError) in
                try await pool.with { connection throws(PostgresError) in
                    try await connection.script("begin")
                    _ = try await connection.query("select 1/0")
                }
            }
            guard case .raised("22012", _, _, _) = error else { throw error }
            #expect(pool.stats.closed == 1)
            let left = try await pool.with { connection throws(PostgresError) in
                let rows = try await connection.query("select 1/1")
                return rows.int64(0, 0)
            }
            #expect(left == 1 && pool.stats.opened == 2)
        }
    }

    @Test("an error of the data does not cost a connection")
    func dataError() async throws {
        try await withPool(PoolSettings(max: 1, minIdle: 0, acquireTimeoutMs: 20_000)) { pool, _ in
            for _ in 0..<5 {
                _ = try await failure { () throws(PostgresError) in
                    try await pool.with { connection throws(PostgresError) in
                        _ = try await connection.query("select 'x'::int")
                    }
                }
            }
            #expect(pool.stats.opened == 1 && pool.stats.closed == 0 && pool.stats.idle == 1)
        }
    }

    @Test("idle connections that the server ends are noticed and replaced")
    func idleLoss() async throws {
        try await withPool(PoolSettings(max: 4, minIdle: 2, acquireTimeoutMs: 20_000)) { pool, name in
            await eventually("the minimum is not reached") { pool.stats.idle == 2 }
            try await withConnection { killer in
                let parameters = PostgresParameters()
                parameters.append(text: name)
                _ = try await killer.query(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", parameters)
            }
            await eventually("the loss is not noticed") { pool.stats.closed == 2 && pool.stats.idle == 2 }
            try await pool.with { connection throws(PostgresError) in _ = try await connection.query("select 1") }
        }
    }

    @Test("a hundred connections at once, and a hundred tasks each with one")
    func hundred() async throws {
        try await withPool(PoolSettings(max: 100, acquireTimeoutMs: 30_000)) { pool, name in
            var pids: Set<Int32> = []
            var arrived = 0
            let tasks = (0..<100).map { _ in
                Task {
                    try await pool.with { connection throws(PostgresError) in
                        pids.insert(connection.backendPID)
                        arrived += 1
                        while arrived < 100 { await Reactor.pause(ms: 5) }
                        _ = try await connection.query("select 1")
                    }
                }
            }
            for task in tasks { try await task.value }
            #expect(pids.count == 100 && pool.stats.open == 100)
            #expect(try await countOnServer(name) == 100)
        }
    }

    @Test("closing turns away who waits and waits for what is lent")
    func closing() async throws {
        try await withPool(PoolSettings(max: 1, minIdle: 0, acquireTimeoutMs: 10_000)) { pool, _ in
            let connection = try await pool.acquire()
            let waiter = Task {
                try await failure { () throws(PostgresError) in pool.release(try await pool.acquire()) }
            }
            await eventually("nobody waits") { pool.stats.waiting == 1 }
            var isClosed = false
            let closer = Task {
                await pool.close()
                isClosed = true
            }
            let error = try await waiter.value
            guard case .unreachable = error else { throw error }
            #expect(try await connection.query("select 1").count == 1)
            #expect(!isClosed)
            pool.release(connection)
            await closer.value
            let late = try await failure { () throws(PostgresError) in pool.release(try await pool.acquire()) }
            guard case .unreachable = late else { throw late }
        }
    }
}

@Reactor
@Suite(.serialized) struct ServerLossTests {
    @Test("a server that is killed and comes back is found again, and what was under way is unknown")
    func killedServer() async throws {
        let server = try await PostgresServer.boot()
        defer { server.stop() }
        let settings = PoolSettings(max: 8, minIdle: 3, acquireTimeoutMs: 300)
        let pool = PostgresPool(url: server.url, settings: settings)
        await eventually("no connection") { pool.stats.idle == 3 }
        let error = try await failure { () throws(PostgresError) in
            try await pool.with { connection throws(PostgresError) in
                Reactor.schedule(afterMs: 100) { server.kill() }
                _ = try await connection.query("select pg_sleep(20)")
            }
        }
        guard case .outcomeUnknown = error else { throw error }
        await eventually("dead connections are kept") { pool.stats.open == 0 }
        // A backend that was just starting may outlive its postmaster for a moment.
        try await eventually("connections to a dead server") {
            do throws(PostgresError) {
                pool.release(try await pool.acquire())
                return false
            } catch {
                guard case .unreachable(let reason) = error else { throw error }
                return reason.contains("127.0.0.1:\(server.port)")
            }
        }
        #expect(pool.stats.openFailures > 0)
        try await server.start()
        await eventually("the pool does not recover") { pool.stats.idle == 3 }
        let one = try await pool.with { connection throws(PostgresError) in
            try await connection.query("select 1").int64(0, 0)
        }
        #expect(one == 1)
        await pool.close()
    }

    @Test("callers wait through a server's short absence")
    func shortAbsence() async throws {
        let server = try await PostgresServer.boot()
        server.kill()
        let settings = PoolSettings(max: 2, minIdle: 0, acquireTimeoutMs: 15_000)
        let pool = PostgresPool(url: server.url, settings: settings)
        async let connection = pool.acquire()
        await eventually("nothing was tried") { pool.stats.openFailures > 1 }
        try await server.start()
        pool.release(try await connection)
        await pool.close()
        server.stop()
    }

    @Test("a pool of a URL that cannot be read says so")
    func unreadableURL() async throws {
        let pool = PostgresPool(
            url: "postgres://a:geheim@h/x?nonsense=1", settings: PoolSettings(acquireTimeoutMs: 50))
        let error = try await failure { () throws(PostgresError) in pool.release(try await pool.acquire()) }
        guard case .unreachable(let reason) = error else { throw error }
        #expect(reason.contains("postgres.url cannot be read") && !reason.contains("geheim"))
        await pool.close()
    }
}
