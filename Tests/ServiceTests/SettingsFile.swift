import DevStack

/// The settings of one worker, as a user would write them.
struct SettingsFile {
    var brokers: String
    var group: String
    var topic: String
    var scoresTopic: String
    var postgresURL: String
    var redisURL: String
    var metricsListen = "127.0.0.1:0"
    var logLevel = "info"
    /// How long the group waits for a member that is silent.
    var sessionTimeoutMs = 6_000
    /// librdkafka's settings besides.
    var kafkaProperties: [String: String] = [:]
    var scoreTTLSeconds = 30
    /// URLs of read replicas.
    var replicas: [String] = []
    /// Lines to append, at the outermost level.
    var extra = ""

    var yaml: String {
        let timing = ["session.timeout.ms": sessionTimeoutMs, "heartbeat.interval.ms": sessionTimeoutMs / 6]
        let properties = timing.mapValues { "\($0)" }.merging(kafkaProperties) { $1 }.sorted { $0.key < $1.key }
            .map { "\($0.key): \"\($0.value)\"" }.joined(separator: ", ")
        return """
            kafka:
              brokers: "\(brokers)"
              group: \(group)
              topic: \(topic)
              scores_topic: \(scoresTopic)
              properties: {\(properties)}
            postgres: {url: "\(postgresURL)", replicas: [\(replicas.map { "\"\($0)\"" }.joined(separator: ", "))]}
            redis: {url: "\(redisURL)", score_ttl: \(scoreTTLSeconds)s}
            metrics: {listen: "\(metricsListen)"}
            log: {level: \(logLevel)}
            \(extra)
            """
    }
}
