import KafkaClient
import Settings

/// The two topics: scans must exist, scores is made when missing.
struct Topics {
    private let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    /// - Returns: the number of partitions of the scans.
    /// - Throws: `CommandFailure`.
    func prepare() async throws -> Int {
        let kafka = settings.kafkaSettings
        do throws(KafkaError) {
            let partitions = try await KafkaAdmin.partitionCount(kafka, settings.kafka.topic)
            try await KafkaAdmin.createTopic(
                kafka, settings.kafka.scoresTopic, partitions: partitions, config: ["cleanup.policy": "compact"])
            return partitions
        } catch {
            throw CommandFailure.failed("\(error.description) (kafka.brokers is \(settings.kafka.brokers))")
        }
    }
}
