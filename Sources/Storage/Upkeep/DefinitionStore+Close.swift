import HuntCore
import PostgresClient
import Reactor

/// What closing a hunt did.
public enum CloseOutcome: Sendable, Equatable {
    /// Scans from here on are refused, epoch milliseconds.
    case closed(at: Int64, rulesVersion: Int32)
    /// It closed at this time already; nothing was written.
    case wasClosed(at: Int64)
    /// It opens only then; nothing was written.
    case notOpen(until: Int64)
    /// Its players are being counted by new rules, which closing would change again; nothing was written.
    case rescoring
    case unknown
}

extension DefinitionStore {
    /// Ends a hunt now. Scans made before count as long as they arrive within the grace.
    ///
    /// No accepted scan falls out of the hunt: where a phone's clock was ahead, the hunt ends after that scan. Flushes
    /// wait meanwhile, which is as long as it takes to find the hunt's latest fact.
    public func close(_ slug: String) async throws(PostgresError) -> CloseOutcome {
        try await pool.transaction(Self.begin) { connection throws(PostgresError) in
            guard let known = try await Self.hunts(connection, slug: slug).first else { return .unknown }
            if try await Rescore.isPending(known.huntID, connection) { return .rescoring }
            let parameters = PostgresParameters()
            parameters.append(int32: known.huntID)
            let times = try await connection.query(
                """
                select date_trunc('milliseconds', clock_timestamp()),
                       (select max(scanned_at) from cairn.first_scan where hunt_id = $1)
                """, parameters)
            let now = times.timestampMs(0, 0)
            let end = max(now, (times.optionalMs(0, 1) ?? 0) + 1)
            if end >= known.definition.closesAt { return .wasClosed(at: known.definition.closesAt) }
            if end <= known.definition.opensAt { return .notOpen(until: known.definition.opensAt) }
            let version = try await Self.write(known.definition.closed(at: end), over: known, connection)
            return .closed(at: end, rulesVersion: version)
        }
    }
}
