/// The page docs/configuration.md, made from the table of settings.
public enum SettingsReference {
    /// Markdown. The same table gives the same text.
    public static func markdown() -> String {
        ([opening] + SettingsTable.topGroups.map(section) + [properties, contradictions, everyDefault])
            .joined(separator: "\n")
    }

    private static func section(_ group: String) -> String {
        var lines = ["### \(group)", "", "| setting | default | values | what it does |", "| --- | --- | --- | --- |"]
        for row in SettingsTable.rows where row.name.hasPrefix(group + ".") {
            let name = "`\(row.name)`<br>`\(row.environmentName)`"
            lines.append("| \(name) | `\(row.builtIn)` | \(values(row.kind)) | \(row.help) |")
        }
        return (lines + [""]).joined(separator: "\n")
    }

    private static func values(_ kind: SettingKind) -> String {
        switch kind {
        case .boolean, .choice: kind.bounds
        default: "\(kind.type), \(kind.bounds)"
        }
    }

    private static let opening = """
        # Configuration

        <!-- Made by `make docs` from the table in Sources/Settings/SettingsTable.swift; a test compares. -->

        Every setting has a default. cairn reads four layers, each over the one before:

        1. the defaults below;
        2. one YAML file: what `--config FILE` names, else what the variable `CAIRN_CONFIG` names, else `./cairn.yaml`
           where it exists;
        3. variables of the environment: `CAIRN_` and the setting's name in capitals, with `_` for each dot;
        4. `--set key=value`, any number of times.

        ```yaml settings cairn.yaml
        postgres: {pool: {max: 40}}
        log:
          level: warning
        ```

        ```sh
        CAIRN_LOG_LEVEL=error cairn config show --set postgres.pool.max=20 | grep -E "^(setting|postgres.pool.max |log.level)"
        ```

        ```text
        setting                        value                             source
        postgres.pool.max              20                                --set
        log.level                      error                             CAIRN_LOG_LEVEL
        ```

        `cairn config show` lists every effective value and where it came from; passwords show as `***`.

        What cannot be is an error at start (exit code 1): an unknown key, a wrong unit, a value out of its bounds, a key
        given twice, values that contradict each other. All faults are listed at once, each with its file and line,
        variable or `--set`. Variables that start with `CAIRN_` and are no setting are faults, too, save `CAIRN_CONFIG`,
        `CAIRN_TOOLS` (where `cairn demo` finds its broker) and those that start with `CAIRN_TEST_`.

        ```sh
        CAIRN_LOG_LEVEL=loud cairn config show --set lanes.stop_at=80 || echo "exit code $?"
        ```

        ```text
        cairn: CAIRN_LOG_LEVEL: log.level: "loud" is not one of trace, debug, info, notice, warning, error, critical
        --set: lanes.stop_at: "80" has no unit: write one of % after it, as in 80%
        exit code 1
        ```

        ## Units

        - Durations are whole numbers with `ms`, `s`, `m`, `h` or `d`: `500ms`, `30d`.
        - Sizes are whole numbers with `B`, `KiB`, `MiB` or `GiB`.
        - Percentages carry `%`.
        - Counts carry nothing.
        - `host:port` takes IPv6 addresses in brackets; port 0 is any free port, which the log names.
        - In a URL the characters `@ : / ? # %` of a user or password are written percent-encoded (`%40` for `@`).

        ## Settings

        """

    private static var properties: String {
        let owned = KafkaProperties.owned.sorted { $0.key < $1.key }
            .map { "| `\($0.key)` | \($0.value) |" }
        return """
            ## librdkafka's settings

            `kafka.properties` takes any setting of librdkafka and hands it to every client that cairn opens, consumer and
            producer. Names are written whole. cairn's own defaults (`fetch.*`, `queued.*`, `linger.ms`,
            `session.timeout.ms`, `partition.assignment.strategy` and a few more) can be set anew there.

            ```yaml settings
            kafka:
              brokers: "kafka1:9093,kafka2:9093"
              properties:
                security.protocol: SASL_SSL
                sasl.mechanism: SCRAM-SHA-512
                sasl.username: cairn
                sasl.password: secret
            ```

            On the command line it is `--set kafka.properties.security.protocol=SSL`; the variable
            `CAIRN_KAFKA_PROPERTIES` takes the whole map, `{security.protocol: SSL}`. Later layers replace single names,
            not the map.

            These belong to cairn and are refused, because its promises rest on them:

            | librdkafka's setting | why it cannot be set |
            | --- | --- |
            \(owned.joined(separator: "\n"))

            """
    }

    private static let contradictions = """
        ## Values that must fit together

        - `lanes.resume_at` is below `lanes.stop_at`.
        - `flush.max_records` is at most `lanes.ring_capacity`.
        - `postgres.pool.min_idle` is at most `postgres.pool.max`.
        - `postgres.pool.max` is `flush.concurrent` + 2 or more.
        - `redis.call_timeout` is below `redis.score_ttl`.
        - `kafka.scores_topic` is not `kafka.topic`.
        - `metrics.listen` is not `http.listen`, unless the port is 0.

        """

    private static var everyDefault: String {
        """
        ## A file with every default

        ```yaml settings
        \(yaml())
        ```

        """
    }

    /// Every setting with its default, groups nested.
    private static func yaml() -> String {
        var lines: [String] = []
        var open: [String] = []
        for row in SettingsTable.rows {
            let parts = row.name.split(separator: ".").map(String.init)
            let groups = Array(parts.dropLast())
            let shared = zip(groups, open).prefix { $0 == $1 }.count
            for depth in shared..<groups.count { lines.append(indent(depth) + groups[depth] + ":") }
            open = groups
            lines.append("\(indent(groups.count))\(parts[parts.count - 1]): \(quotedYAML(row.builtIn))")
        }
        return lines.joined(separator: "\n")
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    /// Text with a colon in it is quoted: not all of it would need to be, but readers need not know which. A star would
    /// begin an alias.
    private static func quotedYAML(_ text: String) -> String {
        text.contains(":") || text.hasPrefix("*") ? "\"\(text)\"" : text
    }
}

extension SettingsTable {
    /// `kafka`, `postgres` and so on, in the table's order.
    fileprivate static var topGroups: [String] { groups.filter { !$0.contains(".") } }
}
