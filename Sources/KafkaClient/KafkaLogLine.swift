import CRdkafka

/// One line of librdkafka's own log.
public struct KafkaLogLine: Sendable, Equatable {
    /// Severity as in syslog: 0 (emergency) ... 7 (debug).
    public let level: Int
    /// What part of librdkafka speaks, such as `FAIL` or `SESSTMOUT`.
    public let facility: String
    public let message: String

    /// `nil` for lines that only say that a consumer's setting means nothing to a producer or the other way round: both
    /// kinds of client get the user's properties.
    init?(_ event: OpaquePointer) {
        var facility: UnsafePointer<CChar>?
        var message: UnsafePointer<CChar>?
        var level: Int32 = 0
        guard rd_kafka_event_log(event, &facility, &message, &level) == 0, let facility, let message else { return nil }
        self.level = Int(level)
        self.facility = String(cString: facility)
        self.message = String(cString: message)
        if self.facility == "CONFWARN" && self.message.contains("will be ignored by this") { return nil }
    }
}

extension KafkaError {
    /// The error that an event of type `RD_KAFKA_EVENT_ERROR` tells about `client`.
    init(event: OpaquePointer, client: OpaquePointer?, topic: String?) {
        let code = rd_kafka_event_error(event)
        let reason = rd_kafka_event_error_string(event).map { String(cString: $0) }
        guard rd_kafka_event_error_is_fatal(event) != 0, let client else {
            self = KafkaError(code, reason, topic: topic)
            return
        }
        let underlying = rd_kafka_fatal_error(client, nil, 0)
        self = .fatal(name: String(cString: rd_kafka_err2name(underlying)), reason: reason ?? "")
    }
}
