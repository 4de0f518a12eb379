import CRdkafka
import Reactor

/// A topic registered with one producer; only that producer understands it.
public struct KafkaTopic: Sendable, Equatable {
    public let name: String
    let index: Int
}

/// An idempotent producer (`acks=all`). Every record that `produce` accepted gets exactly one `onDelivered`.
@Reactor
public final class KafkaProducer {
    /// Called once per accepted record: its tag, where it went (offset -1 when it did not), and why not.
    public var onDelivered:
        (@Reactor (_ tag: UInt64, _ partition: Int32, _ offset: Int64, _ error: KafkaError?) -> Void)?
    /// Called when there is room again after `produce` returned false.
    public var onWritable: (@Reactor () -> Void)?
    /// Called with errors of the client as a whole.
    public var onError: (@Reactor (KafkaError) -> Void)?
    /// Called with librdkafka's log lines, which go nowhere else.
    public var onLog: (@Reactor (KafkaLogLine) -> Void)?
    /// Records accepted and not reported by `onDelivered` yet.
    public private(set) var outstanding = 0
    /// Epoch milliseconds at which librdkafka's latest reports of deliveries were taken.
    public private(set) var reportedAtMs: Int64 = 0

    private var client: ClientHandle
    private let wakeUp = WakeUpPipe()
    private var queue: QueueHandle
    /// By `KafkaTopic.index`; each is destroyed before the client.
    private var topics: [(name: String, handle: OpaquePointer)] = []
    private var watch: Watch?
    private var ticker: ReactorTimer?
    private var isFull = false
    private var isClosing = false

    /// Returns at once; connecting happens in the background.
    ///
    /// - Throws: `KafkaError.invalidProperty`.
    public init(_ settings: KafkaSettings) throws(KafkaError) {
        let properties = try settings.producerProperties()
        client = try ConfigurationHandle(properties, events: RD_KAFKA_EVENT_DR).makeClient(RD_KAFKA_PRODUCER)
        queue = QueueHandle(rd_kafka_queue_get_main(client.pointer), wakeUp: wakeUp)
        rd_kafka_set_log_queue(client.pointer, queue.pointer)
        watch = Watch(wakeUp.readEnd, for: [.read]) { [weak self] _ in self?.becameReadable() }
        tick()
    }

    isolated deinit {
        watch?.stop()
        ticker?.cancel()
        releaseHandles()
    }

    /// Makes a topic known to this producer, once. The broker is not asked: a missing one fails the records.
    public func topic(_ name: String) -> KafkaTopic {
        if let index = topics.firstIndex(where: { $0.name == name }) { return KafkaTopic(name: name, index: index) }
        guard let pointer = client.pointer, let handle = rd_kafka_topic_new(pointer, name, nil) else {
            return KafkaTopic(name: name, index: -1)
        }
        topics.append((name, handle))
        return KafkaTopic(name: name, index: topics.count - 1)
    }

    /// Copies a record into the producer's queue.
    ///
    /// - Parameters:
    ///   - partition: `nil` lets the `partitioner` setting choose by key.
    ///   - key: `nil` is a null key.
    ///   - value: `nil` is a null value, which deletes the key from a compacted topic.
    ///   - headers: in this order; a name may appear more than once.
    ///   - timestampMs: epoch milliseconds, 1 or more; `nil` is now.
    ///   - tag: comes back in `onDelivered`.
    /// - Returns: false when the queue is full: produce it again after `onWritable`. Anything else that keeps the
    ///   record from being sent is told by `onDelivered`.
    public func produce(
        _ topic: KafkaTopic, partition: Int32? = nil, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        headers: [(name: StaticString, value: StaticString)] = [], timestampMs: Int64? = nil, tag: UInt64
    ) -> Bool {
        guard let pointer = client.pointer, !isClosing, topics.indices.contains(topic.index) else {
            refuse(tag, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, topic)
            return true
        }
        let list = Self.list(headers)
        let status = cairn_kafka_produce(
            pointer, topics[topic.index].handle, partition ?? RD_KAFKA_PARTITION_UA, Self.start(key), key?.count ?? 0,
            Self.start(value), value?.count ?? 0, list, timestampMs ?? 0,
            UnsafeMutableRawPointer(bitPattern: UInt(tag)))
        // The record took the list with it only if it was taken itself.
        if let list, status != RD_KAFKA_RESP_ERR_NO_ERROR { rd_kafka_headers_destroy(list) }
        if status == RD_KAFKA_RESP_ERR__QUEUE_FULL {
            isFull = true
            return false
        }
        if status == RD_KAFKA_RESP_ERR_NO_ERROR { outstanding += 1 } else { refuse(tag, status, topic) }
        return true
    }

    /// Waits until nothing is outstanding.
    ///
    /// - Returns: whether that came true within `timeoutMs`.
    public func flush(timeoutMs: Int64) async -> Bool {
        let deadline = Clock.monotonicMs() + timeoutMs
        while outstanding > 0 {
            if Clock.monotonicMs() >= deadline { return false }
            await Reactor.pause(ms: 1)
        }
        return true
    }

    /// Ends the client. What is outstanding is dropped and reported so: flush first. A second call returns at once.
    public func close() async {
        guard let pointer = client.pointer, !isClosing else { return }
        isClosing = true
        rd_kafka_purge(pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        let deadline = Clock.monotonicMs() + 1_000
        while outstanding > 0, Clock.monotonicMs() < deadline {
            pollEvents()
            await Reactor.pause(ms: 2)
        }
        watch?.stop()
        ticker?.cancel()
        releaseHandles()
        await client.take()?.destroy(waitingAtMostMs: 800)
    }

    // MARK: Events

    private func pollEvents() { queue.forEachEvent(serve) }

    private func serve(_ event: OpaquePointer) {
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_DR:
            reportedAtMs = Clock.epochMs()
            while let message = rd_kafka_event_message_next(event) { delivered(message) }
            if isFull {
                isFull = false
                onWritable?()
            }
        case RD_KAFKA_EVENT_ERROR:
            onError?(KafkaError(event: event, client: client.pointer, topic: nil))
        case RD_KAFKA_EVENT_LOG:
            if let line = KafkaLogLine(event) { onLog?(line) }
        default:
            break
        }
    }

    private func delivered(_ message: UnsafePointer<rd_kafka_message_t>) {
        outstanding -= 1
        let tag = UInt64(UInt(bitPattern: message.pointee._private))
        let status = message.pointee.err
        if status == RD_KAFKA_RESP_ERR_NO_ERROR {
            onDelivered?(tag, message.pointee.partition, message.pointee.offset, nil)
        } else {
            let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) }
            onDelivered?(tag, message.pointee.partition, -1, KafkaError(status, topic: topic))
        }
    }

    /// Tells it later, as with any other record: a caller is never called back from inside `produce`.
    private func refuse(_ tag: UInt64, _ status: rd_kafka_resp_err_t, _ topic: KafkaTopic) {
        outstanding += 1
        let error = KafkaError(status, topic: topic.name)
        Reactor.submit { [self] in
            outstanding -= 1
            onDelivered?(tag, -1, -1, error)
        }
    }

    private func becameReadable() {
        wakeUp.drain()
        pollEvents()
    }

    /// Timeouts of records come as events too; this is for the wake-up that a full pipe lost.
    private func tick() {
        pollEvents()
        ticker = Reactor.schedule(afterMs: 500) { [weak self] in self?.tick() }
    }

    private func releaseHandles() {
        for topic in topics { rd_kafka_topic_destroy(topic.handle) }
        topics = []
        queue.release()
    }

    // MARK: Bytes

    /// An empty buffer may have no address, but to librdkafka no address means null.
    private static func start(_ buffer: UnsafeRawBufferPointer?) -> UnsafeRawPointer? {
        guard let buffer else { return nil }
        return buffer.baseAddress ?? UnsafeRawPointer(bitPattern: 1)
    }

    /// librdkafka's copy of headers; nil when there are none.
    private static func list(_ headers: [(name: StaticString, value: StaticString)]) -> OpaquePointer? {
        guard !headers.isEmpty, let list = rd_kafka_headers_new(headers.count) else { return nil }
        for (name, value) in headers {
            let text = UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
            rd_kafka_header_add(list, text, name.utf8CodeUnitCount, value.utf8Start, value.utf8CodeUnitCount)
        }
        return list
    }
}
