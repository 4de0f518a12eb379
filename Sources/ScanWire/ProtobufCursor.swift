/// A place in a Protobuf message and the strict walk over it. Every step throws where the wire format is broken, so
/// what was walked over is a message.
///
/// The message must outlive the cursor, which reads `next ..< end` and nothing else.
///
/// - Source: Protocol Buffers Documentation, "Encoding"; contracts.md section 1, `malformed`.
struct ProtobufCursor {
    /// Groups within each other; the message itself is not counted.
    static let levelsMax = 32
    /// Bytes of the longest varint: 64 bits, seven in each.
    private static let varintBytesMax = 10

    enum WireType: UInt64 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case groupStart = 3
        case groupEnd = 4
        case fixed32 = 5
    }

    /// What stands before every value.
    struct Tag {
        /// The field's number, `1 ..< 2^29`.
        let number: UInt32
        let wireType: WireType
    }

    /// `next <= end`, always.
    private(set) var next: UnsafeRawPointer
    private let end: UnsafeRawPointer

    /// - Returns: nil for a message of no bytes.
    init?(over message: UnsafeRawBufferPointer) {
        guard let start = message.baseAddress, !message.isEmpty else { return nil }
        next = start
        end = start + message.count
    }

    @inline(__always)
    var isAtEnd: Bool { next == end }

    /// A varint of 32 bits: in five bytes at most, as Protobuf libraries in C++ and Swift have it.
    @inline(__always)
    mutating func takeTag() throws(Malformed) -> Tag {
        let start = next
        let tag = try takeVarint()
        guard next - start <= 5, tag <= UInt32.max else { throw Malformed("value: a Protobuf tag of over 32 bits") }
        let number = UInt32(tag >> 3)
        guard number > 0 else { throw Malformed("value: the Protobuf field number 0") }
        guard let wireType = WireType(rawValue: tag & 7) else {
            throw Malformed("value: a wire type that Protobuf does not have")
        }
        return Tag(number: number, wireType: wireType)
    }

    /// A number of 1 to 10 bytes. It may be written longer than it needs to be, and of the tenth byte only the lowest
    /// bit has a place among 64; both is left to producers, as other parsers do.
    @inline(__always)
    mutating func takeVarint() throws(Malformed) -> UInt64 {
        guard next < end else { throw Self.truncated }
        let byte = next.load(as: UInt8.self)
        guard byte < 0x80 else { return try takeLongVarint() }
        next += 1
        return UInt64(byte)
    }

    private mutating func takeLongVarint() throws(Malformed) -> UInt64 {
        var number: UInt64 = 0
        for position in 0..<UInt64(Self.varintBytesMax) {
            guard next < end else { throw Self.truncated }
            let byte = next.load(as: UInt8.self)
            next += 1
            number |= UInt64(byte & 0x7F) << (position * 7)
            if byte < 0x80 { return number }
        }
        throw Malformed("value: a Protobuf varint of over 10 bytes")
    }

    /// The bytes of a length-delimited value, where they stand.
    mutating func takeBytes() throws(Malformed) -> UnsafeRawBufferPointer {
        let count = try takeVarint()
        guard count <= UInt64(end - next) else { throw Self.truncated }
        defer { next += Int(count) }
        return UnsafeRawBufferPointer(start: next, count: Int(count))
    }

    /// Walks over the value behind a tag at the message's top level. What a length-delimited one holds is not looked
    /// at.
    mutating func skipValue(of tag: Tag) throws(Malformed) { try skipValue(of: tag, level: 0) }

    /// - Parameter level: how many groups are open around it, at most `levelsMax`, and so many calls.
    private mutating func skipValue(of tag: Tag, level: Int) throws(Malformed) {
        switch tag.wireType {
        case .varint: _ = try takeVarint()
        case .fixed64: try skipBytes(8)
        case .lengthDelimited: _ = try takeBytes()
        case .fixed32: try skipBytes(4)
        case .groupStart: try skipGroup(tag.number, level: level + 1)
        case .groupEnd: throw Malformed("value: the end of a Protobuf group that did not begin")
        }
    }

    /// Walks to behind the tag that ends a group.
    private mutating func skipGroup(_ number: UInt32, level: Int) throws(Malformed) {
        guard level <= Self.levelsMax else { throw Malformed("value: Protobuf groups over 32 levels deep") }
        while true {
            let tag = try takeTag()
            if tag.wireType == .groupEnd {
                guard tag.number == number else {
                    throw Malformed("value: a Protobuf group that ends with another number")
                }
                return
            }
            try skipValue(of: tag, level: level)
        }
    }

    private mutating func skipBytes(_ count: Int) throws(Malformed) {
        guard end - next >= count else { throw Self.truncated }
        next += count
    }

    private static var truncated: Malformed { Malformed("value: the Protobuf message ends too early") }
}
