import CRdkafka

/// The queue of one running partition, apart from the main queue: a lane that is full is simply not polled.
final class PartitionQueue {
    /// A change that has to wait while a rebalance is unanswered: librdkafka would take it for the answer.
    enum Wish {
        case restart(at: Int64)
        case stop
    }

    let partition: Int32
    /// The offset after the last record handed over; the start before there was one. -2 is the log's beginning.
    var nextOffset: Int64
    /// What is still to be done with it. Until then it hands over nothing.
    var wish: Wish?
    /// Whether librdkafka's assignment contains it.
    var isFetching = false
    private let handle: QueueHandle

    /// Opens the queue. Before the partition is assigned, or else its first records go to the main queue.
    init?(_ partition: Int32, topic: String, at offset: Int64, of client: OpaquePointer, wakeUp: borrowing WakeUpPipe) {
        guard let queue = rd_kafka_queue_get_partition(client, topic, partition) else { return nil }
        rd_kafka_queue_forward(queue, nil)
        self.partition = partition
        nextOffset = offset
        handle = QueueHandle(queue, wakeUp: wakeUp)
    }

    var pointer: OpaquePointer? { handle.pointer }
}

/// Room for the messages of one poll, so that a poll allocates nothing.
struct MessageBuffer: ~Copyable {
    /// Most records of one poll.
    static let capacity = 8192

    let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>

    init() {
        messages = .allocate(capacity: Self.capacity)
        messages.initialize(repeating: nil, count: Self.capacity)
    }

    deinit { messages.deallocate() }
}
