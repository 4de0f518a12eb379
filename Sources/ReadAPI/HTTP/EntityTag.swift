/// Tells whether a reader's copy still holds.
///
/// Weak: equal tags mean the same players, ranks and rules, while `as_of` moves on by itself.
///
/// - Source: RFC 9110 sections 8.8 and 13.1.2.
enum EntityTag {
    /// - Parameter parameters: what the answer depends on besides the board.
    static func of(_ hunt: BoardHunt, _ stamp: BoardStamp, _ parameters: String) -> String {
        "W/\"\(hunt.huntID).\(hunt.rulesVersion).\(hunt.erasures).\(stamp.version)-\(parameters)\""
    }

    /// Of bytes that are what they are.
    ///
    /// - Source: Fowler, Noll and Vo, FNV-1a of 64 bits.
    static func of(_ bytes: [UInt8]) -> String {
        let hash = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        return "\"\(String(hash, radix: 16))\""
    }

    /// Whether a tag is among those of `If-None-Match`; weakness does not matter there.
    static func isMatch(_ tag: String, _ header: String?) -> Bool {
        guard let header else { return false }
        let opaque = opaque(tag[...])
        return header.split(separator: ",").contains { item in
            let item = item.drop { $0 == " " || $0 == "\t" }
            let trimmed = item.prefix { $0 != " " && $0 != "\t" }
            return trimmed == "*" || Self.opaque(trimmed) == opaque
        }
    }

    private static func opaque(_ tag: Substring) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag }
}
