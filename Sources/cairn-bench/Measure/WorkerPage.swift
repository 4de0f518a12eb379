import Foundation

/// What a worker's page of metrics says of its progress (Prometheus' text format), or the pages of several as one.
struct WorkerPage: Equatable {
    /// How many partitions each worker has.
    private(set) var shares: [Int] = []
    /// Below it everything is committed, by partition.
    private(set) var committed: [Int32: Int64] = [:]
    /// Records in the lanes.
    private(set) var lanes = 0
    private(set) var flushes = 0
    private(set) var flushedRecords = 0
    private(set) var flushedFacts = 0
    private(set) var feedSent = 0
    private(set) var feedDelivered = 0
    private(set) var feedFailures = 0
    private(set) var feedBacklog = 0
    /// Updates waiting in the hot tier's rings.
    private(set) var hotWaiting = 0
    /// Updates of the hot tier that came to an end, whichever.
    private(set) var hotEnded = 0
    /// Of those, the ones that were given up.
    private(set) var hotLost = 0

    init(_ bytes: [UInt8]) {
        for line in bytes.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") { read(line) }
        shares = [committed.count]
    }

    /// This page and that of another worker of the group.
    func joined(with other: WorkerPage) -> WorkerPage {
        var sum = self
        sum.shares += other.shares
        sum.committed.merge(other.committed, uniquingKeysWith: max)
        sum.lanes += other.lanes
        sum.flushes += other.flushes
        sum.flushedRecords += other.flushedRecords
        sum.flushedFacts += other.flushedFacts
        sum.feedSent += other.feedSent
        sum.feedDelivered += other.feedDelivered
        sum.feedFailures += other.feedFailures
        sum.feedBacklog += other.feedBacklog
        sum.hotWaiting += other.hotWaiting
        sum.hotEnded += other.hotEnded
        sum.hotLost += other.hotLost
        return sum
    }

    private mutating func read(_ line: ArraySlice<UInt8>) {
        guard let space = line.lastIndex(of: UInt8(ascii: " ")),
            let value = Int(String(decoding: line[(space + 1)...], as: UTF8.self))
        else { return }
        let end = line.firstIndex(of: UInt8(ascii: "{")) ?? space
        let labels = end < space ? String(decoding: line[end..<space], as: UTF8.self) : ""
        switch String(decoding: line[..<end], as: UTF8.self) {
        case "cairn_partition_offset":
            if let partition = Self.partition(labels) { committed[partition] = Int64(value) }
        case "cairn_lane_records": lanes += value
        case "cairn_flushes_total": flushes = value
        case "cairn_flush_records_total": flushedRecords = value
        case "cairn_flush_facts_total": flushedFacts = value
        case "cairn_feed_sent_total": feedSent = value
        case "cairn_feed_delivered_total": feedDelivered = value
        case "cairn_feed_failures_total": feedFailures = value
        case "cairn_feed_backlog": feedBacklog = value
        case "cairn_hot_ring_updates": hotWaiting += value
        case "cairn_hot_tier_updates_total":
            hotEnded += value
            if labels.contains("dropped") || labels.contains("outlived") { hotLost += value }
        default: break
        }
    }

    /// `{topic="scans",partition="3"}`
    private static func partition(_ labels: String) -> Int32? {
        guard let start = labels.range(of: "partition=\"") else { return nil }
        return Int32(labels[start.upperBound...].prefix { $0.isNumber })
    }

    /// Whether no record was taken from Kafka yet.
    var isUntouched: Bool { lanes == 0 && flushedRecords == 0 && committed.values.allSatisfy { $0 == 0 } }

    /// Whether Postgres, Redis and the feed hold everything below these offsets. Each change goes to both, so that the
    /// feed's count tells how many updates of the hot tier must have ended, unless the feed was sent some of them twice.
    func holds(_ nextOffsets: [Int32: Int64]) -> Bool {
        let isCommitted = nextOffsets.allSatisfy { committed[$0.key, default: 0] >= $0.value }
        let isFed = feedBacklog == 0 && feedSent == feedDelivered + feedFailures
        let isHot = hotWaiting == 0 && (hotEnded >= feedSent || feedFailures > 0)
        return isCommitted && lanes == 0 && isFed && isHot
    }
}
