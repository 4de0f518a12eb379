import CRdkafka

/// One record in librdkafka's memory. Valid only inside the closure that it was handed to.
public struct KafkaRecord {
    let message: UnsafePointer<rd_kafka_message_t>

    public var partition: Int32 { message.pointee.partition }

    /// Position in the partition, 0 or more.
    public var offset: Int64 { message.pointee.offset }

    /// Epoch milliseconds as the topic keeps them (create or append time); -1 when the record has none.
    public var timestampMs: Int64 {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = rd_kafka_message_timestamp(message, &kind)
        return Self.timestampMs(timestamp, kind)
    }

    /// The time counts whichever kind it is of, the producer's or the broker's; -1 for none.
    static func timestampMs(_ timestamp: Int64, _ kind: rd_kafka_timestamp_type_t) -> Int64 {
        kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp
    }

    /// `nil` for a null key; an empty key is an empty buffer.
    public var key: UnsafeRawBufferPointer? {
        guard let key = message.pointee.key else { return nil }
        return UnsafeRawBufferPointer(start: key, count: message.pointee.key_len)
    }

    /// `nil` for a null value (a tombstone).
    public var value: UnsafeRawBufferPointer? {
        guard let value = message.pointee.payload else { return nil }
        return UnsafeRawBufferPointer(start: value, count: message.pointee.len)
    }

    /// The last header called `name`, or `nil`: there is none, or its value is null.
    ///
    /// About 0.1 us for a record with headers, or without a key, more than all the rest of a poll: librdkafka keeps
    /// headers as bytes and allocates a reader for them. Ask once per record.
    public func header(_ name: StaticString) -> UnsafeRawBufferPointer? {
        if isSeenWithoutHeaders { return nil }
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers else { return nil }
        var value: UnsafeRawPointer?
        var size = 0
        let found = name.withUTF8Buffer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                rd_kafka_header_get_last(headers, characters.baseAddress, &value, &size)
            }
        }
        guard found == RD_KAFKA_RESP_ERR_NO_ERROR, let value else { return nil }
        return UnsafeRawBufferPointer(start: value, count: size)
    }

    /// Whether the bytes around the value show that there are no headers. librdkafka hands out key and value where they
    /// lie in what the broker sent, which is: key, length of the value as a zigzag varint, value, count of headers as a
    /// varint. Where the bytes between key and value are that length, the record has this format and the byte behind
    /// the value is a part of it. Otherwise nothing is known: librdkafka is asked.
    ///
    /// - Source: Kafka's protocol guide, "Record" of record batch version 2.
    var isSeenWithoutHeaders: Bool {
        guard let key = message.pointee.key, let value = message.pointee.payload else { return false }
        let keyEnd = UnsafeRawPointer(key) + message.pointee.key_len
        let gap = UnsafeRawPointer(value) - keyEnd
        // A varint of three bytes holds lengths up to a mebibyte.
        guard gap >= 1 && gap <= 3 else { return false }
        var length = 0
        for position in 0..<gap {
            let byte = keyEnd.load(fromByteOffset: position, as: UInt8.self)
            let isLast = byte & 0x80 == 0
            if isLast != (position == gap - 1) { return false }
            length |= Int(byte & 0x7F) << (7 * position)
        }
        let count = message.pointee.len
        return length == count * 2 && UnsafeRawPointer(value).load(fromByteOffset: count, as: UInt8.self) == 0
    }

    /// Whether the last header called `name` has exactly these bytes. Costs as much as `header`.
    public func lastHeader(_ name: StaticString, isEqualTo value: StaticString) -> Bool {
        guard let header = header(name), header.count == value.utf8CodeUnitCount else { return false }
        return header.elementsEqual(UnsafeRawBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    }
}

/// What one poll of a partition found.
public struct KafkaPoll: Equatable, Sendable {
    /// Records handed over. Fewer than asked for means that the queue was empty: `onReadable` tells when to come again.
    public var count: Int
    /// What keeps the partition from going on, if anything.
    public var error: KafkaPartitionError?

    public init(count: Int, error: KafkaPartitionError? = nil) {
        self.count = count
        self.error = error
    }
}

/// Trouble with one partition; the others go on.
public enum KafkaPartitionError: Error, Equatable, Sendable {
    /// The log no longer (or not yet) holds the start offset. Nothing more arrives until `restart`.
    case offsetOutOfRange(reason: String)
    /// Reported by the broker; librdkafka tries again by itself.
    case other(KafkaError)

    init(_ message: UnsafePointer<rd_kafka_message_t>) {
        let code = message.pointee.err
        let reason = rd_kafka_message_errstr(message).map { String(cString: $0) }
        switch code {
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
            self = .offsetOutOfRange(reason: reason ?? "")
        default:
            self = .other(KafkaError(code, reason))
        }
    }
}
