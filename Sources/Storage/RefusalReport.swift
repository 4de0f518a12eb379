import PostgresClient
import Reactor

/// What was refused: counts by reason, and the scans that were kept.
@Reactor
public final class RefusalReport {
    /// A row of the view `cairn.refusals`.
    public struct Summary: Sendable, Equatable {
        public let reason: String
        public let count: Int64
        /// Epoch milliseconds: when the latest of those still kept was received, else the hour of the latest.
        public let latest: Int64?
    }

    /// A refused scan that was kept with its detail.
    public struct Scan: Sendable, Equatable {
        public let topic: String
        public let partition: Int32
        public let offset: Int64
        public let reason: String
        /// Printable ASCII.
        public let detail: String
        /// Epoch milliseconds; nil when the record carried no usable time.
        public let receivedAt: Int64?
        /// The first 1 KiB of the value, any bytes; nil: the record had none.
        public let value: [UInt8]?
    }

    private static let rowsPerFetch = 500
    private let pool: PostgresPool

    public init(pool: PostgresPool) { self.pool = pool }

    /// Every reason that occurred, by name.
    public func summary() async throws(PostgresError) -> [Summary] {
        let rows = try await pool.with { connection throws(PostgresError) in
            try await connection.query("select reason, count, latest from cairn.refusals order by reason")
        }
        return (0..<rows.count).map {
            Summary(reason: rows.text($0, 0), count: rows.int64($0, 1), latest: rows.optionalMs($0, 2))
        }
    }

    /// Kept scans, newest first.
    ///
    /// Which hunt a value names is not known to Postgres 15 (a value may be no JSON, and a cast would fail), so rows
    /// are read a few hundred at a time until enough of them are wanted.
    ///
    /// - Parameters:
    ///   - reason: nil for all.
    ///   - limit: scans at most, `0 ...`.
    ///   - isWanted: false leaves a scan out.
    public func scans(
        reason: String?, limit: Int, where isWanted: (Scan) -> Bool = { _ in true }
    ) async throws(PostgresError) -> [Scan] {
        try await pool.snapshot { connection throws(PostgresError) in
            let parameters = PostgresParameters()
            parameters.append(optional: reason)
            var found: [Scan] = []
            try await Self.forEach(connection, where: "$1::text is null or reason = $1", parameters) { scan in
                if found.count < limit, isWanted(scan) { found.append(scan) }
                return found.count < limit
            }
            return found
        }
    }

    /// Walks over kept scans, newest first, a few hundred in memory at a time. Lives in a transaction block and is done
    /// once in it.
    ///
    /// - Parameters:
    ///   - condition: of SQL, on columns of `cairn.refused_scan`.
    ///   - body: false ends the walk.
    static func forEach(
        _ connection: PostgresConnection, where condition: StaticString, _ parameters: PostgresParameters,
        _ body: (Scan) -> Bool
    ) async throws(PostgresError) {
        // Most of the order is the index on the hour, so little is sorted before the first rows come.
        _ = try await connection.query(
            """
            declare refused no scroll cursor for
            select topic, partition, "offset", reason, detail, received_at, value
            from cairn.refused_scan where \(condition)
            order by hour desc, received_at desc nulls last, topic, partition, "offset" desc
            """, parameters)
        while true {
            let rows = try await connection.query("fetch \(Self.rowsPerFetch) from refused")
            for row in 0..<rows.count where !body(scan(rows, row)) { return }
            if rows.count < Self.rowsPerFetch { return }
        }
    }

    private static func scan(_ rows: PostgresRows, _ row: Int) -> Scan {
        Scan(
            topic: rows.text(row, 0), partition: rows.int32(row, 1), offset: rows.int64(row, 2),
            reason: rows.text(row, 3), detail: rows.text(row, 4), receivedAt: rows.optionalMs(row, 5),
            value: rows.isNull(row, 6) ? nil : [UInt8](rows.bytes(row, 6)))
    }
}
