import Testing

@testable import Settings

@Suite("layers") struct LayerTests {
    /// A value other than the built-in one, for each setting, written for the environment and `--set`.
    static let others: [String: String] = [
        "kafka.brokers": "broker-1:9092,broker-2:9092", "kafka.group": "other", "kafka.topic": "taps",
        "kafka.scores_topic": "points", "kafka.properties": "{security.protocol: SSL}",
        "postgres.url": "postgresql://db/hunt", "postgres.replicas": "[postgres://r1/hunt, postgres://r2/hunt]",
        "postgres.pool.max": "50", "postgres.pool.min_idle": "0", "postgres.pool.acquire_timeout": "500ms",
        "postgres.pool.max_lifetime": "1h", "redis.url": "rediss://cache:6380", "redis.cluster": "true",
        "redis.ring_capacity": "8192", "redis.score_ttl": "1m", "redis.call_timeout": "7ms", "redis.retries": "0",
        "redis.connect_timeout": "1s", "redis.send_buffer": "64KiB", "redis.receive_buffer": "128KiB",
        "redis.tcp_nodelay": "false", "lanes.ring_capacity": "8192", "lanes.stop_at": "90%", "lanes.resume_at": "10%",
        "lanes.shared_capacity": "0",
        "flush.max_records": "1024", "flush.concurrent": "4", "state.cache": "1GiB", "refused.keep": "7d",
        "http.listen": "0.0.0.0:80", "http.steady_rate": "5000", "http.client_rate": "50", "http.forwarded_for": "true",
        "http.cors_origins": "https://hunt.example", "http.streams": "100",
        "metrics.listen": "[::1]:0", "log.level": "debug", "log.format": "text",
    ]

    @Test("every setting can be set by its environment variable", arguments: Settings.table.map(\.name))
    func environmentVariable(name: String) throws {
        let row = try #require(Settings.table.first { $0.name == name })
        let other = try #require(Self.others[name])
        let settings = try settings(environment: [row.environmentName: other, "HOME": "/", "CAIRN_TOOLS": "/tools"])
        let changed = settings.listing.filter { $0.source != .builtIn }
        try #require(changed.count == 1)
        #expect(changed[0].source == .environment(row.environmentName))
        if row.kind != .properties {
            #expect(changed[0] == SettingLine(name: name, value: other, source: changed[0].source))
        }
    }

    @Test("every setting can be set with --set", arguments: Settings.table.map(\.name))
    func override(name: String) throws {
        let other = try #require(Self.others[name])
        let settings = try settings(overrides: ["\(name)=\(other)"])
        #expect(settings.listing.filter { $0.source == .commandLine }.count == 1)
    }

    @Test("names of the environment are the keys in capitals with dots as underscores")
    func environmentNames() {
        let names = Dictionary(uniqueKeysWithValues: Settings.table.map { ($0.name, $0.environmentName) })
        #expect(names["kafka.brokers"] == "CAIRN_KAFKA_BROKERS")
        #expect(names["kafka.scores_topic"] == "CAIRN_KAFKA_SCORES_TOPIC")
        #expect(names["postgres.pool.min_idle"] == "CAIRN_POSTGRES_POOL_MIN_IDLE")
    }

    @Test("values become typed fields in their base unit")
    func typedFields() throws {
        let settings = try settings(overrides: Self.others.map { "\($0.key)=\($0.value)" })
        #expect(settings.postgres.replicas == ["postgres://r1/hunt", "postgres://r2/hunt"])
        #expect(settings.postgres.pool.acquireTimeoutMs == 500)
        #expect(settings.postgres.pool.maxLifetimeMs == 3_600_000)
        #expect(settings.redis.sendBuffer == 65_536)
        #expect(settings.redis.cluster)
        #expect(!settings.redis.tcpNoDelay)
        #expect(settings.lanes.stopAt == 90)
        #expect(settings.state.cacheBytes == 1 << 30)
        #expect(settings.refused.keepMs == 604_800_000)
        #expect(settings.http.listen == ListenAddress(host: "0.0.0.0", port: 80))
        #expect(settings.metrics.listen == ListenAddress(host: "::1", port: 0))
        #expect(settings.metrics.listen.description == "[::1]:0")
        #expect(settings.log.level == .debug)
        #expect(settings.log.format == .text)
        #expect(settings.kafka.properties == ["security.protocol": "SSL"])
    }

    @Test("--set wins over the environment, that over the file, that over the built-in value")
    func precedence() throws {
        let yaml = "kafka:\n  group: from-file\n  topic: from-file\n  brokers: from-file\n"
        let environment = ["CAIRN_KAFKA_TOPIC": "from-environment", "CAIRN_KAFKA_BROKERS": "from-environment"]
        let settings = try settings(yaml: yaml, environment: environment, overrides: ["kafka.brokers=from-set"])
        #expect(settings.kafka.scoresTopic == "scores")
        #expect(settings.kafka.group == "from-file")
        #expect(settings.kafka.topic == "from-environment")
        #expect(settings.kafka.brokers == "from-set")
        #expect(settings.sources["kafka.scores_topic"] == .builtIn)
        #expect(settings.sources["kafka.group"] == .file(path: "cairn.yaml", line: 2))
        #expect(settings.sources["kafka.topic"] == .environment("CAIRN_KAFKA_TOPIC"))
        #expect(settings.sources["kafka.brokers"] == .commandLine)
        #expect(settings.sources["kafka.group"]?.description == "cairn.yaml:2")
        #expect(settings.sources["kafka.brokers"]?.description == "--set")
    }

    @Test("librdkafka's settings are layered one by one, under their own names")
    func properties() throws {
        let yaml = """
            kafka:
              properties:
                security.protocol: SASL_SSL
                sasl.password: hunter2
                session.timeout.ms: 6000
                socket.keepalive.enable: true
            """
        let settings = try settings(
            yaml: yaml, environment: ["CAIRN_KAFKA_PROPERTIES": "{sasl.password: 'a, b', client.id: c}"],
            overrides: ["kafka.properties.session.timeout.ms=9000", "kafka.properties.ssl.key.password=x=y"])
        #expect(
            settings.kafka.properties == [
                "security.protocol": "SASL_SSL", "sasl.password": "a, b", "session.timeout.ms": "9000",
                "socket.keepalive.enable": "true", "client.id": "c", "ssl.key.password": "x=y",
            ])
        #expect(settings.sources["kafka.properties.security.protocol"] == .file(path: "cairn.yaml", line: 3))
        #expect(settings.sources["kafka.properties.client.id"] == .environment("CAIRN_KAFKA_PROPERTIES"))
        #expect(settings.sources["kafka.properties.session.timeout.ms"] == .commandLine)
        let lines = settings.listing.filter { $0.name.hasPrefix("kafka.properties") }
        #expect(
            lines.map { "\($0.name) = \($0.value)" } == [
                "kafka.properties.client.id = c", "kafka.properties.sasl.password = ***",
                "kafka.properties.security.protocol = SASL_SSL", "kafka.properties.session.timeout.ms = 9000",
                "kafka.properties.socket.keepalive.enable = true", "kafka.properties.ssl.key.password = ***",
            ])
    }

    @Test("a lone replica may stand without brackets outside of the file")
    func loneReplica() throws {
        let settings = try settings(environment: ["CAIRN_POSTGRES_REPLICAS": "postgres://r1,r2/hunt"])
        #expect(settings.postgres.replicas == ["postgres://r1,r2/hunt"])
    }

    @Test("an equals sign belongs to the value, and text that looks like a number is text")
    func textStaysText() throws {
        let settings = try settings(
            yaml: "kafka: {group: 007}", overrides: ["postgres.url=postgres://h/d?application_name=a=b"])
        #expect(settings.kafka.group == "007")
        #expect(settings.postgres.url == "postgres://h/d?application_name=a=b")
    }
}
