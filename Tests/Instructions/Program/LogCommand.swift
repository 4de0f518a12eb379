import ArgumentParser
import CRdkafka
import Foundation
import KafkaClient
import Reactor

/// A topic of repeated scans in librdkafka's own cluster, in a process of its own, so that nobody counts it.
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Holds a topic of repeated scans until its input ends; prints the brokers.")
    @Option(help: "Scans in the topic.") var scans = 65_536

    func validate() throws {
        if scans < 8 || scans % Int(CountedHunt.partitions) != 0 { throw ValidationError("--scans is a multiple of 8") }
    }

    func run() { Program.end { [scans] in try await Self.hold(scans) } }

    @Reactor
    private static func hold(_ scans: Int) async throws -> Int32 {
        let cluster = try MockCluster()
        let producer = try KafkaProducer(KafkaSettings(brokers: cluster.brokers))
        let topic = producer.topic(MockCluster.topic)
        for partition in 0..<CountedHunt.partitions {
            var prepared = PreparedScans(partition: partition)
            prepared.write(visit: CountedHunt.knownVisit)
            let count = scans / Int(CountedHunt.partitions)
            prepared.hand(from: 0, count: count, offset: 0) { record in
                let isTaken = producer.produce(
                    topic, partition: partition, key: record.key, value: record.value,
                    timestampMs: record.timestampMs, tag: 0)
                precondition(isTaken, "the producer's queue is full")
            }
            guard await producer.flush(timeoutMs: 30_000) else { return 1 }
        }
        print(cluster.brokers)
        fflush(nil)
        await Reactor.blocking { _ = FileHandle.standardInput.readDataToEndOfFile() }
        await producer.close()
        withExtendedLifetime(cluster) {}
        return 0
    }
}

/// librdkafka's cluster of one broker. Of a partition over 5 MB it drops the oldest batches.
private final class MockCluster {
    static let topic = "scans"
    private let client: OpaquePointer
    private let cluster: OpaquePointer
    let brokers: String

    init() throws {
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(configuration, nil)
        var reason = [CChar](repeating: 0, count: 256)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &reason, reason.count),
            let cluster = rd_kafka_mock_cluster_new(client, 1)
        else { throw KafkaError.unreachable("no mock cluster") }
        self.client = client
        self.cluster = cluster
        rd_kafka_mock_topic_create(cluster, Self.topic, CountedHunt.partitions, 1)
        brokers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }
}
