import HuntCore
import OrderIndex

/// Reads what a request carries, and says what is wrong with it.
enum RequestInput {
    /// - Returns: the same text, which is a slug.
    static func hunt(_ text: String) throws(Problem) -> String {
        let bytes = text.utf8
        let isSlug =
            (1...HuntLimits.slugBytesMax).contains(bytes.count) && bytes.first != UInt8(ascii: "-")
            && bytes.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
        if isSlug { return text }
        throw Problem(
            .invalidHunt,
            "\(Problem.quoted(text)): a hunt has 1 to 63 of a-z, 0-9 and -, and no - in front; see /v1/hunts")
    }

    static func player(_ text: String) throws(Problem) -> PlayerID {
        if text.utf8.allSatisfy(isOfPlayer), let player = PlayerID(text) { return player }
        throw Problem(
            .invalidPlayer, "\(Problem.quoted(text)): a player's id has 1 to 64 of A-Z, a-z, 0-9 and - _ . : @ +")
    }

    /// - Parameter fallback: where the address does not have the parameter.
    static func number(
        _ name: String, of target: RequestTarget, in range: ClosedRange<Int>, fallback: Int
    ) throws(Problem) -> Int {
        guard let text = target.parameter(name) else { return fallback }
        if let text, text.utf8.count <= 9, text.utf8.allSatisfy(isDigit), let number = Int(text), range.contains(number)
        {
            return number
        }
        throw Problem(
            .invalidParameter,
            "\(name) is \(Problem.quoted(text ?? "")): write a whole number, \(range.lowerBound) to \(range.upperBound)"
        )
    }

    static func cursor(of target: RequestTarget, in hunt: BoardHunt) throws(Problem) -> BoardCursor? {
        guard let text = target.parameter("cursor") else { return nil }
        do throws(BoardCursor.Fault) {
            return try BoardCursor.read((text ?? "")[...], of: hunt)
        } catch {
            switch error {
            case .damaged:
                throw Problem(.damagedCursor, "take next or previous of an answer as it is, or leave the cursor out")
            case .otherHunt:
                throw Problem(.cursorOfAnotherHunt, "ask for \(hunt.slug) without a cursor first")
            case .otherRules:
                throw Problem(
                    .cursorOfOtherRules,
                    "\(hunt.slug) has rules version \(hunt.rulesVersion) now: begin again without a cursor")
            }
        }
    }

    static func isOfPlayer(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "+"):
            true
        default: false
        }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || isDigit(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
