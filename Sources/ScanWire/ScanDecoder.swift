import HuntCore

/// Turns records of the topic `scans` into scans, or says why they are none.
///
/// Its memory is taken once; decoding allocates nothing. One decoder serves one thread at a time.
///
/// The three reasons tested here need nothing but the record: `oversized`, `malformed`, `wrong_key`. The later ones
/// need the hunt's definition and are HuntCore's.
///
/// - Source: contracts.md section 1.
public struct ScanDecoder: ~Copyable {
    /// The longest value that is looked at, bytes.
    public static let valueBytesMax = 16_384

    let scratch = DecoderScratch()

    public init() {}

    /// Decodes one record in one pass over its value.
    ///
    /// - Parameters:
    ///   - value: the record's value; nil for a tombstone.
    ///   - encoding: how the record says that its value is written. Never guessed from the value.
    ///   - key: the record's key; nil when it has none.
    ///   - receivedAt: the record's timestamp, epoch milliseconds; negative when it has none.
    ///   - scan: overwritten. Whole when nil or `wrongKey` is returned, else meaningless. Its buffers point into
    ///     `value`, or, for a JSON field written with escapes, into this decoder until its next call.
    /// - Returns: nil for a scan, else the first reason that fits.
    public mutating func decode(
        value: UnsafeRawBufferPointer?, as encoding: ScanEncoding = .json, key: UnsafeRawBufferPointer?,
        receivedAt: Int64, into scan: inout ScanView
    ) -> ScanRefusal? {
        if let value, value.count > Self.valueBytesMax {
            return ScanRefusal(.oversized, "value: over 16384 bytes")
        }
        scan = ScanView()
        do throws(Malformed) {
            guard receivedAt >= 0 else { throw Malformed("record: no timestamp") }
            guard let value else { throw Malformed("value: none") }
            switch encoding {
            case .json: try decodeDocument(value, into: &scan)
            case .protobuf: try decodeMessage(value, into: &scan)
            }
        } catch {
            return ScanRefusal(.malformed, error.detail)
        }
        guard let key else { return ScanRefusal(.wrongKey, "key: none") }
        guard Self.isEqual(key, scan.player) else { return ScanRefusal(.wrongKey, "key: not equal to player") }
        return nil
    }

    /// The whole value as JSON: one object, and white space around it.
    private func decodeDocument(_ value: UnsafeRawBufferPointer, into scan: inout ScanView) throws(Malformed) {
        var cursor = try Self.cursor(over: value)
        guard cursor.take(UInt8(ascii: "{")) else {
            throw Malformed(cursor.byte == 0xEF ? "value: a byte-order mark" : "value: not an object")
        }
        cursor.skipSpace()
        var fields = FieldSet()
        if cursor.byte != UInt8(ascii: "}") {
            try decodeMember(&cursor, noting: &fields, into: &scan)
            while cursor.take(UInt8(ascii: ",")) {
                cursor.skipSpace()
                try decodeMember(&cursor, noting: &fields, into: &scan)
            }
        }
        guard cursor.next == cursor.end else {
            throw Malformed(
                cursor.byte == UInt8(ascii: "}")
                    ? "value: more than white space after the object"
                    : "value: neither a comma nor the end after a value")
        }
        if let missing = fields.missing { throw Malformed(missing) }
    }

    /// The value without the white space at both ends. It ends with a brace or is no object.
    @inline(__always)
    private static func cursor(over value: UnsafeRawBufferPointer) throws(Malformed) -> JSONCursor {
        var count = value.count
        while count > 0, isSpace(value[count - 1]) { count -= 1 }
        guard count > 0, let start = value.baseAddress else { throw Malformed("value: empty") }
        guard value[count - 1] == UInt8(ascii: "}") else { throw Malformed("value: not an object up to its last byte") }
        var cursor = JSONCursor(next: start, end: start + (count - 1))
        cursor.skipSpace()
        return cursor
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// One name and its value, and the white space behind it.
    @inline(__always)
    private func decodeMember(
        _ cursor: inout JSONCursor, noting fields: inout FieldSet, into scan: inout ScanView
    ) throws(Malformed) {
        let field = try takeName(&cursor)
        try cursor.takeColon()
        guard let field else {
            try cursor.skipValue(level: 1)
            return cursor.skipSpace()
        }
        guard fields.insert(field) else { throw Malformed(field.repeated) }
        switch field {
        case .eventID: scan.eventID = try takeText(.eventID, in: .eventID, &cursor)
        case .player: scan.player = try takeText(.player, in: .player, &cursor)
        case .hunt:
            let hunt = try takeText(.hunt, in: .slug, &cursor)
            guard hunt.count <= 63, scratch.contains(hunt[0], in: .slugStart) else { throw Malformed(field.rule) }
            scan.hunt = hunt
        case .tag:
            guard let tag = TagUID(hex: try takeText(.tag, in: .tag, &cursor)) else { throw Malformed(field.rule) }
            scan.tag = tag
        case .scannedAt: scan.scannedAt = try takeInstant(&cursor)
        case .reader:
            if cursor.byte == UInt8(ascii: "n") {
                try cursor.skipLiteral("null")
            } else {
                scan.reader = try takeText(.reader, in: .eventID, &cursor)
            }
        }
        cursor.skipSpace()
    }

    private static func isEqual(_ key: UnsafeRawBufferPointer, _ player: UnsafeRawBufferPointer) -> Bool {
        guard key.count == player.count else { return false }
        guard player.count >= 8 else { return key.elementsEqual(player) }
        func differs(at position: Int) -> Bool {
            key.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                != player.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        }
        let last = player.count - 8
        for position in stride(from: 0, to: last, by: 8) where differs(at: position) { return false }
        return !differs(at: last)
    }
}
