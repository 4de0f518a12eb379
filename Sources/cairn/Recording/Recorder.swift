import KafkaClient
import Reactor

/// Reads a topic, outside any group, into a recording.
@Reactor
final class Recorder {
    /// Which part of the topic.
    enum Extent {
        /// What comes from now on.
        case fromNow
        /// What the topic holds, and what comes.
        case fromStart
        /// What the topic holds.
        case untilEnd
    }

    private let consumer: KafkaConsumer
    private let extent: Extent
    private let writer: RecordingWriter
    private let partitions: Range<Int32>
    private var merge: TimestampMerge
    /// The log's ends as of the start, by partition.
    private var ends: [Int64]
    /// When a partition last brought something.
    private var lastRecordMs: [Int64]
    private var lastFlushMs: Int64 = 0
    private var trouble: KafkaError?
    private var lostPartition: (partition: Int32, reason: String)?

    /// How long a broker may take to answer the first fetch, which tells the true ends of the log.
    private static let patienceMs: Int64 = 2_000
    /// After so long without a record a partition's end is taken for reached, if the broker still answers: the last
    /// offsets of a log may hold no record (compaction, marks of transactions).
    private static let quietMs: Int64 = 3_000
    private static let flushEveryMs: Int64 = 1_000

    /// - Parameter watermarks: as the broker reports them, by partition.
    /// - Throws: `KafkaError.invalidProperty`.
    init(
        _ kafka: KafkaSettings, topic: String, _ watermarks: [KafkaWatermarks], _ extent: Extent,
        _ writer: RecordingWriter
    ) throws(KafkaError) {
        self.extent = extent
        self.writer = writer
        partitions = 0..<Int32(watermarks.count)
        merge = TimestampMerge(partitions: watermarks.count, nowMs: Clock.monotonicMs())
        ends = watermarks.map(\.high)
        lastRecordMs = Array(repeating: Clock.monotonicMs(), count: watermarks.count)
        var settings = kafka
        settings.partitionsExpected = watermarks.count
        consumer = try KafkaConsumer(
            settings, topic: topic,
            from: partitions.map { ($0, extent == .fromNow ? watermarks[Int($0)].high : watermarks[Int($0)].low) })
        consumer.onError = { [weak self] in self?.trouble = $0 }
    }

    /// Learns where the log ends. A reported end may be too low (docs/decisions/0005); that of a fetch is not.
    func begin() async {
        let deadlineMs = Clock.monotonicMs() + Self.patienceMs
        var waiting = Array(partitions)
        while !waiting.isEmpty, Clock.monotonicMs() < deadlineMs {
            await Reactor.pause(ms: 5)
            waiting.removeAll { partition in
                guard let seen = consumer.cachedWatermarks(partition) else { return false }
                ends[Int(partition)] = max(ends[Int(partition)], seen.high)
                return true
            }
        }
        let nowMs = Clock.monotonicMs()
        for partition in partitions {
            lastRecordMs[Int(partition)] = nowMs
            let isEmpty = consumer.cachedWatermarks(partition).map { $0.low >= ends[Int(partition)] } ?? false
            if extent == .fromNow || isEmpty || ends[Int(partition)] == 0 { reachedEnd(partition, nowMs) }
        }
    }

    /// Records until everything asked for is there or `isOver` says so; everything read is written then.
    ///
    /// - Throws: `CommandFailure`.
    func run(until isOver: () -> Bool, _ tell: () -> Void) async throws {
        while !merge.hasEnded, !isOver() {
            let count = try step()
            await lookForQuietEnds()
            tell()
            await Reactor.pause(ms: count > 0 ? 0 : 5)
        }
        try drain()
        await consumer.close()
    }

    /// What librdkafka has fetched by now still belongs to the recording.
    private func drain() throws {
        let deadlineMs = Clock.monotonicMs() + 1_000
        while !merge.hasEnded, try step() > 0, Clock.monotonicMs() < deadlineMs {}
        for partition in partitions { merge.ended(partition) }
        try writeMerged(Clock.monotonicMs())
    }

    /// - Returns: records read.
    private func step() throws -> Int {
        let nowMs = Clock.monotonicMs()
        var count = 0
        for partition in partitions { count += read(partition, nowMs) }
        try writeMerged(nowMs)
        if let (partition, reason) = lostPartition {
            try writer.finish()
            throw CommandFailure.failed(
                "partition \(partition) cannot be read on: \(reason); what was read until then is recorded")
        }
        return count
    }

    private func read(_ partition: Int32, _ nowMs: Int64) -> Int {
        let room = merge.room(partition)
        if room <= 0 { return 0 }
        let end = ends[Int(partition)]
        var isAtEnd = false
        let polled = consumer.poll(partition, max: room) { record in
            if record.offset + 1 >= end { isAtEnd = true }
            let isWanted = extent == .untilEnd ? record.offset < end : extent == .fromStart || record.offset >= end
            if isWanted { merge.append(RecordedRecord(record), nowMs: nowMs) }
        }
        if polled.count > 0 { lastRecordMs[Int(partition)] = nowMs }
        if isAtEnd, merge.isBehind(partition) { reachedEnd(partition, nowMs) }
        if case .offsetOutOfRange(let reason) = polled.error { lostPartition = (partition, reason) }
        return polled.count
    }

    private func reachedEnd(_ partition: Int32, _ nowMs: Int64) {
        if extent == .untilEnd { merge.ended(partition) } else { merge.caughtUp(partition, nowMs: nowMs) }
    }

    private func lookForQuietEnds() async {
        for partition in partitions where merge.isBehind(partition) && merge.room(partition) > 0 {
            if Clock.monotonicMs() - lastRecordMs[Int(partition)] < Self.quietMs { continue }
            lastRecordMs[Int(partition)] = Clock.monotonicMs()
            do throws(KafkaError) {
                _ = try await consumer.queryWatermarks(partition)
                reachedEnd(partition, Clock.monotonicMs())
            } catch {
                Output.complain("partition \(partition) does not go on: \(error.description)")
            }
        }
    }

    private func writeMerged(_ nowMs: Int64) throws {
        while let record = merge.next(nowMs: nowMs) { try writer.append(record) }
        if nowMs - lastFlushMs >= Self.flushEveryMs {
            lastFlushMs = nowMs
            try writer.flush()
        }
    }
}

extension RecordedRecord {
    init(_ record: KafkaRecord) {
        let contentType = record.header("content-type")
        self.init(
            partition: record.partition, offset: record.offset,
            timestampMs: record.timestampMs < 0 ? nil : record.timestampMs,
            isProtobuf: contentType.map { $0.elementsEqual("application/x-protobuf".utf8) } ?? false,
            key: record.key.map { Array($0) }, value: record.value.map { Array($0) })
    }
}
