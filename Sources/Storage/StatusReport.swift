import KafkaClient
import PostgresClient
import Reactor

/// What the database knows of a running system.
@Reactor
public final class StatusReport {
    /// Connections of workers from one address.
    public struct Sessions: Sendable, Equatable {
        /// An IP address; `local` for a Unix socket.
        public let client: String
        public let connections: Int64
        /// Those that run a statement or hold a transaction open.
        public let busy: Int64
        /// Epoch milliseconds: when the oldest was opened.
        public let since: Int64
    }

    /// One reading.
    public struct Reading: Sendable {
        /// The definitions' generation.
        public let generation: Int64
        /// The group's leases, of all topics.
        public let leases: [PartitionLease]
        public let sessions: [Sessions]
        /// Work on hunts that was not finished, each with the command that goes on with it.
        public let unfinished: [String]
        /// The server's clock, epoch milliseconds.
        public let nowMs: Int64
    }

    private let pool: PostgresPool
    private let group: String

    public init(pool: PostgresPool, group: String) {
        self.pool = pool
        self.group = group
    }

    /// Asks for everything; the schema must be there.
    public func read() async throws(PostgresError) -> Reading {
        let leases = try await LeaseStore(pool: pool, group: group).leases()
        return try await pool.with { connection throws(PostgresError) in
            let state = try await connection.query("select generation, clock_timestamp() from cairn.definitions")
            // Sessions of another role show no address: they stay apart, under the word for it.
            let sessions = try await connection.query(
                """
                select coalesce(host(client_addr), 'local'), count(*), count(*) filter (where state <> 'idle'),
                       min(backend_start)
                from pg_stat_activity
                where application_name = 'cairn worker' and datname = current_database() and backend_start is not null
                group by 1 order by 1
                """)
            let unfinished = try await connection.query(
                """
                select format('%s: not all players are counted anew (%s so far): cairn hunt import --rescore FILE',
                    h.slug, r.players)
                from cairn.rescore r join cairn.hunt h using (hunt_id)
                union all
                select format('%s: not wholly deleted: cairn hunt delete %s --yes', slug, slug)
                from cairn.hunt_deletion order by 1
                """)
            return Reading(
                generation: state.int64(0, 0), leases: leases,
                sessions: (0..<sessions.count).map {
                    Sessions(
                        client: sessions.text($0, 0), connections: sessions.int64($0, 1), busy: sessions.int64($0, 2),
                        since: sessions.timestampMs($0, 3))
                }, unfinished: (0..<unfinished.count).map { unfinished.text($0, 0) }, nowMs: state.timestampMs(0, 1))
        }
    }
}

/// One partition as lease and log show it together.
public struct PartitionStatus: Sendable, Equatable {
    public let partition: Int32
    /// nil: nobody took one yet.
    public let lease: PartitionLease?
    /// nil while Kafka is away, or when the topic has no such partition.
    public let ends: KafkaWatermarks?
    /// What is wrong and, where an operator can help, how; nil when nothing is.
    public let trouble: String?

    /// Records that are not scored yet.
    public var lag: Int64? { ends.map { max(0, $0.high - max(lease?.nextOffset ?? $0.low, $0.low)) } }

    /// A worker with work whose lease does not move for so long has a problem, in milliseconds.
    public static let silenceMs: Int64 = 10_000

    /// All partitions that the topic has or that are leased.
    ///
    /// - Parameters:
    ///   - leases: of the topic.
    ///   - ends: by partition number, as the log tells them truly; nil while Kafka is away.
    ///   - nowMs: the database's clock, epoch milliseconds.
    public static func all(
        topic: String, leases: [PartitionLease], ends: [KafkaWatermarks]?, nowMs: Int64
    ) -> [PartitionStatus] {
        let leased = Dictionary(leases.map { ($0.partition, $0) }) { first, _ in first }
        let partitions = Set(leased.keys).union((ends ?? []).indices.map { Int32($0) })
        return partitions.sorted().map { partition in
            let own = ends.flatMap { $0.indices.contains(Int(partition)) ? $0[Int(partition)] : nil }
            let lease = leased[partition]
            let trouble =
                ends != nil && own == nil
                ? "the topic has no such partition" : Self.trouble(topic, partition, lease, own, nowMs)
            return PartitionStatus(partition: partition, lease: lease, ends: own, trouble: trouble)
        }
    }

    private static func trouble(
        _ topic: String, _ partition: Int32, _ lease: PartitionLease?, _ ends: KafkaWatermarks?, _ nowMs: Int64
    ) -> String? {
        guard let lease else { return "no lease: no worker has read it yet" }
        let silentSeconds = (nowMs - lease.updatedAt) / 1000
        let isSilent = nowMs - lease.updatedAt > silenceMs
        if let ends {
            if lease.nextOffset < ends.low {
                return """
                    lease below the log's start \(ends.low), the scans between are gone: \
                    cairn lease skip \(topic) \(partition)
                    """
            }
            if lease.nextOffset > ends.high {
                return """
                    lease above the log's end \(ends.high), the topic seems to be a new one: \
                    cairn lease reset \(topic) \(partition)
                    """
            }
            if lease.nextOffset < ends.high, isSilent { return "owner silent for \(silentSeconds) s with lag" }
        }
        if lease.publishedOffset < lease.nextOffset, isSilent {
            return "scored but not published for \(silentSeconds) s"
        }
        return nil
    }
}
