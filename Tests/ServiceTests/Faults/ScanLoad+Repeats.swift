import KafkaClient
import Reactor

extension ScanLoad {
    /// Reads the log and adds what stands there more than once: the mock cluster does not recognise what a producer
    /// repeats because it got no answer.
    ///
    /// - Returns: how many records that were.
    /// - Throws: when the log holds something that was never sent, or lacks what was acknowledged.
    func takeRepeats(_ site: Site) async throws -> Int {
        let partitions = Int32(site.partitions)
        let reader = try KafkaConsumer(
            site.kafka(), topic: site.settings.topic, from: (0..<partitions).map { ($0, -2) })
        var found: [LogPlace: Int] = [:]
        var strangers = 0
        let byContent = Dictionary(records.enumerated().map { (LogContent($1), $0) }) { first, _ in first }
        let isRead = await eventually(within: 20) {
            for partition in 0..<partitions {
                let take: (KafkaRecord) -> Void = { record in
                    let place = LogPlace(partition: partition, offset: record.offset)
                    let sent = byContent[LogContent(record)]
                    if let sent { found[place] = sent } else { strangers += 1 }
                }
                while reader.poll(partition, max: 1_000, take).count > 0 {}
            }
            return self.ends.allSatisfy { found[LogPlace(partition: $0.key, offset: $0.value - 1)] != nil }
        }
        await reader.close()
        guard isRead, strangers == 0 else {
            throw ServiceFailure("the log is not what was sent: \(strangers) strangers")
        }
        for record in records {
            found[LogPlace(partition: record.partition, offset: record.offset)] = nil
        }
        let repeats = found.map { place, sent in
            var record = records[sent]
            record.partition = place.partition
            record.offset = place.offset
            return record
        }
        append(repeats)
        return repeats.count
    }
}

private struct LogPlace: Hashable {
    var partition: Int32
    var offset: Int64
}

/// What tells two records apart but their place.
private struct LogContent: Hashable {
    var key: [UInt8]?
    var value: [UInt8]?

    init(_ record: ProducedRecord) {
        key = record.key.map { Array($0.utf8) }
        value = record.value
    }

    init(_ record: KafkaRecord) {
        key = record.key.map { Array($0) }
        value = record.value.map { Array($0) }
    }
}
