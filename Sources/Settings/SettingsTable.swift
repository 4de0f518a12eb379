/// All settings there are, group by group.
///
/// - Source: contracts.md section 7 for names, units and defaults; the bounds are decided here.
public enum SettingsTable {
    /// Every setting once, in the order in which they are shown.
    public static let rows: [Setting] = kafka + postgres + redis + worker + servers

    /// By name.
    static let byName = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0) })

    /// `kafka`, `postgres`, `postgres.pool` and so on, in the table's order.
    static let groups: [String] = {
        var groups: [String] = []
        for row in rows {
            let parts = row.name.split(separator: ".")
            for depth in 1..<parts.count {
                let group = parts[..<depth].joined(separator: ".")
                if !groups.contains(group) { groups.append(group) }
            }
        }
        return groups
    }()

    private static let second: Int64 = 1000
    private static let minute = 60 * second
    private static let hour = 60 * minute
    private static let day = 24 * hour
    private static let kibibyte: Int64 = 1 << 10
    private static let mebibyte: Int64 = 1 << 20
    private static let gibibyte: Int64 = 1 << 30

    private static let kafka: [Setting] = [
        Setting(
            "kafka.brokers", \.kafka.brokers, .text(bytesMax: 4096), "127.0.0.1:9092",
            "Brokers to meet first, host:port, separated by commas."),
        Setting(
            "kafka.group", \.kafka.group, .text(bytesMax: 249), "cairn",
            "Consumer group of the workers; positions are kept for each group apart."),
        Setting("kafka.topic", \.kafka.topic, .topic, "scans", "Topic that scans come from."),
        Setting(
            "kafka.scores_topic", \.kafka.scoresTopic, .topic, "scores",
            "Compacted topic for changed scores, created if missing."),
        Setting(
            "kafka.properties", \.kafka.properties, .properties, "{}",
            "Further settings for librdkafka, such as security.protocol."),
    ]

    private static let postgres: [Setting] = [
        Setting(
            "postgres.url", \.postgres.url, .url(schemes: ["postgres", "postgresql"]),
            "postgres://cairn@127.0.0.1/cairn",
            "The primary; user, password and libpq's parameters go into the URL."),
        Setting(
            "postgres.replicas", \.postgres.replicas, .urls(schemes: ["postgres", "postgresql"], countMax: 32), "[]",
            "Read replicas, asked before the primary where a moment's lag does no harm."),
        Setting(
            "postgres.pool.max", \.postgres.pool.max, .integer(3...1000), "100",
            "Connections open at one time, at most; flush.concurrent + 2 or more."),
        Setting(
            "postgres.pool.min_idle", \.postgres.pool.minIdle, .integer(0...1000), "2",
            "Connections kept open without work."),
        Setting(
            "postgres.pool.acquire_timeout", \.postgres.pool.acquireTimeoutMs, .duration(10...(5 * minute)), "2s",
            "How long to wait for a connection of the pool."),
        Setting(
            "postgres.pool.max_lifetime", \.postgres.pool.maxLifetimeMs, .duration(second...(7 * day)), "30m",
            "Age at which a connection is replaced."),
    ]

    private static let redis: [Setting] = [
        Setting(
            "redis.url", \.redis.url, .url(schemes: ["redis", "rediss"]), "redis://127.0.0.1:6379",
            "The hot tier, rediss:// for TLS; user and password go into the URL."),
        Setting("redis.cluster", \.redis.cluster, .boolean, "false", "True where the URL names a Redis Cluster."),
        Setting(
            "redis.ring_capacity", \.redis.ringCapacity, .integer(500...65_536), "4096",
            "Players whose update waits for Redis, per shard."),
        Setting(
            "redis.score_ttl", \.redis.scoreTTLMs, .duration(second...day), "30s",
            "How long a score lives in Redis, and how far it may lag when everything fails."),
        Setting(
            "redis.call_timeout", \.redis.callTimeoutMs, .duration(1...(10 * second)), "5ms",
            "How long to wait for a call before it may be sent once more."),
        Setting(
            "redis.retries", \.redis.retries, .integer(0...3), "1",
            "Times that a late call may be sent again, within a budget of 10 % of all calls."),
        Setting(
            "redis.connect_timeout", \.redis.connectTimeoutMs, .duration(10...minute), "2s",
            "How long connecting may take."),
        Setting(
            "redis.send_buffer", \.redis.sendBuffer, .size((4 * kibibyte)...gibibyte), "4MiB",
            "Socket buffer to ask of the kernel, which may grant less."),
        Setting(
            "redis.receive_buffer", \.redis.receiveBuffer, .size((4 * kibibyte)...gibibyte), "4MiB",
            "Socket buffer to ask of the kernel, which may grant less."),
        Setting(
            "redis.tcp_nodelay", \.redis.tcpNoDelay, .boolean, "true", "Send small packets at once."),
    ]

    private static let worker: [Setting] = [
        // From 100 on, two different percentages are two different numbers of scans.
        Setting(
            "lanes.ring_capacity", \.lanes.ringCapacity, .integer(100...65_536), "4096",
            "Scans of one partition that wait for scoring."),
        Setting(
            "lanes.stop_at", \.lanes.stopAt, .percent(1...100), "80%",
            "Fill of a lane at which its partition is polled no more."),
        Setting(
            "lanes.resume_at", \.lanes.resumeAt, .percent(0...99), "50%",
            "Fill at which polling goes on; below lanes.stop_at."),
        Setting(
            "lanes.shared_capacity", \.lanes.sharedCapacity, .integer(0...16_777_216), "262144",
            "Scans that the lanes of a worker share: each may hold its part, if that is more than lanes.ring_capacity."),
        Setting(
            "flush.max_records", \.flush.maxRecords, .integer(1...65_536), "4096",
            "Scans per lane and batch; at lanes.ring_capacity, the most it can be, a batch is what a lane holds."),
        Setting(
            "flush.concurrent", \.flush.concurrent, .integer(1...64), "2", "Batches written side by side."),
        Setting(
            "state.cache", \.state.cacheBytes, .size(mebibyte...(1024 * gibibyte)), "256MiB",
            "Player states kept in the worker; those not used for longer go first."),
        Setting(
            "refused.keep", \.refused.keepMs, .duration(hour...(3650 * day)), "30d",
            "How long refused scans are kept."),
    ]

    private static let servers: [Setting] = [
        Setting("http.listen", \.http.listen, .listen, "127.0.0.1:8080", "Where the read API and the board listen."),
        Setting(
            "http.steady_rate", \.http.steadyRate, .integer(1...10_000_000), "20000",
            "Requests per second that are usual; a tenth more is let in, the rest is answered with 429."),
        Setting(
            "http.client_rate", \.http.clientRate, .integer(1...10_000_000), "1000",
            "The same for each client address; the phones of a festival may share one."),
        Setting(
            "http.forwarded_for", \.http.forwardedFor, .boolean, "false",
            "True behind a proxy of one's own: the client is the last address of X-Forwarded-For."),
        Setting(
            "http.cors_origins", \.http.corsOrigins, .text(bytesMax: 4096), "*",
            "Origins whose web pages may read answers: * for all (quoted in YAML), none, or a list with commas."),
        Setting(
            "http.streams", \.http.streams, .integer(0...1_000_000), "12000",
            "Event streams open at one time, at most."),
        Setting("metrics.listen", \.metrics.listen, .listen, "127.0.0.1:9464", "Where metrics are served."),
        Setting(
            "log.level", \.log.level, .choice(Settings.Log.Level.allCases.map(\.rawValue)), "info",
            "Least severe message that is logged."),
        Setting(
            "log.format", \.log.format, .choice(Settings.Log.Format.allCases.map(\.rawValue)), "json",
            "One JSON object or one line of text per message."),
    ]
}

extension Settings {
    /// All settings there are: `SettingsTable.rows`.
    public static var table: [Setting] { SettingsTable.rows }
}
