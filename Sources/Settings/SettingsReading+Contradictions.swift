extension SettingsReading {
    /// Finds values that are good alone and impossible together. A setting with a fault of its own is left out.
    mutating func findContradictions() {
        let settings = settings
        let pool = settings.postgres.pool
        refuse(
            settings.lanes.resumeAt >= settings.lanes.stopAt, "lanes.resume_at", "lanes.stop_at",
            "must be below lanes.stop_at, or a full lane would never be polled again")
        refuse(
            settings.flush.maxRecords > settings.lanes.ringCapacity, "flush.max_records", "lanes.ring_capacity",
            "must not exceed lanes.ring_capacity: a batch is taken from one lane")
        refuse(
            pool.minIdle > pool.max, "postgres.pool.min_idle", "postgres.pool.max",
            "must not exceed postgres.pool.max")
        refuse(
            pool.max < settings.flush.concurrent + 2, "postgres.pool.max", "flush.concurrent",
            "must be flush.concurrent + 2 or more: leases and loading need connections beside the flushes")
        refuse(
            settings.redis.callTimeoutMs >= settings.redis.scoreTTLMs, "redis.call_timeout", "redis.score_ttl",
            "must be below redis.score_ttl, or a score would expire while it is written")
        refuse(
            settings.kafka.topic == settings.kafka.scoresTopic, "kafka.scores_topic", "kafka.topic",
            "must differ from kafka.topic, or cairn would read its own scores as scans")
        refuse(
            settings.http.listen == settings.metrics.listen && settings.http.listen.port != 0,
            "metrics.listen", "http.listen", "must differ from http.listen, unless the port is 0")
    }

    /// Notes the contradiction at whichever of the two somebody chose, and shows the other with its origin.
    private mutating func refuse(_ isImpossible: Bool, _ name: String, _ other: String, _ reason: String) {
        guard isImpossible, isSound([name, other]) else { return }
        let source = settings.sources[name] ?? .builtIn
        let otherSource = settings.sources[other] ?? .builtIn
        let origin = "\(other) is \(shown(settings.texts[other] ?? "")), \(otherSource)"
        if source == .builtIn {
            let own = "\(name) is \(shown(settings.texts[name] ?? "")), \(source)"
            report(otherSource.description, other, "contradicts \(name), which \(reason) (\(own))")
        } else {
            report(source.description, name, "\(reason) (\(origin))")
        }
    }
}
