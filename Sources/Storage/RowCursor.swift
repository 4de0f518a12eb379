import PostgresClient
import Reactor

/// The rows of a statement one after the other, a few thousand in memory at a time. Lives in a transaction block.
@Reactor
final class RowCursor {
    private static let rowsPerFetch = 2_000

    private let connection: PostgresConnection
    private let name: StaticString
    private let deadlineMs: Int64?
    private var rows: PostgresRows?
    private var row = 0
    private var isLastFetch = false

    /// - Parameters:
    ///   - name: unique in the transaction.
    ///   - deadlineMs: how long a few thousand rows may take; after that the connection is broken.
    init(
        _ connection: PostgresConnection, _ name: StaticString, _ sql: String, _ parameters: PostgresParameters,
        deadlineMs: Int64? = nil
    ) async throws(PostgresError) {
        self.connection = connection
        self.deadlineMs = deadlineMs
        self.name = name
        _ = try await connection.query("declare \(name) no scroll cursor for \(sql)", parameters)
        try await fetch()
    }

    /// The row at hand, nil after the last.
    var current: (rows: PostgresRows, row: Int)? {
        guard let rows, row < rows.count else { return nil }
        return (rows, row)
    }

    func advance() async throws(PostgresError) {
        row += 1
        if let rows, row == rows.count, !isLastFetch { try await fetch() }
    }

    private func fetch() async throws(PostgresError) {
        let fetched = try await connection.query(
            "fetch \(Self.rowsPerFetch) from \(name)", deadlineMs: deadlineMs)
        rows = fetched
        row = 0
        isLastFetch = fetched.count < Self.rowsPerFetch
    }
}
