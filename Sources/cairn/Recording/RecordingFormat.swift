/// A record as a recording keeps it.
struct RecordedRecord: Equatable {
    /// 0 or more.
    var partition: Int32
    /// Position in the partition, 0 or more.
    var offset: Int64
    /// Epoch milliseconds; nil when the topic keeps none.
    var timestampMs: Int64?
    /// Whether it has the header `content-type: application/x-protobuf`. Other headers are not kept.
    var isProtobuf = false
    /// nil is a null key.
    var key: [UInt8]?
    /// nil is a null value.
    var value: [UInt8]?
}

/// The layout of a recording, described in docs/recording-format.md.
enum RecordingFormat {
    static let magic = Array("cairnrec".utf8)
    static let version: UInt8 = 1
    /// Magic and version.
    static let headerLength = magic.count + 1
    /// Kind, length of the content, CRC-32.
    static let blockHeadLength = 9
    /// A block ends with the record that makes it so long, bytes.
    static let blockLengthFull = 64 << 10
    /// No block is longer: one record of 15 MiB, which is all that a consumer accepts, fits well.
    static let blockLengthMax = 32 << 20

    enum BlockKind: UInt8 {
        case records = 1
        /// The last block: how many records there are.
        case end = 2
    }

    /// The flags of a record.
    enum Flag {
        static let key: UInt8 = 1
        static let value: UInt8 = 2
        static let timestamp: UInt8 = 4
        static let protobuf: UInt8 = 8
        static let known: UInt8 = 15
    }

    static var header: [UInt8] { magic + [version] }

    /// Kind, length (32 bits, lowest byte first), CRC-32 of these five bytes and the content, content.
    static func block(_ kind: BlockKind, _ content: [UInt8]) -> [UInt8] {
        var head = [kind.rawValue]
        head.append(littleEndian: UInt32(content.count))
        var crc = CRC32()
        crc.update(head)
        crc.update(content)
        head.append(littleEndian: crc.value)
        return head + content
    }
}

/// Why a recording cannot be read, one case per thing to say. Positions are bytes from the start of the file.
enum RecordingError: Error, Equatable {
    case notARecording
    case unknownVersion(UInt8)
    /// The file ends inside the block that begins at `at`, or has no end block there.
    case cut(at: Int, records: Int)
    /// The block that begins at `at` is not what was written.
    case damaged(at: Int, records: Int)
    case unreadable(String)
}

extension RecordingError: CustomStringConvertible {
    var description: String {
        switch self {
        case .notARecording: "it is no recording of cairn"
        case .unknownVersion(let version):
            "it has the recording format \(version), and this cairn knows \(RecordingFormat.version)"
        case .cut(let position, let records):
            "it is cut: its end is missing at byte \(position); the \(records) records before are whole"
        case .damaged(let position, let records):
            "it is damaged at byte \(position); the \(records) records before are whole"
        case .unreadable(let reason): reason
        }
    }
}

/// Numbers of any size, small ones in few bytes: seven bits a byte, lowest first, the top bit says that more follow
/// (LEB128). Signed ones alternate: 0, -1, 1, -2 (zigzag).
extension [UInt8] {
    mutating func append(littleEndian number: UInt32) {
        for shift in stride(from: 0, to: 32, by: 8) { append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
    }

    mutating func append(varint number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    mutating func append(zigzag number: Int64) {
        append(varint: UInt64(bitPattern: (number << 1) ^ (number >> 63)))
    }
}
