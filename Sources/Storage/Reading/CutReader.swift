import FlowCore
import PostgresClient
import Reactor

/// Reads which state the database is in.
@Reactor
public struct CutReader {
    private let topic: String
    private let group: String

    /// - Parameters: whose leases count scans.
    public init(topic: String, group: String) {
        self.topic = topic
        self.group = group
    }

    /// On a replica the commit that was replayed last; it may have replayed nothing yet.
    private static let now = PreparedStatement(
        name: "cut_now",
        sql: """
            select case when pg_is_in_recovery() then coalesce(pg_last_xact_replay_timestamp(), 'epoch')
                        else statement_timestamp() end
            """)

    /// By its key the definitions are one row to the planner too. Without it, it expects a million rows of tables that
    /// nobody analyzed, and compiles the query (jit), which takes 12 ms each time instead of 0.1.
    private static let cut = PreparedStatement(
        name: "cut",
        sql: """
            select d.generation, (select coalesce(sum(erasures), 0)::bigint from cairn.hunt),
                   exists (select from cairn.rescore) or exists (select from cairn.hunt_deletion),
                   l.topic = $1 and l.consumer_group = $2, l.partition, l.next_offset, l.changes
            from cairn.definitions d left join cairn.partition_lease l on true
            where d.singleton order by l.partition
            """)

    /// The state now.
    public func read(_ pool: PostgresPool) async throws(PostgresError) -> CommittedCut {
        try await pool.with { connection throws(PostgresError) in
            try await read(connection, asOf: try await Self.now(connection))
        }
    }

    /// The state that a transaction shows.
    ///
    /// - Parameter asOf: epoch milliseconds, from `now` before the transaction began.
    func read(_ connection: PostgresConnection, asOf: Int64) async throws(PostgresError) -> CommittedCut {
        let parameters = PostgresParameters()
        parameters.append(text: topic)
        parameters.append(text: group)
        let rows = try await connection.query(Self.cut, parameters)
        if rows.isEmpty {
            throw .unreachable(reason: "the table cairn.definitions is empty: run `cairn migrate up`")
        }
        var marks: [LeaseMark] = []
        var foreign: Int64 = 0
        for row in 0..<rows.count where !rows.isNull(row, 4) {
            if rows.bool(row, 3) {
                marks.append(
                    LeaseMark(
                        partition: rows.int32(row, 4), nextOffset: rows.int64(row, 5), changes: rows.int64(row, 6)))
            } else {
                foreign += rows.int64(row, 6)
            }
        }
        return CommittedCut(
            asOf: asOf, generation: rows.int64(0, 0), erasures: rows.int64(0, 1), isUnderUpkeep: rows.bool(0, 2),
            foreignChanges: foreign, marks: marks)
    }

    /// A time of which a snapshot taken after it holds everything, epoch milliseconds.
    static func now(_ connection: PostgresConnection) async throws(PostgresError) -> Int64 {
        try await connection.query(now).timestampMs(0, 0)
    }
}
