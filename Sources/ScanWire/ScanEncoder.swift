import HuntCore

/// Writes scans as producers do: the compact JSON or the Protobuf message of contracts.md section 1.
public enum ScanEncoder {
    /// Appends one scan, as JSON without white space around it. A decoder accepts what this writes.
    ///
    /// A field that breaks its rule is a bug of the caller and traps; who wants a malformed value writes it by hand.
    ///
    /// - Parameters:
    ///   - eventID: 1-64 of `A-Z a-z 0-9 - _ . :`
    ///   - hunt: a slug, 1-63 of `a-z 0-9 -`, the first no hyphen.
    ///   - player: 1-64 of `A-Z a-z 0-9 - _ . : @ +`
    ///   - tag: 8, 14 or 20 hex digits of any case.
    ///   - scannedAt: epoch milliseconds, `0 ... Timestamp.latest`.
    ///   - reader: as `eventID`; nil leaves the field out.
    ///   - encoding: JSON unless said otherwise. A record whose value is Protobuf needs the header for it.
    ///   - buffer: keeps its storage, so a caller that empties it with `removeAll(keepingCapacity:)` allocates once.
    public static func append(
        eventID: String, hunt: String, player: String, tag: String, scannedAt: Int64, reader: String? = nil,
        as encoding: ScanEncoding = .json, to buffer: inout [UInt8]
    ) {
        precondition((0...Timestamp.latest).contains(scannedAt), "scanned_at out of range")
        precondition(FieldAlphabet(containing: hunt.utf8.first ?? 0).contains(.slugStart), "hunt is no slug")
        precondition([8, 14, 20].contains(tag.utf8.count), "tag is no NFC UID")
        if encoding == .protobuf {
            return appendMessage(
                eventID: eventID, hunt: hunt, player: player, tag: tag, scannedAt: scannedAt, reader: reader,
                to: &buffer)
        }
        buffer.append(contentsOf: #"{"event_id":""#.utf8)
        append(eventID, of: .eventID, bytesMax: 64, to: &buffer)
        buffer.append(contentsOf: #"","hunt":""#.utf8)
        append(hunt, of: .slug, bytesMax: 63, to: &buffer)
        buffer.append(contentsOf: #"","player":""#.utf8)
        append(player, of: .player, bytesMax: 64, to: &buffer)
        buffer.append(contentsOf: #"","tag":""#.utf8)
        append(tag, of: .tag, bytesMax: 20, to: &buffer)
        buffer.append(contentsOf: #"","scanned_at":"#.utf8)
        append(scannedAt, to: &buffer)
        if let reader {
            buffer.append(contentsOf: #","reader":""#.utf8)
            append(reader, of: .eventID, bytesMax: 64, to: &buffer)
            buffer.append(UInt8(ascii: "\""))
        }
        buffer.append(UInt8(ascii: "}"))
    }

    /// A field's text, checked.
    static func append(
        _ text: String, of alphabet: FieldAlphabet, bytesMax: Int, to buffer: inout [UInt8]
    ) {
        precondition((1...bytesMax).contains(text.utf8.count), "a field of a scan is empty or too long")
        for byte in text.utf8 {
            precondition(FieldAlphabet(containing: byte).contains(alphabet), "a byte outside its field's alphabet")
            buffer.append(byte)
        }
    }

    /// Decimal digits, without a `String` in between.
    private static func append(_ number: Int64, to buffer: inout [UInt8]) {
        let start = buffer.count
        var rest = number
        repeat {
            buffer.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        buffer[start...].reverse()
    }
}
