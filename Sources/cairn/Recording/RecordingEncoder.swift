/// Records to the bytes of a recording. Pure: the caller writes what it is given, in order.
struct RecordingEncoder {
    /// Records so far.
    private(set) var records = 0
    private var block: [UInt8] = []
    /// The offset after the last record of each partition in this block.
    private var nextOffsets: [Int32: Int64] = [:]
    /// The last timestamp in this block.
    private var timestampMs: Int64 = 0

    /// What a file begins with.
    static var header: [UInt8] { RecordingFormat.header }

    /// - Returns: a whole block when this record has filled one.
    mutating func append(_ record: RecordedRecord) -> [UInt8]? {
        precondition(record.partition >= 0 && record.offset >= 0, "no place in a log")
        records += 1
        var flags: UInt8 = 0
        if record.key != nil { flags |= RecordingFormat.Flag.key }
        if record.value != nil { flags |= RecordingFormat.Flag.value }
        if record.timestampMs != nil { flags |= RecordingFormat.Flag.timestamp }
        if record.isProtobuf { flags |= RecordingFormat.Flag.protobuf }
        block.append(flags)
        block.append(varint: UInt64(record.partition))
        block.append(zigzag: record.offset &- nextOffsets[record.partition, default: 0])
        nextOffsets[record.partition] = record.offset &+ 1
        if let timestampMs = record.timestampMs {
            block.append(zigzag: timestampMs &- self.timestampMs)
            self.timestampMs = timestampMs
        }
        append(record.key)
        append(record.value)
        return block.count >= RecordingFormat.blockLengthFull ? takeBlock() : nil
    }

    /// - Returns: the block begun; nil when it has no record yet.
    mutating func takeBlock() -> [UInt8]? {
        if block.isEmpty { return nil }
        let bytes = RecordingFormat.block(.records, block)
        block.removeAll(keepingCapacity: true)
        nextOffsets.removeAll(keepingCapacity: true)
        timestampMs = 0
        return bytes
    }

    /// What a file ends with.
    mutating func end() -> [UInt8] {
        let last = takeBlock() ?? []
        var content: [UInt8] = []
        content.append(varint: UInt64(records))
        return last + RecordingFormat.block(.end, content)
    }

    private mutating func append(_ bytes: [UInt8]?) {
        guard let bytes else { return }
        block.append(varint: UInt64(bytes.count))
        block.append(contentsOf: bytes)
    }
}
