/// The six fields in the message `cairn.v1.Scan`.
///
/// - Source: proto/cairn/v1/scan.proto.
extension Field {
    /// The field with this number in the message; nil for one that cairn does not know.
    @inline(__always)
    init?(number: UInt32) {
        switch number {
        case 1: self = .eventID
        case 2: self = .hunt
        case 3: self = .player
        case 4: self = .tag
        case 5: self = .scannedAt
        case 6: self = .reader
        default: return nil
        }
    }

    /// The field's number in the message, `1 ... 6`.
    var number: UInt8 {
        switch self {
        case .eventID: 1
        case .hunt: 2
        case .player: 3
        case .tag: 4
        case .scannedAt: 5
        case .reader: 6
        }
    }

    @inline(__always)
    var wireType: ProtobufCursor.WireType { self == .scannedAt ? .varint : .lengthDelimited }

    var wrongWireType: StaticString {
        switch self {
        case .eventID: "event_id: not a string on the wire"
        case .hunt: "hunt: not a string on the wire"
        case .player: "player: not a string on the wire"
        case .tag: "tag: not a string on the wire"
        case .scannedAt: "scanned_at_ms: not a varint on the wire"
        case .reader: "reader: not a string on the wire"
        }
    }

    var sentTwice: StaticString {
        switch self {
        case .eventID: "event_id: sent twice"
        case .hunt: "hunt: sent twice"
        case .player: "player: sent twice"
        case .tag: "tag: sent twice"
        case .scannedAt: "scanned_at_ms: sent twice"
        case .reader: "reader: sent twice"
        }
    }
}
