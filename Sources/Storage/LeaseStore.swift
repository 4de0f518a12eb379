import PostgresClient
import Reactor

/// Who may flush which partition, from where, and what was counted there: a row of `cairn.partition_lease`.
public struct PartitionLease: Sendable, Equatable {
    public let topic: String
    public let partition: Int32
    public let group: String
    /// From 1; each taking-over and each move by an operator adds one.
    public let epoch: Int64
    /// Who took it last.
    public let owner: String
    /// Where the counters begin: `nextOffset - startOffset` is their sum. An operator's move may make it negative.
    public let startOffset: Int64
    /// The first record that is not scored yet.
    public let nextOffset: Int64
    /// The first record whose change may not be published yet; at most `nextOffset`.
    public let publishedOffset: Int64
    public let firstScans: Int64
    public let earlierScans: Int64
    public let repeats: Int64
    public let refusals: Int64
    /// Epoch milliseconds.
    public let updatedAt: Int64

    /// Records counted, of all four kinds.
    public var countedSum: Int64 { firstScans + earlierScans + repeats + refusals }
}

/// A lease before and after an operator's move.
public struct LeaseMove: Sendable, Equatable {
    public let before: PartitionLease
    public let after: PartitionLease
}

/// Why a lease was not moved.
public enum LeaseMoveError: Error, Equatable, Sendable {
    case database(PostgresError)
    /// The group has no lease of this partition.
    case missing
    /// The lease stands here, so the move is not the right one; nothing was changed.
    case notNeeded(nextOffset: Int64)
}

/// Reads leases, and moves one where the log no longer holds its position (contracts.md section 5, positions).
@Reactor
public final class LeaseStore {
    private let pool: PostgresPool
    private let group: String

    /// - Parameter group: the consumer group whose leases these are.
    public init(pool: PostgresPool, group: String) {
        self.pool = pool
        self.group = group
    }

    /// The group's leases by topic and partition.
    ///
    /// - Parameter topic: nil for all topics.
    public func leases(topic: String? = nil) async throws(PostgresError) -> [PartitionLease] {
        let parameters = PostgresParameters()
        parameters.append(text: group)
        parameters.append(optional: topic)
        let rows = try await pool.with { connection throws(PostgresError) in
            try await connection.query(
                """
                select \(PartitionLease.columns) from cairn.partition_lease
                where consumer_group = $1 and ($2::text is null or topic = $2) order by topic, partition
                """, parameters)
        }
        return (0..<rows.count).map { PartitionLease(rows, $0) }
    }

    /// Moves a lease that stands below the log's start there: the scans between are gone from the log, and the loss is
    /// accepted. The counters stay and begin as much later.
    ///
    /// - Throws: `notNeeded` when the lease stands at the log's start or above.
    public func skip(topic: String, partition: Int32, logStart: Int64) async throws(LeaseMoveError) -> LeaseMove {
        try await move(topic, partition, to: logStart, counters: "start_offset = start_offset + $4 - next_offset") {
            $0.nextOffset < logStart
        }
    }

    /// Moves a lease that stands above the log's end to its start, counters at 0: the topic was created anew.
    ///
    /// - Parameter isForced: the end is not looked at, because a broker may report it wrongly.
    /// - Throws: `notNeeded` when the lease stands at the log's end or below.
    public func reset(
        topic: String, partition: Int32, logStart: Int64, logEnd: Int64, isForced: Bool = false
    ) async throws(LeaseMoveError) -> LeaseMove {
        let counters = "start_offset = $4, first_scans = 0, earlier_scans = 0, repeats = 0, refusals = 0"
        return try await move(topic, partition, to: logStart, counters: counters) {
            isForced || $0.nextOffset > logEnd
        }
    }

    /// The new epoch shuts out a worker that still holds the lease: what it has under way never commits.
    private func move(
        _ topic: String, _ partition: Int32, to offset: Int64, counters: String,
        where isNeeded: (PartitionLease) -> Bool
    ) async throws(LeaseMoveError) -> LeaseMove {
        let outcome: Result<LeaseMove, LeaseMoveError>
        do throws(PostgresError) {
            outcome = try await pool.transaction { connection throws(PostgresError) in
                let key = key(topic, partition)
                let held = try await connection.query(
                    """
                    select \(PartitionLease.columns) from cairn.partition_lease
                    where topic = $1 and partition = $2 and consumer_group = $3 for update
                    """, key)
                if held.isEmpty { return .failure(.missing) }
                let before = PartitionLease(held, 0)
                guard isNeeded(before) else { return .failure(.notNeeded(nextOffset: before.nextOffset)) }
                key.append(int64: offset)
                let moved = try await connection.query(
                    """
                    update cairn.partition_lease
                    set epoch = epoch + 1, next_offset = $4, published_offset = $4, \(counters),
                        updated_at = date_trunc('milliseconds', clock_timestamp())
                    where topic = $1 and partition = $2 and consumer_group = $3
                    returning \(PartitionLease.columns)
                    """, key)
                return .success(LeaseMove(before: before, after: PartitionLease(moved, 0)))
            }
        } catch {
            throw .database(error)
        }
        return try outcome.get()
    }

    private func key(_ topic: String, _ partition: Int32) -> PostgresParameters {
        let parameters = PostgresParameters()
        parameters.append(text: topic)
        parameters.append(int32: partition)
        parameters.append(text: group)
        return parameters
    }
}

extension PartitionLease {
    static let columns = """
        topic, partition, consumer_group, epoch, owner, start_offset, next_offset, published_offset, first_scans, \
        earlier_scans, repeats, refusals, updated_at
        """

    /// - Parameter rows: of `columns`.
    init(_ rows: PostgresRows, _ row: Int) {
        self.init(
            topic: rows.text(row, 0), partition: rows.int32(row, 1), group: rows.text(row, 2),
            epoch: rows.int64(row, 3), owner: rows.text(row, 4), startOffset: rows.int64(row, 5),
            nextOffset: rows.int64(row, 6), publishedOffset: rows.int64(row, 7), firstScans: rows.int64(row, 8),
            earlierScans: rows.int64(row, 9), repeats: rows.int64(row, 10), refusals: rows.int64(row, 11),
            updatedAt: rows.timestampMs(row, 12))
    }
}
