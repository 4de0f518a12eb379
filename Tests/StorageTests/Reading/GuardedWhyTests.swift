import HuntCore
import PostgresClient
import Reactor
import ReadAPI
import Testing

@testable import Storage

extension RealServices {
    /// The question why, asked through the guard as `cairn serve` asks it.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct GuardedWhyTests {
        /// Who asks for players of one hunt.
        @Reactor
        private final class Asker {
            let guarded: GuardedReads
            let pools: [BackendPool]
            let reader = PlayerWhyReader()

            struct BackendPool {
                let backend: GuardedReads.Backend
                let pool: PostgresPool
            }

            init(_ guarded: GuardedReads, _ pools: [BackendPool]) {
                self.guarded = guarded
                self.pools = pools
            }

            func why(_ player: String) async throws(ReadFailure) -> ReadAnswer<Int64?> {
                try await guarded.read(.any, deadlineMs: 2_000) { backend throws(ReadTrouble) in
                    do throws(PostgresError) {
                        return try await self.score(player, backend)
                    } catch { throw .transient(error.description) }
                }
            }

            private func score(
                _ player: String, _ backend: GuardedReads.Backend
            ) async throws(PostgresError) -> Int64? {
                guard let place = pools.first(where: { $0.backend == backend }) else {
                    throw .unreachable(reason: "no such backend")
                }
                return try await reader.read(from: place.pool, hunt: "small", player: player)?.score?.score
            }
        }

        @Reactor
        private final class Count {
            var asked = 0
            var notNow = 0
        }

        private func withPlayers(_ body: @Reactor (TestDatabase) async throws -> Void) async throws {
            try await TestDatabase.with { database in
                _ = try await DefinitionStore(pool: database.pool).importHunt(smallHunt())
                try await database.run(
                    """
                    insert into cairn.score (hunt_id, player, score, unlocks, reached_at, version, facts_seq, updated_at)
                    select 1, 'p' || n, n, 1, now(), 1, 1, now() from generate_series(1, 100) n
                    """)
                try await body(database)
            }
        }

        @Test("connections that the server ends cost nobody a wrong answer, and hardly anybody an answer")
        func endedConnections() async throws {
            try await withPlayers { database in
                let guarded = GuardedReads(ReadGuardSettings(replicas: 0, connectionsMax: 4))
                let asker = Asker(guarded, [Asker.BackendPool(backend: .primary, pool: database.pool)])
                let count = Count()
                let readers = (0..<4).map { reader in
                    Task {
                        for number in 1...500 {
                            let player = 1 + (reader + number) % 100
                            do throws(ReadFailure) {
                                let answer = try await asker.why("p\(player)")
                                #expect(answer.value == Int64(player))
                            } catch {
                                guard case .notNow = error else { throw error }
                                count.notNow += 1
                            }
                            count.asked += 1
                        }
                    }
                }
                for kills in 1...4 {
                    while count.asked < kills * 400 { await Reactor.pause(ms: 1) }
                    _ = try await database.rows(
                        """
                        select pg_terminate_backend(pid) from pg_stat_activity
                        where datname = current_database() and pid <> pg_backend_pid()
                        """)
                }
                for reader in readers { try await reader.value }
                #expect(count.asked == 2_000 && count.notNow <= 4, "\(count.notNow) of \(count.asked)")
                #expect(guarded.metrics().contains("cairn_backend_in_flight{backend=\"primary\"} 0\n"))
            }
        }

        @Test("a replica that is gone costs a few readers half their time; the primary answers all, and it is shut out")
        func deadReplica() async throws {
            try await withPlayers { database in
                let settings = PoolSettings(max: 4, minIdle: 0, acquireTimeoutMs: 50)
                let nowhere = PostgresPool(url: "postgres://cairn@127.0.0.1:1/cairn", settings: settings)
                let guarded = GuardedReads(ReadGuardSettings(replicas: 1, connectionsMax: 4))
                let asker = Asker(
                    guarded,
                    [
                        Asker.BackendPool(backend: .replica(0), pool: nowhere),
                        Asker.BackendPool(backend: .primary, pool: database.pool),
                    ])
                for number in 1...50 {
                    let answer = try await asker.why("p\(number)")
                    #expect(answer.value == Int64(number) && answer.backend == .primary)
                }
                let page = guarded.metrics()
                #expect(page.contains("cairn_breaker_state{backend=\"replica_0\"} 1\n"))
                #expect(page.contains("cairn_retries_total{backend=\"replica_0\"} 5\n"))
                await nowhere.close()
            }
        }
    }
}
