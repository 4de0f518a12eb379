import FlowCore

/// A record as a producer wrote it.
public struct FakeRecord {
    public let partition: Int32
    public let offset: Int64
    /// Epoch milliseconds; -1: none.
    public let timestampMs: Int64
    public let key: [UInt8]?
    public let value: [UInt8]?
    /// What the bytes mean; nil for bytes that mean nothing.
    public let scan: SampleScan?
}

/// The topic of scans: partitions of records, of which the oldest may be gone.
public final class FakeLog {
    private var records: [[FakeRecord]]
    private var starts: [Int64]
    /// Former contents of partitions that were made anew, by partition, in their order.
    private var former: [Int32: [[FakeRecord]]] = [:]
    /// Called after every append, with the partition.
    var onAppend: (Int32) -> Void = { _ in }

    public init(partitionCount: Int32) {
        records = Array(repeating: [], count: Int(partitionCount))
        starts = Array(repeating: 0, count: Int(partitionCount))
    }

    public var partitionCount: Int32 { Int32(records.count) }
    public func start(of partition: Int32) -> Int64 { starts[Int(partition)] }
    public func end(of partition: Int32) -> Int64 { Int64(records[Int(partition)].count) }

    /// Every record that was ever written to a partition, gone or not, since it was made.
    public func everything(in partition: Int32) -> [FakeRecord] { records[Int(partition)] }

    /// How often a partition was made anew.
    public func age(of partition: Int32) -> Int { former[partition]?.count ?? 0 }

    /// The records of a partition when it had this age.
    public func everything(in partition: Int32, age: Int) -> [FakeRecord] {
        age < self.age(of: partition) ? former[partition]?[age] ?? [] : records[Int(partition)]
    }

    /// - Returns: the record's offset.
    @discardableResult
    public func append(
        _ partition: Int32, key: [UInt8]?, value: [UInt8]?, timestampMs: Int64, scan: SampleScan?
    ) -> Int64 {
        let offset = end(of: partition)
        records[Int(partition)].append(
            FakeRecord(
                partition: partition, offset: offset, timestampMs: timestampMs, key: key, value: value, scan: scan))
        onAppend(partition)
        return offset
    }

    /// Retention: records below `offset` are gone.
    public func trim(_ partition: Int32, to offset: Int64) {
        precondition(offset <= end(of: partition), "a log does not lose its future")
        starts[Int(partition)] = max(starts[Int(partition)], offset)
    }

    /// The topic is made anew: this partition is empty and counts from 0.
    public func recreate(_ partition: Int32) {
        former[partition, default: []].append(records[Int(partition)])
        records[Int(partition)] = []
        starts[Int(partition)] = 0
    }

    /// The topic gets one more partition.
    public func addPartition() {
        records.append([])
        starts.append(0)
    }
}
