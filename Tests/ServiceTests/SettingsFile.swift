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
    /// Lines to append, at the outermost level.
    var extra = ""

    var yaml: String {
        """
        kafka:
          brokers: "\(brokers)"
          group: \(group)
          topic: \(topic)
          scores_topic: \(scoresTopic)
          properties: {session.timeout.ms: "6000", heartbeat.interval.ms: "1000"}
        postgres: {url: "\(postgresURL)"}
        redis: {url: "\(redisURL)"}
        metrics: {listen: "\(metricsListen)"}
        log: {level: \(logLevel)}
        \(extra)
        """
    }
}
