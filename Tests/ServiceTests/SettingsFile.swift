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
    /// Lines to append, at the outermost level.
    var extra = ""

    var yaml: String {
        """
        kafka:
          brokers: "\(brokers)"
          group: \(group)
          topic: \(topic)
          scores_topic: \(scoresTopic)
          properties: {session.timeout.ms: "\(sessionTimeoutMs)", heartbeat.interval.ms: "\(sessionTimeoutMs / 6)"}
        postgres: {url: "\(postgresURL)"}
        redis: {url: "\(redisURL)"}
        metrics: {listen: "\(metricsListen)"}
        log: {level: \(logLevel)}
        \(extra)
        """
    }
}
