import Foundation
import HuntCore
import ScanWire

/// What a refused value says about itself, as far as it can be read: it may be cut or no scan at all.
enum RefusedValue {
    /// Whether a value names this player and this hunt. One that was cut, or that is neither a JSON object nor a scan in
    /// Protobuf, names nobody.
    static func names(_ value: [UInt8], hunt: String, player: String) -> Bool {
        let subject = subject(of: value)
        return subject.hunt == hunt && subject.player == player
    }

    /// The hunt that a value names; nil: none.
    static func hunt(namedBy value: [UInt8]) -> String? { subject(of: value).hunt }

    /// Whether a value is about this player of this hunt, or may be: one that does not name both is as soon as the
    /// player's id stands in it as a word.
    static func mayBeAbout(_ value: [UInt8], hunt: String, player: String) -> Bool {
        let subject = subject(of: value)
        if let named = subject.hunt, let who = subject.player { return named == hunt && who == player }
        return contains(Array(player.utf8), in: value)
    }

    private static func subject(of value: [UInt8]) -> (hunt: String?, player: String?) {
        if let members = try? JSONSerialization.jsonObject(with: Data(value)) as? [String: Any] {
            return (members["hunt"] as? String, members["player"] as? String)
        }
        let scan = value.withUnsafeBytes { KeptScans.reader()($0) }
        guard let scan else { return (nil, nil) }
        return (String(decoding: scan.hunt, as: UTF8.self), String(decoding: scan.player, as: UTF8.self))
    }

    /// Whether a word stands in the bytes with no byte of a longer id before or behind it.
    private static func contains(_ word: [UInt8], in bytes: [UInt8]) -> Bool {
        guard bytes.count >= word.count, !word.isEmpty else { return false }
        for start in 0...(bytes.count - word.count) where bytes[start...].starts(with: word) {
            let end = start + word.count
            let isWhole = (start == 0 || !isPartOfID(bytes[start - 1])) && (end == bytes.count || !isPartOfID(bytes[end]))
            if isWhole { return true }
        }
        return false
    }

    private static func isPartOfID(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-_.:@+".utf8.contains(byte)
        }
    }
}
