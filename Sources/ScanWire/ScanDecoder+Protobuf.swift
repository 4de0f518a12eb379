import HuntCore

extension ScanDecoder {
    /// The whole value as one message `cairn.v1.Scan`.
    ///
    /// - Source: proto/cairn/v1/scan.proto.
    @inline(never)
    func decodeMessage(_ value: UnsafeRawBufferPointer, into scan: inout ScanView) throws(Malformed) {
        guard var cursor = ProtobufCursor(over: value) else { throw Malformed("value: empty") }
        var sent = FieldSet()
        // An empty string is on the wire and yet no value; scanned_at_ms has one, 0, without being sent.
        var present = FieldSet()
        _ = present.insert(.scannedAt)
        while !cursor.isAtEnd {
            let tag = try cursor.takeTag()
            guard let field = Field(number: tag.number) else {
                try cursor.skipValue(of: tag)
                continue
            }
            guard tag.wireType == field.wireType else { throw Malformed(field.wrongWireType) }
            guard sent.insert(field) else { throw Malformed(field.sentTwice) }
            if field == .scannedAt {
                scan.scannedAt = try Self.takeInstant(&cursor)
                continue
            }
            let text = try cursor.takeBytes()
            if text.isEmpty { continue }
            try set(field, to: text, in: &scan)
            _ = present.insert(field)
        }
        if let missing = present.missing { throw Malformed(missing) }
    }

    /// Checks a text by its field's rule and takes it as it stands.
    ///
    /// - Parameter text: of one byte or more.
    private func set(_ field: Field, to text: UnsafeRawBufferPointer, in scan: inout ScanView) throws(Malformed) {
        guard text.count <= Field.bytesMax else { throw Malformed(field.rule) }
        switch field {
        case .eventID where isText(text, in: .eventID): scan.eventID = text
        case .player where isText(text, in: .player): scan.player = text
        case .reader where isText(text, in: .eventID): scan.reader = text
        case .hunt where text.count <= 63 && scratch.contains(text[0], in: .slugStart) && isText(text, in: .slug):
            scan.hunt = text
        case .tag:
            guard let tag = TagUID(hex: text) else { throw Malformed(field.rule) }
            scan.tag = tag
        default: throw Malformed(field.rule)
        }
    }

    @inline(__always)
    private func isText(_ text: UnsafeRawBufferPointer, in alphabet: FieldAlphabet) -> Bool {
        text.allSatisfy { scratch.contains($0, in: alphabet) }
    }

    /// `scanned_at_ms`, `0 ... Timestamp.latest`.
    private static func takeInstant(_ cursor: inout ProtobufCursor) throws(Malformed) -> Int64 {
        let instant = Int64(bitPattern: try cursor.takeVarint())
        guard (0...Timestamp.latest).contains(instant) else {
            throw Malformed("scanned_at_ms: not 0 ... 253402300799999")
        }
        return instant
    }
}
