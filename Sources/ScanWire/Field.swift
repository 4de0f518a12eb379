/// The six fields of a scan that cairn knows.
///
/// - Source: contracts.md section 1.
enum Field: UInt8 {
    case eventID
    case hunt
    case player
    case tag
    case scannedAt
    case reader

    /// The field whose name is exactly these bytes; nil for a field that cairn does not know.
    init?(named name: UnsafeRawBufferPointer) {
        switch name.count {
        case 3 where name.isEqual(to: "tag"): self = .tag
        case 4 where name.isEqual(to: "hunt"): self = .hunt
        case 6 where name.isEqual(to: "player"): self = .player
        case 6 where name.isEqual(to: "reader"): self = .reader
        case 8 where name.isEqual(to: "event_id"): self = .eventID
        case 10 where name.isEqual(to: "scanned_at"): self = .scannedAt
        default: return nil
        }
    }

    /// Bytes a value of this field can have at most once it is unescaped.
    static let bytesMax = 64
    /// Bytes of the longest name.
    static let nameBytesMax = 10

    /// The rule in the words of a refusal's detail.
    var rule: StaticString {
        switch self {
        case .eventID: "event_id: not 1-64 of A-Z a-z 0-9 - _ . :"
        case .hunt: "hunt: not a slug of 1-63 of a-z 0-9 - that begins with a letter or digit"
        case .player: "player: not 1-64 of A-Z a-z 0-9 - _ . : @ +"
        case .tag: "tag: not 8, 14 or 20 hex digits"
        case .scannedAt: "scanned_at: not an integer of 0 ... 253402300799999 nor an RFC 3339 time in that range"
        case .reader: "reader: not 1-64 of A-Z a-z 0-9 - _ . :"
        }
    }

    var wrongType: StaticString {
        switch self {
        case .eventID: "event_id: not a string"
        case .hunt: "hunt: not a string"
        case .player: "player: not a string"
        case .tag: "tag: not a string"
        case .scannedAt: "scanned_at: neither a number nor a string"
        case .reader: "reader: neither a string nor null"
        }
    }

    var repeated: StaticString {
        switch self {
        case .eventID: "event_id: named twice"
        case .hunt: "hunt: named twice"
        case .player: "player: named twice"
        case .tag: "tag: named twice"
        case .scannedAt: "scanned_at: named twice"
        case .reader: "reader: named twice"
        }
    }
}

/// A set of fields, to notice repeats and omissions.
struct FieldSet {
    private var bits: UInt8 = 0

    /// - Returns: false when the field was there already.
    @inline(__always)
    mutating func insert(_ field: Field) -> Bool {
        let bit: UInt8 = 1 << field.rawValue
        defer { bits |= bit }
        return bits & bit == 0
    }

    private func lacks(_ field: Field) -> Bool { bits & 1 << field.rawValue == 0 }

    /// What to say about the first required field that is not in the set; nil when all are.
    var missing: StaticString? {
        let required: UInt8 = 0b01_1111
        if bits & required == required { return nil }
        if lacks(.eventID) { return "event_id: missing" }
        if lacks(.hunt) { return "hunt: missing" }
        if lacks(.player) { return "player: missing" }
        if lacks(.tag) { return "tag: missing" }
        return "scanned_at: missing"
    }
}

extension UnsafeRawBufferPointer {
    /// - Parameter text: as long as the buffer.
    fileprivate func isEqual(to text: StaticString) -> Bool {
        for position in 0..<count where self[position] != text.utf8Start[position] { return false }
        return true
    }
}
