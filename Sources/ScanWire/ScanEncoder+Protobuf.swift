extension ScanEncoder {
    /// Appends one message `cairn.v1.Scan`; what is absent or 0 is left out, as proto3 does.
    static func appendMessage(
        eventID: String, hunt: String, player: String, tag: String, scannedAt: Int64, reader: String?,
        to buffer: inout [UInt8]
    ) {
        appendTag(of: .eventID, count: eventID.utf8.count, to: &buffer)
        append(eventID, of: .eventID, bytesMax: 64, to: &buffer)
        appendTag(of: .hunt, count: hunt.utf8.count, to: &buffer)
        append(hunt, of: .slug, bytesMax: 63, to: &buffer)
        appendTag(of: .player, count: player.utf8.count, to: &buffer)
        append(player, of: .player, bytesMax: 64, to: &buffer)
        appendTag(of: .tag, count: tag.utf8.count, to: &buffer)
        append(tag, of: .tag, bytesMax: 20, to: &buffer)
        if scannedAt > 0 {
            appendTag(of: .scannedAt, to: &buffer)
            appendVarint(UInt64(scannedAt), to: &buffer)
        }
        if let reader {
            appendTag(of: .reader, count: reader.utf8.count, to: &buffer)
            append(reader, of: .eventID, bytesMax: 64, to: &buffer)
        }
    }

    /// What stands before a field's value.
    ///
    /// - Parameter count: bytes of a string.
    private static func appendTag(of field: Field, count: Int? = nil, to buffer: inout [UInt8]) {
        appendVarint(UInt64(field.number) << 3 | field.wireType.rawValue, to: &buffer)
        if let count { appendVarint(UInt64(count), to: &buffer) }
    }

    private static func appendVarint(_ number: UInt64, to buffer: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            buffer.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        buffer.append(UInt8(rest))
    }
}
