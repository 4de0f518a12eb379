import FlowCore
import KafkaClient
import Reactor

/// Reads the feed outside any group, from where it ends at the moment.
@Reactor
public final class KafkaFeedReader {
    /// Called when a poll may find something.
    public var onReadable: (@Reactor () -> Void)?
    /// How often a partition no longer held what was to be read next: compacted away, or a topic made anew.
    public private(set) var gaps = 0
    /// Called with errors of the client as a whole.
    public var onError: (@Reactor (KafkaError) -> Void)?

    private let settings: KafkaSettings
    private let topic: String
    private var consumer: KafkaConsumer?
    private var partitions: Range<Int32> = 0..<0
    /// Who is polled first, in turn.
    private var turn = 0

    /// - Parameter topic: the feed's.
    public init(_ settings: KafkaSettings, topic: String) {
        self.settings = settings
        self.topic = topic
    }

    public var isOpen: Bool { consumer != nil }

    /// Notes where the feed ends and reads from there. A broker that reports too low an end (docs/decisions/0005) makes
    /// it begin with records of before, which does no harm.
    public func open() async throws(KafkaError) {
        let ends = try await KafkaAdmin.watermarks(settings, topic)
        var settings = settings
        settings.partitionsExpected = ends.count
        partitions = 0..<Int32(ends.count)
        let consumer = try KafkaConsumer(settings, topic: topic, from: partitions.map { ($0, ends[Int($0)].high) })
        consumer.onReadable = { [weak self] in self?.onReadable?() }
        consumer.onError = { [weak self] in self?.onError?($0) }
        self.consumer = consumer
    }

    /// Whether the feed has more partitions than are read: then close and open again.
    public func hasGrown() async -> Bool {
        guard let consumer, let count = try? await consumer.partitionCount() else { return false }
        return count > partitions.count
    }

    /// Hands over at most `limit` records; never waits.
    ///
    /// - Returns: how many; as many as asked for when there may be more.
    public func poll(limit: Int, _ body: (RawRecord) -> Void) -> Int {
        guard let consumer else { return 0 }
        var left = limit
        for step in 0..<partitions.count {
            if left == 0 { break }
            let partition = Int32((turn + step) % partitions.count)
            let polled = consumer.poll(partition, max: left) { record in
                body(
                    RawRecord(
                        offset: record.offset, timestampMs: record.timestampMs, key: record.key, value: record.value))
            }
            left -= polled.count
            if case .offsetOutOfRange = polled.error {
                gaps += 1
                consumer.restart(partition, at: -2)
            }
        }
        turn = partitions.isEmpty ? 0 : (turn + 1) % partitions.count
        return limit - left
    }

    public func close() async {
        let consumer = consumer
        self.consumer = nil
        await consumer?.close()
    }
}
