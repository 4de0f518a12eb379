import CRdkafka
import Reactor

/// A consumer of one topic: a member of a group, or a reader on its own.
///
/// Every running partition has a queue of its own, so a partition that is not polled holds up nobody; librdkafka
/// stops fetching for it once its share of `KafkaSettings.prefetchBytesMax` is full. Call `close` when done: a
/// consumer that is just dropped blocks the thread that drops it until librdkafka's threads have ended.
@Reactor
public final class KafkaConsumer {
    public let topic: String
    public let group: String

    /// Called with what the group gives and takes; answer with `assign` and `completeRevoke`. Set it in the turn in
    /// which the consumer is made. Without a handler nothing is ever assigned.
    public var onRebalance: (@Reactor (KafkaRebalance) -> Void)?
    /// Called when some queue that a poll left empty has something again. Which one, only polling tells.
    public var onReadable: (@Reactor () -> Void)?
    /// Called with errors of the client as a whole. Those of one partition come out of `poll`.
    public var onError: (@Reactor (KafkaError) -> Void)?
    /// Called with librdkafka's log lines, which go nowhere else.
    public var onLog: (@Reactor (KafkaLogLine) -> Void)?
    /// Offset commits that Kafka refused or that were lost. They are hints, so nobody acts on one.
    public private(set) var commitFailures = 0

    var client: ClientHandle
    let wakeUp = WakeUpPipe()
    var grant = GroupGrant()
    /// The running partitions, by number.
    var queues: [PartitionQueue?] = []
    private var mainQueue: QueueHandle
    private let messages = MessageBuffer()
    private var watch: Watch?
    private var ticker: ReactorTimer?
    /// Blocking calls on other threads; the client must outlive them.
    var callsUnderWay = 0
    private(set) var isClosing = false

    /// Joins `group` and subscribes to `topic`. Returns at once; the first `onRebalance` comes when the group has met.
    ///
    /// - Throws: `KafkaError.invalidProperty`.
    public convenience init(_ settings: KafkaSettings, group: String, topic: String) throws(KafkaError) {
        try self.init(settings, memberOf: group, topic: topic)
        let subscription = PartitionList(topic: topic, [(RD_KAFKA_PARTITION_UA, Int64(RD_KAFKA_OFFSET_INVALID))])
        let status = rd_kafka_subscribe(client.pointer, subscription.pointer)
        if status != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(status, topic: topic) }
    }

    /// Reads the given partitions from the given offsets (-2: the beginning) outside any group.
    ///
    /// - Throws: `KafkaError.invalidProperty`.
    public convenience init(
        _ settings: KafkaSettings, topic: String, from starts: [(partition: Int32, offset: Int64)]
    ) throws(KafkaError) {
        // librdkafka wants a group's name for any assignment. This one is never joined.
        try self.init(settings, memberOf: "\(settings.clientID)-reader", topic: topic)
        grant.grant(starts.map(\.partition))
        run(starts.compactMap(open))
    }

    private init(_ settings: KafkaSettings, memberOf group: String, topic: String) throws(KafkaError) {
        let properties = try settings.consumerProperties(group: group)
        let events = RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT
        client = try ConfigurationHandle(properties, events: events).makeClient(RD_KAFKA_CONSUMER)
        self.group = group
        self.topic = topic
        rd_kafka_poll_set_consumer(client.pointer)
        mainQueue = QueueHandle(rd_kafka_queue_get_consumer(client.pointer), wakeUp: wakeUp)
        rd_kafka_set_log_queue(client.pointer, mainQueue.pointer)
        watch = Watch(wakeUp.readEnd, for: [.read]) { [weak self] _ in self?.becameReadable() }
        tick()
    }

    isolated deinit {
        watch?.stop()
        ticker?.cancel()
        queues = []
        mainQueue.release()
    }

    // MARK: Records

    /// Hands up to `max` waiting records (at most 8,192) of one partition to `body`, in order. Never waits.
    ///
    /// A record's memory is released when `body` returns. `body` must not call this consumer. A partition that is not
    /// running has no records.
    public func poll(_ partition: Int32, max: Int, _ body: (KafkaRecord) -> Void) -> KafkaPoll {
        var result = KafkaPoll(count: 0)
        guard let queue = queue(of: partition), queue.wish == nil else { return result }
        let found = rd_kafka_consume_batch_queue(
            queue.pointer, 0, messages.messages, Swift.min(max, MessageBuffer.capacity))
        guard found > 0 else { return result }
        var lastOffset: Int64 = -1
        for position in 0..<found {
            guard let message = messages.messages[position] else { continue }
            if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
                body(KafkaRecord(message: message))
                lastOffset = message.pointee.offset
                result.count += 1
            } else if message.pointee.err != RD_KAFKA_RESP_ERR__PARTITION_EOF {
                result.error = result.error ?? KafkaPartitionError(message)
            }
            rd_kafka_message_destroy(message)
        }
        if lastOffset >= 0 { queue.nextOffset = lastOffset + 1 }
        return result
    }

    func queue(of partition: Int32) -> PartitionQueue? {
        let index = Int(partition)
        return queues.indices.contains(index) ? queues[index] : nil
    }

    /// Frees what was fetched for a partition that has just stopped: librdkafka skips records of before the stop, all
    /// of them in one poll.
    func discardFetched(_ queue: PartitionQueue) {
        let found = rd_kafka_consume_batch_queue(queue.pointer, 0, messages.messages, 1)
        if found == 1 { rd_kafka_message_destroy(messages.messages[0]) }
    }

    // MARK: Events

    /// Serves rebalances, errors and log lines. Runs by itself when there are any, and twice a second: librdkafka
    /// takes a consumer that is silent for `max.poll.interval.ms` for dead.
    public func pollEvents() {
        mainQueue.forEachEvent(serve)
    }

    private func serve(_ event: OpaquePointer) {
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_REBALANCE:
            rebalanced(event)
        case RD_KAFKA_EVENT_ERROR:
            onError?(KafkaError(event: event, client: client.pointer, topic: topic))
        case RD_KAFKA_EVENT_OFFSET_COMMIT:
            let status = rd_kafka_event_error(event)
            let isFailure = status != RD_KAFKA_RESP_ERR_NO_ERROR && status != RD_KAFKA_RESP_ERR__NO_OFFSET
            if isFailure { commitFailures += 1 }
        case RD_KAFKA_EVENT_LOG:
            if let line = KafkaLogLine(event) { onLog?(line) }
        default:
            break
        }
    }

    private func rebalanced(_ event: OpaquePointer) {
        let partitions = PartitionList.partitions(of: rd_kafka_event_topic_partition_list(event))
        let rebalance: KafkaRebalance =
            if rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
                .assigned(partitions)
            } else {
                .revoked(partitions, lost: rd_kafka_assignment_lost(client.pointer) != 0)
            }
        grant.arrived(rebalance, isCooperative: isCooperative)
        if isClosing { answerForClose() } else { onRebalance?(rebalance) }
    }

    private func becameReadable() {
        wakeUp.drain()
        pollEvents()
        onReadable?()
    }

    private func tick() {
        pollEvents()
        ticker = Reactor.schedule(afterMs: 500) { [weak self] in self?.tick() }
    }

    // MARK: Offsets

    /// Tells Kafka's own lag tools how far this consumer is: `offset` is the next record to read. Sent in the
    /// background.
    public func commit(_ offsets: [(partition: Int32, offset: Int64)]) {
        guard let pointer = client.pointer, !offsets.isEmpty, !isClosing else { return }
        let list = PartitionList(topic: topic, offsets)
        if rd_kafka_commit(pointer, list.pointer, 1) != RD_KAFKA_RESP_ERR_NO_ERROR { commitFailures += 1 }
    }

    // MARK: Closing

    /// Leaves the group and ends the client. Partitions are given up without asking `onRebalance`; no callback runs
    /// afterwards. Takes some 10 ms, and at most 2 s when the coordinator does not answer (the client then ends later
    /// by itself), but not before the queries under way have ended. A second call returns at once.
    public func close() async {
        guard let pointer = client.pointer, !isClosing else { return }
        isClosing = true
        onRebalance = nil
        onReadable = nil
        let isLeaving: Bool
        if let refusal = rd_kafka_consumer_close_queue(pointer, mainQueue.pointer) {
            rd_kafka_error_destroy(refusal)
            isLeaving = false
        } else {
            isLeaving = true
        }
        answerForClose()
        let deadline = Clock.monotonicMs() + 1_000
        while isLeaving, rd_kafka_consumer_closed(pointer) == 0, Clock.monotonicMs() < deadline {
            await Reactor.pause(ms: 5)
            pollEvents()
        }
        while callsUnderWay > 0 { await Reactor.pause(ms: 5) }
        onError = nil
        onLog = nil
        watch?.stop()
        ticker?.cancel()
        queues = []
        mainQueue.release()
        await client.take()?.destroy(waitingAtMostMs: 800)
    }

    private func answerForClose() {
        switch grant.pending {
        case .assigned: assign([])
        case .revoked: completeRevoke()
        case nil: break
        }
    }
}
