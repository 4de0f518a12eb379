/// A server that a `DevStack` can run.
public enum DevService: String, Sendable, CaseIterable {
    /// PostgreSQL, one cluster of its own.
    case postgres
    /// Redis without persistence.
    case redis
    /// A broker that speaks Kafka's protocol and keeps its records in memory.
    case kafka
}

/// What a `DevStack` shall hold. The defaults suit a demo and a benchmark; tests may turn `durable` off.
public struct DevStackOptions: Sendable {
    /// Partitions of the topic `scans`, 1 or more. Setting it changes `topics`.
    public var partitions = 8 {
        didSet { topics["scans"] = partitions }
    }
    /// Whether Postgres flushes to disk at commit (`fsync`, `full_page_writes` and `synchronous_commit` on).
    public var durable = true
    /// The servers to start.
    public var services: Set<DevService> = [.postgres, .redis, .kafka]
    /// Topics created at start and again after every restart of the broker: name to partitions.
    public var topics: [String: Int] = ["scans": 8]
    /// The port of 127.0.0.1 that the broker tells its clients to connect to, of a proxy for example; nil: its own.
    public var kafkaAdvertisedPort: Int?
    /// Redis' `maxmemory`, in Redis' notation.
    public var redisMaxMemory = "256mb"
    /// Further settings of Postgres, name to value. They win over those made here.
    public var postgresSettings: [String: String] = [:]

    /// All three servers, durable, topic `scans` with 8 partitions.
    public init() {}
}
