import Foundation

/// What a refused value says about itself, as far as it can be read: it may be cut or no scan at all.
enum RefusedValue {
    /// Whether a value is a JSON object that names this player and this hunt. One that was cut, or that is malformed as
    /// JSON, names nobody.
    static func names(_ value: [UInt8], hunt: String, player: String) -> Bool {
        guard let members = members(of: value) else { return false }
        return members["hunt"] as? String == hunt && members["player"] as? String == player
    }

    /// The hunt that a value names; nil: none.
    static func hunt(namedBy value: [UInt8]) -> String? { members(of: value)?["hunt"] as? String }

    private static func members(of value: [UInt8]) -> [String: Any]? {
        try? JSONSerialization.jsonObject(with: Data(value)) as? [String: Any]
    }
}
