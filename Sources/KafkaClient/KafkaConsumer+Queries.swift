import CRdkafka
import Reactor

/// Offsets of the log's two ends.
public struct KafkaWatermarks: Equatable, Sendable {
    /// The oldest record kept.
    public var low: Int64
    /// The offset that the next record will get.
    public var high: Int64

    public init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }
}

extension KafkaConsumer {
    /// The ends as of the last fetch, without asking the broker. `nil` before the first fetch of the partition.
    public func cachedWatermarks(_ partition: Int32) -> KafkaWatermarks? {
        guard let pointer = client.pointer else { return nil }
        var low: Int64 = -1
        var high: Int64 = -1
        let status = rd_kafka_get_watermark_offsets(pointer, topic, partition, &low, &high)
        guard status == RD_KAFKA_RESP_ERR_NO_ERROR, low >= 0, high >= 0 else { return nil }
        return KafkaWatermarks(low: low, high: high)
    }

    /// The ends as the partition's leader knows them now. Blocks a thread aside for at most 5 s.
    ///
    /// The test broker (tansu 0.6) answers with an end that is too low by up to a batch. What the last fetch told is
    /// right there too, so the later of both counts.
    public func queryWatermarks(_ partition: Int32) async throws(KafkaError) -> KafkaWatermarks {
        let topic = topic
        var answer = try await onOtherThread { client throws(KafkaError) in
            try client.watermarks(topic: topic, partition: partition)
        }
        if let cached = cachedWatermarks(partition) { answer.high = max(answer.high, cached.high) }
        return answer
    }

    /// How many partitions the topic has now. Blocks a thread aside for at most 5 s.
    public func partitionCount() async throws(KafkaError) -> Int {
        let topic = topic
        return try await onOtherThread { client throws(KafkaError) in try client.partitionCount(topic: topic) }
    }

    /// Runs a blocking call; `close` waits for it.
    private func onOtherThread<Value: Sendable>(
        _ work: @escaping @Sendable (ClientReference) throws(KafkaError) -> Value
    ) async throws(KafkaError) -> Value {
        guard let pointer = client.pointer, !isClosing else { throw .unreachable("the consumer is closed") }
        let reference = ClientReference(pointer: pointer)
        callsUnderWay += 1
        defer { callsUnderWay -= 1 }
        return try await Reactor.blocking { () throws(KafkaError) in try work(reference) }
    }
}

/// Blocking questions to the cluster, 5 s at most.
extension ClientReference {
    private static let timeoutMs: Int32 = 5_000

    func watermarks(topic: String, partition: Int32) throws(KafkaError) -> KafkaWatermarks {
        var low: Int64 = -1
        var high: Int64 = -1
        let status = rd_kafka_query_watermark_offsets(pointer, topic, partition, &low, &high, Self.timeoutMs)
        if status != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(status, topic: topic) }
        return KafkaWatermarks(low: low, high: high)
    }

    func partitionCount(topic: String) throws(KafkaError) -> Int {
        guard let handle = rd_kafka_topic_new(pointer, topic, nil) else { throw .topicMissing(topic) }
        defer { rd_kafka_topic_destroy(handle) }
        var answer: UnsafePointer<rd_kafka_metadata>?
        let status = rd_kafka_metadata(pointer, 0, handle, &answer, Self.timeoutMs)
        guard status == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else { throw KafkaError(status, topic: topic) }
        defer { rd_kafka_metadata_destroy(answer) }
        guard answer.pointee.topic_cnt == 1, let found = answer.pointee.topics?.pointee else {
            throw .topicMissing(topic)
        }
        if found.err != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(found.err, topic: topic) }
        if found.partition_cnt == 0 { throw .topicMissing(topic) }
        return Int(found.partition_cnt)
    }
}
