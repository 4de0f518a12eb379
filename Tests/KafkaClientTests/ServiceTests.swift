import CRdkafka
import Reactor
import Testing

@testable import KafkaClient

/// Everything that needs a broker, one test at a time.
@Suite("Kafka services", .serialized)
enum ServiceTests {}

extension KafkaConsumer {
    /// Fetched records of a partition that nobody has polled yet.
    func waitingRecords(_ partition: Int32) -> Int {
        queue(of: partition)?.pointer.map { Int(rd_kafka_queue_length($0)) } ?? 0
    }
}
