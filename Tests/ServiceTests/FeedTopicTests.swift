import CRdkafka
import KafkaClient
import Reactor
import Testing

extension ServiceTests {
    @Suite("The topic of scores")
    struct FeedTopic {
        @Test("the topic of scores that a worker makes is compacted, as the broker tells it", .timeLimit(.minutes(2)))
        @Reactor
        func compacted() async throws {
            try await withSite(partitions: 2) { site in
                let (brokers, topic, scores) = (site.stack.brokers, site.settings.topic, site.settings.scoresTopic)
                await #expect(throws: KafkaError.topicMissing(scores)) {
                    _ = try await KafkaAdmin.partitionCount(site.kafka(), scores)
                }
                try await site.startWorkers()
                let policy = await Reactor.blocking { setting("cleanup.policy", of: scores, brokers) }
                #expect(policy == "compact")
                // What nobody asked to be compacted is not.
                let other = await Reactor.blocking { setting("cleanup.policy", of: topic, brokers) }
                #expect(other != "compact")
            }
        }
    }
}

/// A setting of a topic as the broker tells it; nil where it tells none. Blocks for 10 s at most.
private func setting(_ name: String, of topic: String, _ brokers: String) -> String? {
    let configuration = rd_kafka_conf_new()
    rd_kafka_conf_set(configuration, "bootstrap.servers", brokers, nil, 0)
    guard let client = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, nil, 0) else { return nil }
    defer { rd_kafka_destroy(client) }
    guard let queue = rd_kafka_queue_new(client) else { return nil }
    defer { rd_kafka_queue_destroy(queue) }
    var resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
    defer { rd_kafka_ConfigResource_destroy(resource) }
    rd_kafka_DescribeConfigs(client, &resource, 1, nil, queue)
    guard let event = rd_kafka_queue_poll(queue, 10_000) else { return nil }
    defer { rd_kafka_event_destroy(event) }
    var count = 0
    guard let result = rd_kafka_event_DescribeConfigs_result(event),
        let resources = rd_kafka_DescribeConfigs_result_resources(result, &count), count == 1,
        rd_kafka_ConfigResource_error(resources[0]) == RD_KAFKA_RESP_ERR_NO_ERROR,
        let entries = rd_kafka_ConfigResource_configs(resources[0], &count)
    else { return nil }
    for number in 0..<count {
        guard let entry = entries[number], String(cString: rd_kafka_ConfigEntry_name(entry)) == name else { continue }
        return rd_kafka_ConfigEntry_value(entry).map { String(cString: $0) }
    }
    return nil
}
