import FlowCore
import HuntCore
import PostgresClient
import Reactor
import Simulation
import Storage

@Reactor
final class RealLedgerStage: LedgerStage {
    private let pool: PostgresPool
    private let absent = PostgresPool(
        url: "postgres://cairn@127.0.0.1:1/cairn", settings: PoolSettings(max: 1, minIdle: 0, acquireTimeoutMs: 50))

    init() async throws { pool = try await RealServers.newDatabase() }

    var patience: Patience { Patience(time: nil) }

    func ledger(_ owner: String) -> any Ledger {
        PostgresLedger(pool: pool, topic: "scans", group: "cairn", owner: owner)
    }

    func absentLedger() -> any Ledger { PostgresLedger(pool: absent, topic: "scans", group: "cairn", owner: "w1") }

    func importHunt(_ definition: HuntDefinition) async throws {
        _ = try await DefinitionStore(pool: pool).importHunt(definition)
    }

    func facts() async throws -> [String] {
        try await lines(
            """
            select concat_ws(' ', player, checkpoint_id,
                (extract(epoch from scanned_at) * 1000)::bigint - \(VirtualTime.startEpochMs), event_id,
                coalesce(reader, '-'), source_partition || '@' || source_offset)
            from cairn.first_scan order by player, checkpoint_id
            """)
    }

    func leases() async throws -> [String] {
        try await lines(
            """
            select concat_ws(' ', partition || ':', start_offset, next_offset, published_offset, first_scans,
                earlier_scans, repeats, refusals)
            from cairn.partition_lease order by partition
            """)
    }

    private static let hour = "((extract(epoch from hour)::bigint * 1000 - \(VirtualTime.startEpochMs)) / 3600000)"

    func refusalsKept() async throws -> [String: Int] {
        try await counts(
            """
            select concat_ws(' ', reason, partition, \(Self.hour)), count(*) from cairn.refused_scan group by 1
            """
        ).mapValues { Int($0) }
    }

    func refusalsCounted() async throws -> [String: Int64] {
        try await counts("select concat_ws(' ', reason, \(Self.hour)), count from cairn.refused_count")
    }

    var unstorableEvent: String { "e\0" }

    func flushCutOff(_ call: FlushCall) async throws -> Result<Int64, FlushTrouble> {
        let other = try await pool.acquire()
        try await other.script("begin; select 1 from cairn.partition_lease for update")
        var result: Result<Int64, FlushTrouble>?
        ledger("w1").flush(call) { result = $0 }
        try await patience.until("a flush that waits for the lease, and its end") {
            // Once it is gone this finds nobody.
            _ = try await lines(
                """
                select pg_terminate_backend(pid)::text from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock' and query like '%cairn.flush%'
                """)
            return result != nil
        }
        try await other.script("rollback")
        pool.release(other)
        guard let result else { throw NeverHappened(description: "a reply") }
        return result
    }

    func flushInConflict(_ call: FlushCall) async throws -> Result<Int64, FlushTrouble> {
        try await script(
            """
            create function public.give_up() returns trigger language plpgsql as $$
            begin raise exception 'given up' using errcode = '40P01'; end $$;
            create trigger give_up before update on cairn.partition_lease
            for each row execute function public.give_up()
            """)
        let result: Result<Int64, FlushTrouble> = try await patience.reply { ledger("w1").flush(call, reply: $0) }
        try await script("drop function public.give_up cascade")
        return result
    }

    var violations: [String] { [] }

    func end() async {
        await pool.close()
        await absent.close()
    }

    // MARK: SQL

    private func script(_ sql: String) async throws(PostgresError) {
        try await pool.with { connection throws(PostgresError) in try await connection.script(sql) }
    }

    private func rows(_ sql: String) async throws(PostgresError) -> PostgresRows {
        try await pool.with { connection throws(PostgresError) in try await connection.query(sql) }
    }

    private func lines(_ sql: String) async throws(PostgresError) -> [String] {
        let rows = try await rows(sql)
        return (0..<rows.count).map { rows.text($0, 0) }
    }

    private func counts(_ sql: String) async throws(PostgresError) -> [String: Int64] {
        let rows = try await rows(sql)
        return Dictionary(uniqueKeysWithValues: (0..<rows.count).map { (rows.text($0, 0), rows.int64($0, 1)) })
    }
}
