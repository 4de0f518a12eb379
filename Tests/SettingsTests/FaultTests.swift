import Testing

@testable import Settings

private let groups = "kafka, postgres, redis, lanes, flush, state, refused, http, metrics, log"
private let oneValue = "must have one value; names are written whole, as in security.protocol: SSL"

@Suite("faults") struct FaultTests {
    @Test(
        "a fault of the file names file, line and key, and the remedy",
        arguments: [
            ("kafka:\n  groop: a", "2: kafka.groop: there is no such setting: did you mean kafka.group?"),
            ("kafak: {group: a}", "1: kafak: there is no such setting: did you mean kafka?"),
            ("\nstop_at: 80%", "2: stop_at: there is no such setting: did you mean lanes.stop_at?"),
            (
                "log: {colour: red}",
                "1: log.colour: there is no such setting: the keys here are level, format"
            ),
            (
                "quux: 1",
                "1: quux: there is no such setting: the keys here are \(groups)"
            ),
            (
                "redis: {call_timeout: 5}",
                "1: redis.call_timeout: \"5\" has no unit: write one of ms, s, m, h, d after it, as in 5ms"
            ),
            (
                "redis: {call_timeout: 5sec}",
                "1: redis.call_timeout: the unit \"sec\" is not one of ms, s, m, h, d, as in 5ms"
            ),
            (
                "redis: {call_timeout: 1.5s}",
                "1: redis.call_timeout: the unit \".5s\" is not one of ms, s, m, h, d, as in 5ms"
            ),
            (
                "state: {cache: 4MB}",
                "1: state.cache: the unit \"MB\" is not one of B, KiB, MiB, GiB, as in 256MiB"
            ),
            (
                "state: {cache: 4s}",
                "1: state.cache: the unit \"s\" is not one of B, KiB, MiB, GiB, as in 256MiB"
            ),
            ("state: {cache: 1KiB}", "1: state.cache: \"1KiB\" is not within 1MiB ... 1024GiB"),
            (
                "state: {cache: 9223372036854775807GiB}",
                "1: state.cache: \"9223372036854775807GiB\" is not within 1MiB ... 1024GiB"
            ),
            (
                "lanes: {stop_at: 80}",
                "1: lanes.stop_at: \"80\" has no unit: write one of % after it, as in 80%"
            ),
            ("lanes: {stop_at: 0.8}", "1: lanes.stop_at: the unit \".8\" is not one of %, as in 80%"),
            ("lanes: {stop_at: 101%}", "1: lanes.stop_at: \"101%\" is not within 1% ... 100%"),
            ("flush: {concurrent: two}", "1: flush.concurrent: \"two\" is not a whole number, as in 2"),
            ("flush: {concurrent: -1}", "1: flush.concurrent: \"-1\" is not a whole number, as in 2"),
            ("flush: {concurrent: 0}", "1: flush.concurrent: \"0\" is not within 1 ... 64"),
            ("flush: {concurrent: [2]}", "1: flush.concurrent: must be one value (whole number), as in 2"),
            ("flush:\n  concurrent:\n", "2: flush.concurrent: has no value: write one or leave the key out"),
            (
                "flush: 5",
                "1: flush: is a group of settings: give values to its keys max_records, concurrent"
            ),
            ("redis: {cluster: yes}", "1: redis.cluster: \"yes\" is neither true nor false"),
            (
                "redis: {url: \"http://x\"}",
                "1: redis.url: is not a URL that starts with redis:// or rediss://"
            ),
            (
                "postgres: {replicas: \"postgres://a\"}",
                "1: postgres.replicas: must be a list: write [ ... ]"
            ),
            (
                "postgres:\n  replicas:\n    - postgres://a\n    - b",
                "2: postgres.replicas: item 2 is not a URL that starts with postgres:// or postgresql://"
            ),
            (
                "http: {listen: 8080}",
                "1: http.listen: \"8080\" is not host:port, as in 127.0.0.1:8080; IPv6 in [], ports to 65535"
            ),
            (
                "http: {listen: \"localhost:65536\"}",
                "1: http.listen: \"localhost:65536\" is not host:port, as in 127.0.0.1:8080; IPv6 in [], ports to 65535"
            ),
            (
                "log: {level: verbose}",
                "1: log.level: \"verbose\" is not one of trace, debug, info, notice, warning, error, critical"
            ),
            ("log: {format: JSON}", "1: log.format: \"JSON\" is not one of json, text"),
            (
                "kafka: {topic: a b}",
                "1: kafka.topic: \"a b\" is no name of a topic: 1 ... 249 of A-Z a-z 0-9 . _ -"
            ),
            ("kafka: {brokers: ''}", "1: kafka.brokers: is empty: give it a value or leave the key out"),
            ("kafka: {properties: x}", "1: kafka.properties: must be a map: write {security.protocol: SSL}"),
            (
                "kafka:\n  properties:\n    sasl: {password: x}",
                "3: kafka.properties.sasl: \(oneValue)"
            ),
            (
                "kafka: {properties: {client.id: }}",
                "1: kafka.properties.client.id: \(oneValue)"
            ),
            ("kafka: {properties: {a b: c}}", "1: kafka.properties.a b: is no name of a librdkafka setting"),
            (
                "kafka.brokers: a",
                "1: kafka.brokers: groups are nested in a file: write kafka: {brokers: ...}"
            ),
            (
                "postgres.pool.max: 5",
                "1: postgres.pool.max: groups are nested in a file: write postgres: {pool: {max: ...}}"
            ),
            (
                "kafka: {properties.client.id: a}",
                "1: kafka.properties.client.id: groups are nested in a file: "
                    + "write kafka: {properties: {client.id: ...}}"
            ),
            ("[a]: b", "1: a key must be plain text"),
            (
                "<<: {kafka: {group: a}}",
                "1: <<: there is no such setting: the keys here are \(groups)"
            ),
        ])
    func ofTheFile(yaml: String, message: String) throws {
        #expect(try faults(yaml: yaml) == ["cairn.yaml:" + message])
    }

    @Test(
        "a repeated key is named with both its lines",
        arguments: [
            (
                "log: {level: info}\nkafka:\n  group: a\nlog: {level: debug}",
                ["cairn.yaml:4: log: is given already on line 1: keep one of them"]
            ),
            (
                "kafka:\n  group: a\n  group: a\n",
                ["cairn.yaml:3: kafka.group: is given already on line 2: keep one of them"]
            ),
            (
                "kafka:\n  \"group\": a\n  group: b\n  'group': c\n",
                [
                    "cairn.yaml:3: kafka.group: is given already on line 2: keep one of them",
                    "cairn.yaml:4: kafka.group: is given already on line 2: keep one of them",
                ]
            ),
            (
                "kafka: {properties: {client.id: a, client.id: b}}\nredis: {retires: 1,\n retries: 1,\n retries: 9}",
                [
                    "cairn.yaml:1: kafka.properties.client.id: is given already on line 1: keep one of them",
                    "cairn.yaml:2: redis.retires: there is no such setting: did you mean redis.retries?",
                    "cairn.yaml:4: redis.retries: is given already on line 3: keep one of them",
                ]
            ),
            (
                "é: 1\r\nkafka: {group: a,  group: b}",
                [
                    "cairn.yaml:1: é: there is no such setting: the keys here are \(groups)",
                    "cairn.yaml:2: kafka.group: is given already on line 2: keep one of them",
                ]
            ),
        ])
    func repeatedKey(yaml: String, messages: [String]) throws {
        #expect(try faults(yaml: yaml) == messages)
    }

    @Test("very many repetitions end in one fault")
    func manyRepetitions() throws {
        let lines = try faults(yaml: String(repeating: "log: {level: info}\n", count: 500))
        #expect(
            lines == [
                "cairn.yaml:\(SettingsDocument.repetitionsMax + 1): \"log\" is repeated further down: keep one of them"
            ])
    }

    @Test(
        "a fault of the environment names the variable",
        arguments: [
            (
                "CAIRN_KAFKA_BROKER", "a",
                "CAIRN_KAFKA_BROKER: there is no such setting: did you mean CAIRN_KAFKA_BROKERS?"
            ),
            (
                "CAIRN_kafka_brokers", "a",
                "CAIRN_kafka_brokers: there is no such setting: did you mean CAIRN_KAFKA_BROKERS?"
            ),
            ("CAIRN_CONFIGS", "a", "CAIRN_CONFIGS: there is no such setting: did you mean CAIRN_CONFIG?"),
            ("CAIRN_", "a", "CAIRN_: there is no such setting: unset it; `cairn config show` lists all settings"),
            (
                "CAIRN_LANES_STOP_AT", "80",
                "CAIRN_LANES_STOP_AT: lanes.stop_at: \"80\" has no unit: write one of % after it, as in 80%"
            ),
            ("CAIRN_KAFKA_GROUP", "", "CAIRN_KAFKA_GROUP: kafka.group: is empty: give it a value or leave the key out"),
            ("CAIRN_KAFKA_GROUP", "a\n", "CAIRN_KAFKA_GROUP: kafka.group: \"a\\n\" holds a control character"),
            (
                "CAIRN_KAFKA_PROPERTIES", "a=b",
                "CAIRN_KAFKA_PROPERTIES: kafka.properties: must be a map: write {security.protocol: SSL}"
            ),
            (
                "CAIRN_KAFKA_PROPERTIES", "",
                "CAIRN_KAFKA_PROPERTIES: kafka.properties: has no value: write one or leave the key out"
            ),
            (
                "CAIRN_KAFKA_PROPERTIES", "{a: 1, a: 2}",
                "CAIRN_KAFKA_PROPERTIES: kafka.properties.a: is given already: keep one of them"
            ),
            (
                "CAIRN_POSTGRES_REPLICAS", "[postgres://a, [b]]",
                "CAIRN_POSTGRES_REPLICAS: postgres.replicas: item 2 must be one value"
            ),
        ])
    func ofTheEnvironment(variable: String, value: String, message: String) throws {
        #expect(try faults(environment: [variable: value]) == [message])
    }

    @Test("variables of setup and tests are left alone")
    func otherVariables() throws {
        let environment = ["CAIRN_TOOLS": "x", "CAIRN_TEST_BROKERS": "y", "CAIRNS": "z", "cairn_kafka_group": "w"]
        #expect(try faults(environment: environment) == [])
    }

    @Test(
        "a fault of --set names it and the key",
        arguments: [
            (["kafka.brokers"], "--set: kafka.brokers: lacks its value: write --set key=value"),
            (["kafka.broker=a"], "--set: kafka.broker: there is no such setting: did you mean kafka.brokers?"),
            (
                ["kafka=a"],
                "--set: kafka: is a group of settings: give values to its keys "
                    + "brokers, group, topic, scores_topic, properties"
            ),
            (["log.level=info", "log.level=debug"], "--set: log.level: is given already: keep one of them"),
            (["redis.retries= 1"], "--set: redis.retries: \" 1\" is not a whole number, as in 1"),
            (["kafka.properties.=x"], "--set: kafka.properties.: is no name of a librdkafka setting"),
            (
                ["kafka.properties={"],
                "--set: kafka.properties: is not YAML: did not find expected node content while parsing a flow node"
            ),
        ])
    func ofTheCommandLine(overrides: [String], message: String) throws {
        #expect(try faults(overrides: overrides) == [message])
    }

    @Test(
        "a setting of librdkafka that is cairn's own is refused with the reason",
        arguments: [
            ("enable.auto.commit", "the position is committed with the scores, in Postgres"),
            ("Enable.Auto.Commit", "the position is committed with the scores, in Postgres"),
            ("auto.commit.enable", "the position is committed with the scores, in Postgres"),
            ("enable.auto.offset.store", "the position is committed with the scores, in Postgres"),
            (
                "auto.offset.reset",
                "a partition whose position is gone must stop until `cairn lease skip` or `cairn lease reset`"
            ),
            ("group.id", "leases are kept by group; set kafka.group instead"),
            ("isolation.level", "a scan of an aborted transaction must never score"),
            ("bootstrap.servers", "two lists of brokers would contradict each other; set kafka.brokers instead"),
        ])
    func ownedProperty(name: String, reason: String) throws {
        let problem = "kafka.properties.\(name): belongs to cairn, take it out: \(reason)"
        #expect(try faults(yaml: "kafka:\n  properties:\n    \(name): x") == ["cairn.yaml:3: " + problem])
        #expect(try faults(overrides: ["kafka.properties.\(name)=x"]) == ["--set: " + problem])
        let environment = ["CAIRN_KAFKA_PROPERTIES": "{\(name): x}"]
        #expect(try faults(environment: environment) == ["CAIRN_KAFKA_PROPERTIES: " + problem])
    }

    @Test("all faults of all layers are told at once")
    func allAtOnce() throws {
        let lines = try faults(
            yaml: "kafka:\n  groop: a\nredis:\n  call_timeout: 5\nlanes: {stop_at: 40%}\n",
            environment: ["CAIRN_LOG_LEVEL": "loud", "CAIRN_NO": ""], overrides: ["x=y"])
        #expect(
            lines.map { $0.prefix { $0 != " " } } == [
                "cairn.yaml:2:", "cairn.yaml:4:", "CAIRN_LOG_LEVEL:", "CAIRN_NO:", "--set:", "cairn.yaml:5:",
            ])
    }

    @Test("after a hundred faults the rest is only counted")
    func tooMany() throws {
        let lines = try faults(yaml: (1...250).map { "key\($0): 1\n" }.joined())
        #expect(lines.count == 101)
        #expect(lines.last == "and 150 more")
    }
}
