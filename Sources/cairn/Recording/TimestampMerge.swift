/// Records of several partitions into one order: by timestamp as far as possible, by offset within a partition always.
///
/// A record goes when it is the oldest in front and no partition can still bring an older one. Of a partition that is
/// behind (it has not reached the log's end) something is always to come; of one that is live perhaps not, so it is
/// waited for only a moment. And with all of them live, no record is held up for long by a partition whose next record
/// is stamped far ahead of the others.
struct TimestampMerge {
    private enum Stage {
        case behind
        case live
        case ended
    }

    private struct Queue {
        var stage = Stage.behind
        var records: [(record: RecordedRecord, arrivedMs: Int64)] = []
        /// Records before this one are gone.
        var head = 0
        /// Of keys and values.
        var bytes = 0
        /// Since when it is empty; meaningless while it is not.
        var emptySinceMs: Int64

        var isEmpty: Bool { head == records.count }
        var front: (record: RecordedRecord, arrivedMs: Int64) { records[head] }
    }

    private var queues: [Queue]

    /// Records kept of one partition, and their bytes; what one poll brings may go beyond the latter.
    static let recordsMax = 4_096
    static let bytesMax = 4 << 20
    /// How long a live partition without records is waited for.
    static let patienceMs: Int64 = 300
    /// How long a record may be kept while all partitions are live.
    static let holdMsMax: Int64 = 1_000

    init(partitions: Int, nowMs: Int64) {
        queues = Array(repeating: Queue(emptySinceMs: nowMs), count: partitions)
    }

    /// How many more records a partition may bring.
    func room(_ partition: Int32) -> Int {
        let queue = queues[Int(partition)]
        if queue.stage == .ended || queue.bytes >= Self.bytesMax { return 0 }
        return Self.recordsMax - (queue.records.count - queue.head)
    }

    /// A partition's next record has arrived.
    mutating func append(_ record: RecordedRecord, nowMs: Int64) {
        queues[Int(record.partition)].records.append((record, nowMs))
        queues[Int(record.partition)].bytes += record.bytes
    }

    /// The partition has brought all that was in the log.
    mutating func caughtUp(_ partition: Int32, nowMs: Int64) {
        queues[Int(partition)].stage = .live
        queues[Int(partition)].emptySinceMs = nowMs
    }

    /// Nothing more comes of the partition.
    mutating func ended(_ partition: Int32) { queues[Int(partition)].stage = .ended }

    /// Whether nothing more comes of any partition.
    var hasEnded: Bool { queues.allSatisfy { $0.stage == .ended } }

    func isBehind(_ partition: Int32) -> Bool { queues[Int(partition)].stage == .behind }

    /// The next record; nil when there is none, or when an older one may still come.
    mutating func next(nowMs: Int64) -> RecordedRecord? {
        var oldest: (partition: Int, timestampMs: Int64)?
        var longest: (partition: Int, arrivedMs: Int64)?
        var mustWait = false
        var isLive = true
        for (partition, queue) in queues.enumerated() {
            if queue.stage == .behind { isLive = false }
            if queue.isEmpty {
                let mayCome =
                    queue.stage == .behind
                    || (queue.stage == .live && nowMs - queue.emptySinceMs < Self.patienceMs)
                if mayCome { mustWait = true }
                continue
            }
            let (record, arrivedMs) = queue.front
            let timestampMs = record.timestampMs ?? .min
            if oldest.map({ timestampMs < $0.timestampMs }) ?? true { oldest = (partition, timestampMs) }
            if longest.map({ arrivedMs < $0.arrivedMs }) ?? true { longest = (partition, arrivedMs) }
        }
        if isLive, let longest, nowMs - longest.arrivedMs >= Self.holdMsMax, !hasEnded {
            return take(longest.partition, nowMs: nowMs)
        }
        guard !mustWait, let oldest else { return nil }
        return take(oldest.partition, nowMs: nowMs)
    }

    private mutating func take(_ partition: Int, nowMs: Int64) -> RecordedRecord {
        let record = queues[partition].front.record
        queues[partition].records[queues[partition].head].record = RecordedRecord(partition: 0, offset: 0)
        queues[partition].head += 1
        queues[partition].bytes -= record.bytes
        if queues[partition].isEmpty {
            queues[partition].records.removeAll(keepingCapacity: true)
            queues[partition].head = 0
            queues[partition].emptySinceMs = nowMs
        } else if queues[partition].head >= Self.recordsMax {
            queues[partition].records.removeFirst(queues[partition].head)
            queues[partition].head = 0
        }
        return record
    }
}

extension RecordedRecord {
    /// Of key and value.
    fileprivate var bytes: Int { (key?.count ?? 0) + (value?.count ?? 0) }
}
