import CRdkafka

/// Why Kafka did not do what was asked, one case per reaction. The description is one line.
public enum KafkaError: Error, Equatable, Sendable {
    /// The librdkafka found at run time cannot talk to current brokers: install a newer one.
    case libraryTooOld(found: String)
    /// A setting is unknown, out of range, or belongs to cairn: mend the configuration.
    case invalidProperty(name: String, reason: String)
    /// No broker answers: librdkafka keeps trying; wait.
    case unreachable(String)
    /// The topic does not exist: create it, or mend its name.
    case topicMissing(String)
    /// The broker or the library refused one request.
    ///
    /// - Parameters:
    ///   - code: the protocol's number, negative for one of librdkafka's own.
    ///   - name: librdkafka's name of the code, such as `TOPIC_AUTHORIZATION_FAILED`.
    case broker(code: Int32, name: String, reason: String)
    /// The client is unusable from now on: close it and make another.
    case fatal(name: String, reason: String)
}

extension KafkaError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .libraryTooOld(let found):
            "cairn needs librdkafka 2.2 or newer but found \(found): run `make setup`, or install a newer librdkafka"
        case .invalidProperty(let name, let reason): "Kafka property \(name): \(reason)"
        case .unreachable(let reason): "Kafka is unreachable: \(reason)"
        case .topicMissing(let topic): "Kafka has no topic \(topic)"
        case .broker(_, let name, let reason): "Kafka refused a request: \(reason) (\(name))"
        case .fatal(let name, let reason): "the Kafka client failed for good: \(reason) (\(name))"
        }
    }
}

extension KafkaError {
    /// - Parameter topic: the topic the request was about, named when the code says that it is missing.
    init(_ code: rd_kafka_resp_err_t, _ reason: String? = nil, topic: String? = nil) {
        let text = reason ?? String(cString: rd_kafka_err2str(code))
        switch code {
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR__TIMED_OUT:
            self = .unreachable(text)
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
            self = .topicMissing(topic ?? text)
        case RD_KAFKA_RESP_ERR__FATAL:
            self = .fatal(name: Self.name(of: code), reason: text)
        default:
            self = .broker(code: code.rawValue, name: Self.name(of: code), reason: text)
        }
    }

    /// Takes over `error` and frees it.
    init(consuming error: OpaquePointer) {
        let code = rd_kafka_error_code(error)
        let reason = String(cString: rd_kafka_error_string(error))
        if rd_kafka_error_is_fatal(error) != 0 {
            self = .fatal(name: Self.name(of: code), reason: reason)
        } else {
            self = KafkaError(code, reason)
        }
        rd_kafka_error_destroy(error)
    }

    private static func name(of code: rd_kafka_resp_err_t) -> String {
        String(cString: rd_kafka_err2name(code))
    }
}
