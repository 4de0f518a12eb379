import Testing

@testable import Settings

@Suite("secrets") struct SecretMaskTests {
    @Test(
        "a URL is shown without its password",
        arguments: [
            ("postgres://cairn@127.0.0.1/cairn", "postgres://cairn@127.0.0.1/cairn"),
            ("postgres://cairn:hunter2@db:5432/cairn", "postgres://cairn:***@db:5432/cairn"),
            ("postgres://a,b/cairn", "postgres://a,b/cairn"),
            ("redis://:hunter2@cache:6379/0", "redis://:***@cache:6379/0"),
            ("redis://:@cache", "redis://:***@cache"),
            ("redis://cache:6379", "redis://cache:6379"),
            ("redis://:hun@ter2@cache", "redis://:***@cache"),
            ("redis://:hun/ter2@cache", "redis://:***@cache"),
            ("redis://:hun?ter#2@cache", "redis://:***@cache"),
            (
                "postgres://db/cairn?user=a&password=hunter2&sslmode=require",
                "postgres://db/cairn?user=a&password=***&sslmode=require"
            ),
            ("postgres://db/cairn?sslpassword=hunter2", "postgres://db/cairn?sslpassword=***"),
            ("postgres://db/cairn?p%61ssword=hunter2", "postgres://db/cairn?p%61ssword=***"),
            ("postgres://u:hunter2@db/c?PASSWORD=hunter2", "postgres://u:***@db/c?PASSWORD=***"),
            ("no url: at @ all", "no url: at @ all"),
        ])
    func url(url: String, shown: String) {
        #expect(masked(url: url) == shown)
    }

    @Test(
        "librdkafka's settings that hold a secret are known",
        arguments: [
            "sasl.password", "ssl.key.password", "ssl.key.pem", "ssl_key", "ssl.keystore.password", "SASL.Password",
            "sasl.oauthbearer.client.secret", "sasl.oauthbearer.client.credentials.client.secret",
            "sasl.oauthbearer.config", "sasl.oauthbearer.assertion.private.key.passphrase",
            "sasl.oauthbearer.assertion.private.key.pem", "sasl.jaas.config",
        ])
    func secretProperty(name: String) throws {
        #expect(isSecretProperty(name))
        let settings = try settings(overrides: ["kafka.properties.\(name)=hunter2"])
        #expect(settings.kafka.properties[name] == "hunter2")
        #expect(!settings.listing.contains { $0.value.contains("hunter2") })
    }

    @Test(
        "what is no secret stays visible",
        arguments: [
            "sasl.username", "ssl.key.location", "security.protocol", "ssl.ca.pem", "client.id",
        ])
    func openProperty(name: String) {
        #expect(!isSecretProperty(name))
    }

    @Test("the listing masks URLs, lists of URLs included, while the settings keep them")
    func listing() throws {
        let settings = try settings(
            yaml: "postgres: {url: 'postgres://u:hunter2@a/c', replicas: ['postgres://u:hunter2@b/c', postgres://d/c]}",
            environment: ["CAIRN_REDIS_URL": "rediss://u:hunter2@e"])
        #expect(settings.postgres.url == "postgres://u:hunter2@a/c")
        let values = Dictionary(uniqueKeysWithValues: settings.listing.map { ($0.name, $0.value) })
        #expect(values["postgres.url"] == "postgres://u:***@a/c")
        #expect(values["postgres.replicas"] == "[postgres://u:***@b/c, postgres://d/c]")
        #expect(values["redis.url"] == "rediss://u:***@e")
    }

    @Test("a fault never shows a password")
    func faultsMask() throws {
        let secret = "hunter2"
        let lines =
            try faults(
                yaml:
                    "redis: {url: 'http://u:\(secret)@a'}\n"
                    + "postgres: {url: ['postgres://u:\(secret)@a'], replicas: ['x\(secret)']}"
            )
            + faults(environment: ["CAIRN_HTTP_LISTEN": "http://u:\(secret)@a", "CAIRN_PASSWORD": secret])
            + faults(overrides: ["redis.url=redis://:\(secret) @a", "log.level=redis://:\(secret)@a"])
            + faults(overrides: ["kafka.properties.sasl.password.=\(secret)", "kafka.properties.group.id=\(secret)"])
            + faults(yaml: "kafka: {properties: {sasl.password: [\(secret)]}}\npasword: \(secret)")
            + faults(yaml: "redis:\n  url: \"redis://:\(secret)@a\n  x: 1")
        #expect(lines.count >= 11)
        #expect(!lines.contains { $0.contains(secret) })
    }

    @Test("a value of several lines, or with escapes for a terminal, is shown on one line")
    func singleLines() throws {
        let settings = try settings(yaml: "kafka: {properties: {ssl.ca.pem: \"a\\nb\\e[0m\"}}")
        #expect(settings.kafka.properties["ssl.ca.pem"] == "a\nb\u{1B}[0m")
        #expect(settings.listing.first { $0.name == "kafka.properties.ssl.ca.pem" }?.value == "a\\nb\\u{1b}[0m")
        #expect(try faults(yaml: "\"a\\nb\": 1").count == 1)
    }
}
