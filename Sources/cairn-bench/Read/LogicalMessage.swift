/// A message of Postgres' output plugin `pgoutput`, protocol version 1 with binary values (PostgreSQL manual, "Logical
/// Replication Message Formats"): as much of it as tells what became of one table's rows.
enum LogicalMessage: Equatable {
    /// - committedUs: epoch microseconds.
    case begin(transaction: UInt64, committedUs: Int64)
    case commit
    /// The columns' names, which come before the first row and after a change of the table.
    case columns([String])
    /// A new row, or an old one's new values; nil is null.
    case row([[UInt8]?])
    /// A row was deleted, or all were.
    case gone
    /// What the benchmark need not know.
    case other

    /// Microseconds from 1970 to 2000, where Postgres' time begins.
    static let epochUs: Int64 = 946_684_800_000_000

    /// - Returns: nil for bytes that are no such message.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = MessageReader(bytes)
        guard let kind = reader.byte() else { return nil }
        switch kind {
        case UInt8(ascii: "B"):
            guard reader.int64() != nil, let time = reader.int64(), let transaction = reader.int32() else { return nil }
            self = .begin(transaction: UInt64(UInt32(bitPattern: transaction)), committedUs: time + Self.epochUs)
        case UInt8(ascii: "C"): self = .commit
        case UInt8(ascii: "R"):
            guard let columns = Self.columns(&reader) else { return nil }
            self = .columns(columns)
        case UInt8(ascii: "I"), UInt8(ascii: "U"):
            guard let row = Self.row(&reader) else { return nil }
            self = .row(row)
        case UInt8(ascii: "D"), UInt8(ascii: "T"): self = .gone
        default: self = .other
        }
    }

    private static func columns(_ reader: inout MessageReader) -> [String]? {
        guard reader.int32() != nil, reader.text() != nil, reader.text() != nil, reader.byte() != nil,
            let count = reader.int16()
        else { return nil }
        var names: [String] = []
        for _ in 0..<count {
            guard reader.byte() != nil, let name = reader.text(), reader.int32() != nil, reader.int32() != nil else {
                return nil
            }
            names.append(name)
        }
        return names
    }

    /// An update may tell the old key or row first.
    private static func row(_ reader: inout MessageReader) -> [[UInt8]?]? {
        guard reader.int32() != nil, let kind = reader.byte() else { return nil }
        if kind == UInt8(ascii: "N") { return values(&reader) }
        guard values(&reader) != nil, reader.byte() == UInt8(ascii: "N") else { return nil }
        return values(&reader)
    }

    private static func values(_ reader: inout MessageReader) -> [[UInt8]?]? {
        guard let count = reader.int16() else { return nil }
        var values: [[UInt8]?] = []
        for _ in 0..<count {
            switch reader.byte() {
            case UInt8(ascii: "n"): values.append(nil)
            case UInt8(ascii: "b"):
                guard let length = reader.int32(), let value = reader.bytes(Int(length)) else { return nil }
                values.append(Array(value))
            default: return nil
            }
        }
        return values
    }
}

/// Takes big-endian numbers and texts out of bytes; nil at their end.
private struct MessageReader {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, count <= rest.count else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }

    mutating func byte() -> UInt8? { bytes(1)?.first }
    mutating func int16() -> Int16? { bytes(2).map { Int16(bigEndian: $0.loadUnaligned(as: Int16.self)) } }
    mutating func int32() -> Int32? { bytes(4).map { Int32(bigEndian: $0.loadUnaligned(as: Int32.self)) } }
    mutating func int64() -> Int64? { bytes(8).map { Int64(bigEndian: $0.loadUnaligned(as: Int64.self)) } }

    /// Up to a zero byte.
    mutating func text() -> String? {
        guard let length = rest.firstIndex(of: 0), let bytes = bytes(length + 1) else { return nil }
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }
}
