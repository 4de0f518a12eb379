import CRdkafka
import DevStack
import FaultProxy
import Foundation
import KafkaClient
import Synchronization

/// A broker of one test alone, which all its clients reach through a proxy.
final class OwnBroker: SiteBroker {
    let stack: DevStack
    let proxy: FaultProxy
    var brokers: String { "127.0.0.1:\(proxy.port)" }

    private init(stack: DevStack, proxy: FaultProxy) {
        self.stack = stack
        self.proxy = proxy
    }

    static func start() async throws -> OwnBroker {
        let proxy = try await FaultProxy.start()
        var options = DevStackOptions()
        options.services = [.kafka]
        options.topics = [:]
        options.kafkaAdvertisedPort = proxy.port
        let stack = try await DevStack.start(options)
        try await proxy.lead(to: stack.port(of: .kafka))
        return OwnBroker(stack: stack, proxy: proxy)
    }

    func makeTopic(_ name: String, partitions: Int) async throws {
        try await stack.createTopic(name, partitions: partitions)
    }

    /// Whether a link is one of a worker, by the client id in its first request; the tests' own clients bear their
    /// site's name.
    static let isWorker: @Sendable (_ opening: [UInt8]) -> Bool = {
        String(decoding: $0, as: UTF8.self).contains("cairn")
    }

    func stop() async {
        await proxy.stop()
        await stack.stop()
    }
}

/// librdkafka's cluster of three brokers in this process, which other processes can reach: it fails on demand, moves
/// leaders and coordinators, and knows the cooperative protocol. It keeps the newest 5 MiB of each partition.
///
/// `@unchecked`: the functions of rdkafka_mock.h may be called on any thread.
final class MockBroker: SiteBroker, @unchecked Sendable {
    static let bytesPerPartition = 5 << 20
    static let brokerCount: Int32 = 3

    private let client: OpaquePointer
    private let cluster: OpaquePointer
    let brokers: String

    init() throws {
        let configuration = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(configuration, nil)
        var reason = [CChar](repeating: 0, count: 256)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &reason, reason.count),
            let cluster = rd_kafka_mock_cluster_new(client, Self.brokerCount)
        else { throw ServiceFailure("no mock cluster") }
        self.client = client
        self.cluster = cluster
        brokers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    /// The port of its first broker.
    var firstPort: Int {
        brokers.split(separator: ",").first?.split(separator: ":").last.flatMap { Int($0) } ?? 0
    }

    func makeTopic(_ name: String, partitions: Int) throws {
        let status = rd_kafka_mock_topic_create(cluster, name, Int32(partitions), 1)
        if status != RD_KAFKA_RESP_ERR_NO_ERROR { throw ServiceFailure("topic \(name): \(status)") }
    }

    /// Answers the next requests of a kind with these errors; `RD_KAFKA_RESP_ERR__TRANSPORT` closes the connection.
    func fail(_ request: KafkaRequest, _ errors: [rd_kafka_resp_err_t]) {
        rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, errors.count, errors)
    }

    func failNoMore() {
        for request in KafkaRequest.allCases { rd_kafka_mock_clear_request_errors(cluster, request.rawValue) }
    }

    func moveLeader(of topic: String, _ partition: Int32, to broker: Int32) {
        rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker)
    }

    func moveCoordinator(of group: String, to broker: Int32) {
        rd_kafka_mock_coordinator_set(cluster, "group", group, broker)
    }
}

/// A mock cluster that can be replaced by an empty one with the same topics while clients go on: all begin at a proxy.
final class RenewableMock: SiteBroker {
    private struct Parts {
        var mock: MockBroker
        var topics: [String: Int] = [:]
    }

    private let proxy: FaultProxy
    private let parts: Mutex<Parts>
    var brokers: String { "127.0.0.1:\(proxy.port)" }

    private init(_ mock: MockBroker, _ proxy: FaultProxy) {
        self.proxy = proxy
        parts = Mutex(Parts(mock: mock))
    }

    static func start() async throws -> RenewableMock {
        let mock = try MockBroker()
        return RenewableMock(mock, try await FaultProxy.start(to: mock.firstPort))
    }

    func makeTopic(_ name: String, partitions: Int) throws {
        try parts.withLock { parts in
            try parts.mock.makeTopic(name, partitions: partitions)
            parts.topics[name] = partitions
        }
    }

    /// Makes every topic anew, as if it had been deleted.
    func renew() async throws {
        let fresh = try MockBroker()
        for (name, partitions) in parts.withLock({ $0.topics }) { try fresh.makeTopic(name, partitions: partitions) }
        try await proxy.lead(to: fresh.firstPort)
        try await proxy.apply(.reset)
        parts.withLock { $0.mock = fresh }
    }

    func stop() async { await proxy.stop() }
}

/// Every request that a worker makes, by its number.
///
/// - Source: Kafka protocol guide, "API keys".
enum KafkaRequest: Int16, CaseIterable {
    case produce = 0
    case fetch = 1
    case listOffsets = 2
    case metadata = 3
    case offsetCommit = 8
    case findCoordinator = 10
    case joinGroup = 11
    case heartbeat = 12
    case leaveGroup = 13
    case syncGroup = 14
    case apiVersions = 18
    case initProducerID = 22

    /// What a broker in trouble answers, each for a while only.
    var errors: [rd_kafka_resp_err_t] {
        switch self {
        case .produce:
            [
                RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT,
            ]
        case .fetch:
            [
                RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__TRANSPORT,
            ]
        case .listOffsets: [RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT]
        case .metadata, .apiVersions: [RD_KAFKA_RESP_ERR__TRANSPORT]
        case .offsetCommit:
            [
                RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
                RD_KAFKA_RESP_ERR__TRANSPORT,
            ]
        case .findCoordinator: [RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__TRANSPORT]
        case .joinGroup, .syncGroup:
            [RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID]
        case .heartbeat:
            [
                RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
                RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR__TRANSPORT,
            ]
        case .leaveGroup: [RD_KAFKA_RESP_ERR_NOT_COORDINATOR]
        case .initProducerID: [RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR__TRANSPORT]
        }
    }
}
