import FlowCore

/// A log whose records arrive when they are granted. Polling it takes a few instructions for each record.
final class PreparedSource: ScanSource {
    private struct Partition {
        var scans: PreparedScans
        var position = 0
        var offset: Int64 = 0
        /// Records that a poll may take.
        var granted = 0
    }

    private var partitions: [Partition]

    init() { partitions = (0..<CountedHunt.partitions).map { Partition(scans: PreparedScans(partition: $0)) } }

    /// Makes the records that will arrive.
    ///
    /// - Parameter visit: which of its checkpoints a player scans, from 0.
    func prepare(visit: (_ player: Int) -> Int) {
        for partition in partitions.indices {
            partitions[partition].scans.write(visit: visit)
            partitions[partition].position = 0
        }
    }

    /// Lets so many records of each partition arrive.
    func grant(_ count: Int) {
        for partition in partitions.indices { partitions[partition].granted += count }
    }

    /// Whether all that arrived was polled.
    var isEmpty: Bool { !partitions.contains { $0.granted > 0 } }

    func poll(_ partition: Int32, limit: Int, _ body: (RawRecord) -> Void) -> PollOutcome {
        let index = Int(partition)
        let count = min(limit, partitions[index].granted)
        if count == 0 { return .records(0) }
        let scans = partitions[index].scans
        scans.hand(from: partitions[index].position, count: count, offset: partitions[index].offset, to: body)
        partitions[index].position = (partitions[index].position + count) % scans.count
        partitions[index].offset += Int64(count)
        partitions[index].granted -= count
        return .records(count)
    }

    func logBounds(of partitions: [Int32], reply: @escaping (Result<[LogBounds], TransientTrouble>) -> Void) {
        reply(.success(partitions.map { LogBounds(partition: $0, start: 0, end: 0) }))
    }

    func start(_ positions: [(partition: Int32, offset: Int64)]) {}
    func release() {}
    func restart(_ partition: Int32, at offset: Int64) {}
    func stop(_ partition: Int32) {}
    func hint(_ positions: [(partition: Int32, offset: Int64)]) {}
}
