/// Which bytes may stand in which field; a byte may belong to several.
///
/// - Source: contracts.md section 1, the table of fields.
struct FieldAlphabet: OptionSet {
    let rawValue: UInt8

    /// `event_id` and `reader`: `A-Z a-z 0-9 - _ . :`
    static let eventID = FieldAlphabet(rawValue: 1 << 0)
    /// `player`: those and `@ +`
    static let player = FieldAlphabet(rawValue: 1 << 1)
    /// `hunt`: `a-z 0-9 -`
    static let slug = FieldAlphabet(rawValue: 1 << 2)
    /// The first byte of `hunt`: `a-z 0-9`
    static let slugStart = FieldAlphabet(rawValue: 1 << 3)
    /// `tag`: hex digits
    static let tag = FieldAlphabet(rawValue: 1 << 4)
    /// `scanned_at` as a string: every byte that RFC 3339 can need
    static let timestamp = FieldAlphabet(rawValue: 1 << 5)

    /// All alphabets that contain a byte.
    init(containing byte: UInt8) {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self = [.eventID, .player, .slug, .slugStart, .tag, .timestamp]
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self = [.eventID, .player, .slug, .slugStart, .tag]
        case UInt8(ascii: "t"), UInt8(ascii: "z"): self = [.eventID, .player, .slug, .slugStart, .timestamp]
        case UInt8(ascii: "g")...UInt8(ascii: "y"): self = [.eventID, .player, .slug, .slugStart]
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self = [.eventID, .player, .tag]
        case UInt8(ascii: "T"), UInt8(ascii: "Z"): self = [.eventID, .player, .timestamp]
        case UInt8(ascii: "G")...UInt8(ascii: "Y"): self = [.eventID, .player]
        case UInt8(ascii: "-"): self = [.eventID, .player, .slug, .timestamp]
        case UInt8(ascii: "."), UInt8(ascii: ":"): self = [.eventID, .player, .timestamp]
        case UInt8(ascii: "_"): self = [.eventID, .player]
        case UInt8(ascii: "+"): self = [.player, .timestamp]
        case UInt8(ascii: "@"): self = [.player]
        default: self = []
        }
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }
}
