/// The bytes of a recording to records, block by block. Pure but for the bytes, which the caller fetches.
struct RecordingDecoder {
    /// Gives so many of the next bytes, fewer only at the file's end.
    typealias Source = (_ count: Int) throws(RecordingError) -> [UInt8]

    /// Records handed out so far.
    private(set) var records = 0
    private let source: Source
    /// Where the next block begins, bytes from the file's start.
    private var position = RecordingFormat.headerLength
    /// Records of the current block, the next last.
    private var waiting: [RecordedRecord] = []
    private var recordsDecoded = 0
    private var hasEnded = false

    /// Reads the file's header.
    init(_ source: @escaping Source) throws(RecordingError) {
        self.source = source
        let header = try source(RecordingFormat.headerLength)
        guard header.starts(with: RecordingFormat.magic) else { throw .notARecording }
        guard header.count == RecordingFormat.headerLength else { throw .cut(at: header.count, records: 0) }
        if header[header.count - 1] != RecordingFormat.version { throw .unknownVersion(header[header.count - 1]) }
    }

    /// The next record; nil after the last one of a whole file. Every record that it gives is as it was written.
    mutating func next() throws(RecordingError) -> RecordedRecord? {
        while waiting.isEmpty {
            if hasEnded { return nil }
            try readBlock()
        }
        records += 1
        return waiting.removeLast()
    }

    private mutating func readBlock() throws(RecordingError) {
        let head = try source(RecordingFormat.blockHeadLength)
        if head.count < RecordingFormat.blockHeadLength { throw .cut(at: position, records: recordsDecoded) }
        let length = Int(Self.littleEndian(head[1..<5]))
        let damage = RecordingError.damaged(at: position, records: recordsDecoded)
        guard let kind = RecordingFormat.BlockKind(rawValue: head[0]), length <= RecordingFormat.blockLengthMax else {
            throw damage
        }
        let content = try source(length)
        if content.count < length { throw .cut(at: position, records: recordsDecoded) }
        var crc = CRC32()
        crc.update(head[..<5])
        crc.update(content)
        if crc.value != Self.littleEndian(head[5...]) { throw damage }
        var reader = BlockReader(content)
        switch kind {
        case .records:
            guard let records = reader.records() else { throw damage }
            recordsDecoded += records.count
            waiting = records.reversed()
        case .end:
            guard reader.varint() == UInt64(recordsDecoded), reader.isAtEnd, try source(1).isEmpty else { throw damage }
            hasEnded = true
        }
        position += RecordingFormat.blockHeadLength + length
    }

    private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}

/// Walks over one block; nil wherever it is not well formed, which a sound checksum does not rule out.
private struct BlockReader {
    private let bytes: [UInt8]
    private var place = 0
    private var nextOffsets: [Int32: Int64] = [:]
    private var timestampMs: Int64 = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    mutating func records() -> [RecordedRecord]? {
        var records: [RecordedRecord] = []
        while !isAtEnd {
            guard let record = record() else { return nil }
            records.append(record)
        }
        return records.isEmpty ? nil : records
    }

    private mutating func record() -> RecordedRecord? {
        let flags = bytes[place]
        place += 1
        guard flags & ~RecordingFormat.Flag.known == 0, let partition = varint().flatMap({ Int32(exactly: $0) }),
            let delta = zigzag()
        else { return nil }
        let offset = nextOffsets[partition, default: 0] &+ delta
        if offset < 0 { return nil }
        nextOffsets[partition] = offset &+ 1
        var record = RecordedRecord(partition: partition, offset: offset)
        record.isProtobuf = flags & RecordingFormat.Flag.protobuf != 0
        if flags & RecordingFormat.Flag.timestamp != 0 {
            guard let delta = zigzag() else { return nil }
            timestampMs &+= delta
            record.timestampMs = timestampMs
        }
        if flags & RecordingFormat.Flag.key != 0 {
            guard let key = text() else { return nil }
            record.key = key
        }
        if flags & RecordingFormat.Flag.value != 0 {
            guard let value = text() else { return nil }
            record.value = value
        }
        return record
    }

    private mutating func text() -> [UInt8]? {
        guard let count = varint().flatMap({ Int(exactly: $0) }), count <= bytes.count - place else { return nil }
        defer { place += count }
        return Array(bytes[place..<place + count])
    }

    mutating func varint() -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard place < bytes.count else { return nil }
            let byte = bytes[place]
            place += 1
            // The tenth byte has room for one bit.
            if shift == 63, byte > 1 { return nil }
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
        }
        return nil
    }

    private mutating func zigzag() -> Int64? {
        varint().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
    }
}
