import Testing

@testable import Settings

/// The example of contracts.md section 7, to the letter; a backslash joins lines that are too long for here.
private let contractExample = """
    kafka:    {brokers: "127.0.0.1:9092", group: cairn, topic: scans, scores_topic: scores, properties: {}}
              # properties: any librdkafka setting but cairn's own
    postgres: {url: "postgres://cairn@127.0.0.1/cairn", replicas: [], pool: {max: 100, \
    min_idle: 2, acquire_timeout: 2s, max_lifetime: 30m}}
    redis:    {url: "redis://127.0.0.1:6379", cluster: false, ring_capacity: 4096, score_ttl: 30s, \
    call_timeout: 5ms, retries: 1,
               connect_timeout: 2s, send_buffer: 4MiB, receive_buffer: 4MiB, tcp_nodelay: true}     \
    # rediss://, user and password in the URL
    lanes:    {ring_capacity: 4096, stop_at: 80%, resume_at: 50%}
    flush:    {max_records: 4096, concurrent: 2}          # scans per lane and batch
    state:    {cache: 256MiB}                             # player states kept in the worker, \
    least recently used first out
    refused:  {keep: 30d}
    http:     {listen: "127.0.0.1:8080"}
    metrics:  {listen: "127.0.0.1:9464"}
    log:      {level: info, format: json}

    """

@Suite("built-in values") struct BuiltInTests {
    @Test("without any configuration every setting has the value of the contract")
    func valuesOfTheContract() throws {
        let settings = try settings()
        #expect(settings.kafka.brokers == "127.0.0.1:9092")
        #expect(settings.kafka.group == "cairn")
        #expect(settings.kafka.topic == "scans")
        #expect(settings.kafka.scoresTopic == "scores")
        #expect(settings.kafka.properties == [:])
        #expect(settings.postgres.url == "postgres://cairn@127.0.0.1/cairn")
        #expect(settings.postgres.replicas == [])
        #expect(settings.postgres.pool.max == 100)
        #expect(settings.postgres.pool.minIdle == 2)
        #expect(settings.postgres.pool.acquireTimeoutMs == 2000)
        #expect(settings.postgres.pool.maxLifetimeMs == 1_800_000)
        #expect(settings.redis.url == "redis://127.0.0.1:6379")
        #expect(settings.redis.cluster == false)
        #expect(settings.redis.ringCapacity == 4096)
        #expect(settings.redis.scoreTTLMs == 30_000)
        #expect(settings.redis.callTimeoutMs == 5)
        #expect(settings.redis.retries == 1)
        #expect(settings.redis.connectTimeoutMs == 2000)
        #expect(settings.redis.sendBuffer == 4_194_304)
        #expect(settings.redis.receiveBuffer == 4_194_304)
        #expect(settings.redis.tcpNoDelay == true)
        #expect(settings.lanes.ringCapacity == 4096)
        #expect(settings.lanes.stopAt == 80)
        #expect(settings.lanes.resumeAt == 50)
        #expect(settings.flush.maxRecords == 4096)
        #expect(settings.flush.concurrent == 2)
        #expect(settings.state.cacheBytes == 268_435_456)
        #expect(settings.refused.keepMs == 2_592_000_000)
        #expect(settings.http.listen == ListenAddress(host: "127.0.0.1", port: 8080))
        #expect(settings.http.steadyRate == 20_000)
        #expect(settings.http.clientRate == 1_000)
        #expect(settings.http.forwardedFor == false)
        #expect(settings.http.corsOrigins == "*")
        #expect(settings.http.streams == 12_000)
        #expect(settings.metrics.listen == ListenAddress(host: "127.0.0.1", port: 9464))
        #expect(settings.log.level == .info)
        #expect(settings.log.format == .json)
        #expect(settings.listing.allSatisfy { $0.source == .builtIn })
    }

    /// What the contract's example does not have.
    private static let additions = [
        "http.client_rate", "http.cors_origins", "http.forwarded_for", "http.steady_rate", "http.streams",
        "lanes.shared_capacity",
    ]

    @Test("the contract's example is the built-in values, and names every setting but cairn's additions")
    func exampleOfTheContract() throws {
        let example = try settings(yaml: contractExample)
        let builtIn = try settings()
        #expect(
            example.listing.map { "\($0.name) = \($0.value)" } == builtIn.listing.map { "\($0.name) = \($0.value)" })
        #expect(example.kafka == builtIn.kafka)
        #expect(example.postgres == builtIn.postgres)
        #expect(example.redis == builtIn.redis)
        #expect(example.lanes == builtIn.lanes)
        #expect(example.flush == builtIn.flush)
        #expect(example.log == builtIn.log)
        for row in Settings.table where row.kind != .properties && !Self.additions.contains(row.name) {
            guard case .file("cairn.yaml", _) = example.sources[row.name] else {
                Issue.record("the example lacks \(row.name)")
                continue
            }
        }
    }

    @Test("the table has one row for each field, and one field for each row")
    func tableCoversFields() throws {
        func count(_ value: Any) -> Int {
            let mirror = Mirror(reflecting: value)
            guard mirror.displayStyle == .struct, !(value is ListenAddress), !mirror.children.isEmpty else { return 1 }
            return mirror.children.filter { !["sources", "texts"].contains($0.label) }.map { count($0.value) }.reduce(
                0, +)
        }
        #expect(count(try settings()) == Settings.table.count)
        #expect(Set(Settings.table.map(\.name)).count == Settings.table.count)
        #expect(Set(Settings.table.map(\.environmentName)).count == Settings.table.count)
    }

    @Test("the reference has a row for each setting with variable, default, type, bounds and meaning")
    func reference() {
        let lines = SettingsReference.markdown().split(separator: "\n").map(String.init)
        for setting in Settings.table {
            let rows = lines.filter { $0.hasPrefix("| `\(setting.name)`<br>`\(setting.environmentName)` |") }
            #expect(rows.count == 1, "\(setting.name)")
            #expect(rows.allSatisfy { $0.contains("| `\(setting.builtIn)` |") && $0.hasSuffix("| \(setting.help) |") })
        }
        #expect(
            lines.contains(
                "| `redis.call_timeout`<br>`CAIRN_REDIS_CALL_TIMEOUT` | `5ms` | duration, 1ms ... 10s "
                    + "| How long to wait for a call before it may be sent once more. |"))
        #expect(lines.contains { $0.contains("| size, 4KiB ... 1GiB |") })
    }
}
