import CRdkafka
import Reactor

/// Looks after topics. Each call makes a client of its own, blocks a thread aside, and ends the client.
public enum KafkaAdmin {
    /// Creates a topic; one that exists already is fine, whatever its partitions and settings.
    ///
    /// - Parameters:
    ///   - partitions: 1 or more.
    ///   - replication: copies of each record; -1 is the broker's default.
    ///   - config: the topic's settings, such as `cleanup.policy`.
    ///   - timeoutMs: how long the broker may take.
    public static func createTopic(
        _ settings: KafkaSettings, _ name: String, partitions: Int, replication: Int = -1,
        config: [String: String] = [:],
        timeoutMs: Int = 10_000
    ) async throws(KafkaError) {
        try await Reactor.blocking { () throws(KafkaError) in
            try Self.client(settings).createTopic(
                name, partitions: Int32(clamping: partitions), replication: Int32(clamping: replication),
                config: config,
                timeoutMs: Int32(clamping: timeoutMs))
        }
    }

    /// How many partitions the topic has. Takes at most 5 s.
    ///
    /// - Throws: `KafkaError.topicMissing` when it does not exist.
    public static func partitionCount(_ settings: KafkaSettings, _ topic: String) async throws(KafkaError) -> Int {
        try await Reactor.blocking { () throws(KafkaError) in
            try Self.client(settings).partitionCount(topic)
        }
    }

    /// The ends of all partitions of the topic, by partition number. Asks one partition after the other.
    ///
    /// From the test broker (tansu 0.6) `high` is too low by up to a batch, never too high.
    ///
    /// - Throws: `KafkaError.topicMissing` when it does not exist.
    public static func watermarks(
        _ settings: KafkaSettings, _ topic: String
    ) async throws(KafkaError) -> [KafkaWatermarks] {
        try await Reactor.blocking { () throws(KafkaError) in
            try Self.client(settings).watermarks(topic)
        }
    }

    private static func client(_ settings: KafkaSettings) throws(KafkaError) -> AdminClient {
        // Not a producer: its questions about a missing topic would create it.
        let properties = try settings.properties(over: [])
        var handle = try ConfigurationHandle(properties, events: 0).makeClient(RD_KAFKA_CONSUMER)
        guard let reference = handle.take() else { throw .unreachable("the client is closed") }
        return AdminClient(reference)
    }
}

/// A client that lives for one call on one thread, and at least for that call: its pointer never leaves its methods.
private struct AdminClient: ~Copyable {
    private let reference: ClientReference

    init(_ reference: ClientReference) { self.reference = reference }

    deinit { reference.destroy() }

    func partitionCount(_ topic: String) throws(KafkaError) -> Int { try reference.partitionCount(topic: topic) }

    func watermarks(_ topic: String) throws(KafkaError) -> [KafkaWatermarks] {
        var found: [KafkaWatermarks] = []
        for partition in 0..<Int32(clamping: try reference.partitionCount(topic: topic)) {
            found.append(try reference.watermarks(topic: topic, partition: partition))
        }
        return found
    }

    func createTopic(
        _ name: String, partitions: Int32, replication: Int32, config: [String: String], timeoutMs: Int32
    ) throws(KafkaError) {
        let client = reference.pointer
        var text = [CChar](repeating: 0, count: 512)
        guard var topic = rd_kafka_NewTopic_new(name, partitions, replication, &text, text.count) else {
            throw .invalidProperty(name: "topic \(name)", reason: Self.string(text))
        }
        defer { rd_kafka_NewTopic_destroy(topic) }
        for (key, value) in config.sorted(by: { $0.key < $1.key }) { rd_kafka_NewTopic_set_config(topic, key, value) }
        guard let queue = rd_kafka_queue_new(client) else { throw .unreachable("no queue") }
        defer { rd_kafka_queue_destroy(queue) }
        let options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, timeoutMs, nil, 0)
        rd_kafka_AdminOptions_set_operation_timeout(options, timeoutMs, nil, 0)
        withUnsafeMutablePointer(to: &topic) { topics in
            topics.withMemoryRebound(to: OpaquePointer?.self, capacity: 1) { list in
                rd_kafka_CreateTopics(client, list, 1, options, queue)
            }
        }
        guard let event = rd_kafka_queue_poll(queue, timeoutMs + 1_000) else { throw .unreachable("no answer in time") }
        defer { rd_kafka_event_destroy(event) }
        try Self.check(event, topic: name)
    }

    private static func check(_ event: OpaquePointer, topic: String) throws(KafkaError) {
        let status = rd_kafka_event_error(event)
        if status != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(status, rd_kafka_event_error_string(event).map { String(cString: $0) }, topic: topic)
        }
        var count = 0
        guard let answer = rd_kafka_event_CreateTopics_result(event),
            let results = rd_kafka_CreateTopics_result_topics(answer, &count), count == 1, let result = results[0]
        else { return }
        let code = rd_kafka_topic_result_error(result)
        if code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { return }
        throw KafkaError(code, rd_kafka_topic_result_error_string(result).map { String(cString: $0) }, topic: topic)
    }

    private static func string(_ text: [CChar]) -> String {
        text.withUnsafeBufferPointer { bytes in bytes.baseAddress.map { String(cString: $0) } ?? "" }
    }
}
