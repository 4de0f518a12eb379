import FlowCore
import HuntCore
import KafkaClient
import Reactor

/// The feed of changes behind FlowCore's port: the compacted topic `scores` (contracts.md section 4).
@Reactor
public final class KafkaScoreFeed: @Reactor ScoreFeed {
    private let producer: KafkaProducer
    private let topic: KafkaTopic
    private let slug: (Int32) -> [UInt8]?
    private var record = ScoreRecord()

    public init(producer: KafkaProducer, topic: String, slug: @escaping (Int32) -> [UInt8]?) {
        self.producer = producer
        self.topic = producer.topic(topic)
        self.slug = slug
    }

    /// Tells an engine of deliveries.
    ///
    /// - Parameter onFed: the time from a record's timestamp until its change was acknowledged, in milliseconds.
    public func attach(_ engine: FlowEngine, onFed: @escaping @Reactor (Int64) -> Void) {
        producer.onDelivered = { [unowned producer] tag, _, _, error in
            let batch = UInt32(truncatingIfNeeded: tag >> 32)
            if error != nil { return engine.feedFailed(batch: batch) }
            let receivedAt = UInt32(truncatingIfNeeded: tag)
            if receivedAt != 0 {
                onFed(Int64(UInt32(truncatingIfNeeded: producer.reportedAtMs) &- receivedAt))
            }
            engine.feedDelivered(batch: batch)
        }
    }

    /// The tag carries the batch and the low 32 bits of the time of receipt: an age below 49 days.
    public func send(_ item: PublishItem) -> Bool {
        guard let slug = slug(item.key.huntID) else {
            // The hunt is gone: nobody follows it any more. Counted as delivered once the caller is done.
            Reactor.submit { [producer] in
                producer.onDelivered?(UInt64(item.batch) << 32, -1, -1, nil)
            }
            return true
        }
        record.set(item, hunt: slug)
        let receivedAt = item.receivedAt < 0 ? 0 : UInt32(truncatingIfNeeded: item.receivedAt)
        let tag = UInt64(item.batch) << 32 | UInt64(receivedAt)
        return producer.produce(topic, key: record.key, value: record.value, tag: tag)
    }
}
