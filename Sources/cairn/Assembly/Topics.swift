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
            try await makeScoresTopic(partitions: partitions)
            return partitions
        } catch {
            throw CommandFailure.failed("\(error.description); \(remedy(error))")
        }
    }

    /// Asks first: where the topic exists, cairn needs no right to create one.
    private func makeScoresTopic(partitions: Int) async throws(KafkaError) {
        let kafka = settings.kafkaSettings
        do throws(KafkaError) {
            _ = try await KafkaAdmin.partitionCount(kafka, settings.kafka.scoresTopic)
        } catch {
            guard case .topicMissing = error else { throw error }
            try await KafkaAdmin.createTopic(
                kafka, settings.kafka.scoresTopic, partitions: partitions, config: ["cleanup.policy": "compact"])
        }
    }

    /// How many partitions a topic has.
    ///
    /// - Throws: `CommandFailure` when it does not exist, or the broker does not answer.
    func partitionCount(of topic: String) async throws -> Int {
        do throws(KafkaError) {
            return try await KafkaAdmin.partitionCount(settings.kafkaSettings, topic)
        } catch {
            throw CommandFailure.failed("\(error.description); \(remedy(error))")
        }
    }

    private func remedy(_ error: KafkaError) -> String {
        switch error {
        case .topicMissing: "create the topic, or correct kafka.topic"
        case .unreachable: "check kafka.brokers (\(settings.kafka.brokers)), and that the broker runs"
        default: "check kafka.brokers (\(settings.kafka.brokers)) and kafka.properties"
        }
    }
}
