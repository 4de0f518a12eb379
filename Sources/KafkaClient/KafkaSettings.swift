/// How to reach Kafka, and the librdkafka settings of the user.
public struct KafkaSettings: Sendable, Equatable {
    /// `host:port`, several separated by commas.
    public var brokers: String
    /// librdkafka settings by name. They win over cairn's defaults; those in `ownedReasons` are refused.
    public var properties: [String: String]
    /// What brokers call this client in their logs and quotas.
    public var clientID: String
    /// Bytes of records fetched ahead over all partitions of a consumer. A partition keeps to its share of it, beyond
    /// which may go what one fetch brings it: as much again, or one batch of records where a producer made larger ones.
    public var prefetchBytesMax: Int = 1 << 20
    /// How many partitions share `prefetchBytesMax`: the topic's partition count, where it is known.
    public var partitionsExpected: Int = 16
    /// Records that wait in a producer until the brokers have acknowledged them; some 500 bytes each besides their own.
    public var producedMax: Int = 100_000

    public init(brokers: String, properties: [String: String] = [:], clientID: String = "cairn") {
        self.brokers = brokers
        self.properties = properties
        self.clientID = clientID
    }

    /// Settings that cairn's promises rest on, and why a user cannot change them (contracts.md, section 7).
    public static let ownedReasons: [String: String] = [
        "enable.auto.commit": "is cairn's own: positions live in Postgres and are committed to Kafka only as a hint",
        "enable.auto.offset.store": "is cairn's own: positions live in Postgres, librdkafka must not store them",
        "auto.offset.reset": "is cairn's own: a start beyond the log must stop that partition, not skip scans silently",
        "group.id": "is cairn's own: set kafka.group instead",
        "isolation.level": "is cairn's own: only committed records are scored",
    ]
}

extension KafkaSettings {
    /// Name and value in the order in which they are set: a later one wins.
    typealias Properties = [(name: String, value: String)]

    /// - Throws: `KafkaError.invalidProperty` for a setting that is cairn's own.
    func properties(over defaults: Properties) throws(KafkaError) -> Properties {
        let user = properties.sorted { $0.key < $1.key }
        for (name, _) in user {
            if let reason = Self.ownedReasons[name] { throw .invalidProperty(name: name, reason: reason) }
        }
        let common: Properties = [
            ("bootstrap.servers", brokers), ("client.id", clientID),
            // A restarted broker is found again within 2 s; the default waits up to 10 s.
            ("reconnect.backoff.max.ms", "2000"),
            ("socket.nagle.disable", "true"),
        ]
        // Log lines come as events; librdkafka's other way is to write to stderr.
        return common + defaults + user.map { ($0.key, $0.value) } + [("log.queue", "true")]
    }

    /// - Parameter group: the consumer group.
    /// - Throws: `KafkaError.invalidProperty`.
    func consumerProperties(group: String) throws(KafkaError) -> Properties {
        let queueKiB = min(max(prefetchBytesMax / max(partitionsExpected, 1) / 1024, 1), 2_097_151)
        var defaults: Properties = [
            // At its default of 1,000 ms a full queue starves a fast consumer, and what is fetched ahead lasts for 8 ms of
            // a million scans a second.
            ("fetch.queue.backoff.ms", "1"),
            ("fetch.wait.max.ms", "10"),
            ("queued.min.messages", "100000"),
            ("queued.max.messages.kbytes", String(queueKiB)),
            // A response stays in memory until its last record is released, and every record of it takes three times
            // its size until then. Larger single batches still arrive.
            ("fetch.message.max.bytes", String(max(queueKiB, 16) * 1024)),
            ("fetch.max.bytes", String(max(prefetchBytesMax, messageBytesMax))),
            ("check.crcs", "false"),
            ("enable.partition.eof", "false"),
            ("partition.assignment.strategy", "range,roundrobin"),
        ]
        // With the newer group protocol the broker owns the session timeout, and librdkafka refuses a value.
        if properties["group.protocol"] != "consumer" { defaults.append(("session.timeout.ms", "10000")) }
        return try properties(over: defaults) + [
            ("group.id", group), ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "error"), ("isolation.level", "read_committed"),
        ]
    }

    /// librdkafka refuses a `fetch.max.bytes` below this; its default is 1,000,000.
    private var messageBytesMax: Int { properties["message.max.bytes"].flatMap { Int($0) } ?? 1_000_000 }

    /// - Throws: `KafkaError.invalidProperty`.
    func producerProperties() throws(KafkaError) -> Properties {
        try properties(over: [
            ("enable.idempotence", "true"), ("linger.ms", "1"), ("queue.buffering.max.messages", String(producedMax)),
            ("queue.buffering.max.kbytes", "65536"), ("message.timeout.ms", "30000"),
        ])
    }
}
