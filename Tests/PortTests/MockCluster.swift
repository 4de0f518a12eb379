import CRdkafka
import KafkaClient

/// librdkafka's own cluster of one broker in this process. Of a log over 5 MB it drops the oldest batches.
final class MockCluster: @unchecked Sendable {
    private let client: OpaquePointer
    private let cluster: OpaquePointer
    let brokers: String

    init(topic: String, partitions: Int32) throws {
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(configuration, nil)
        var reason = [CChar](repeating: 0, count: 256)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &reason, reason.count),
            let cluster = rd_kafka_mock_cluster_new(client, 1)
        else { throw KafkaError.unreachable("no mock cluster") }
        self.client = client
        self.cluster = cluster
        rd_kafka_mock_topic_create(cluster, topic, partitions, 1)
        brokers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    func setDown() { rd_kafka_mock_broker_set_down(cluster, 1) }
    func setUp() { rd_kafka_mock_broker_set_up(cluster, 1) }
}
