import NIOCore

/// Reads `{"players": ["ana", ...]}`: strict JSON, other members are skipped.
///
/// - Source: RFC 8259. Of escapes, only those that stand for ASCII can be part of an id.
struct LookupBody {
    /// Bytes of a body: 500 ids of 64 bytes and what stands between them, twice.
    static let bytesMax = 65_536
    private static let depthMax = 16

    private var rest: ArraySlice<UInt8>
    private var players: [String]?

    /// - Returns: the ids as they were sent.
    static func players(in body: ByteBuffer) throws(Problem) -> [String] {
        var reader = LookupBody(rest: Array(body.readableBytesView)[...], players: nil)
        try reader.readBody()
        guard let players = reader.players else { throw Self.problem("it has no member players") }
        return players
    }

    private static func problem(_ what: String) -> Problem {
        Problem(.invalidBody, "\(what): send {\"players\":[\"id\",...]} as JSON")
    }

    private mutating func readBody() throws(Problem) {
        skipSpace()
        guard take("{") else { throw Self.problem("it is no JSON object") }
        skipSpace()
        if !take("}") {
            repeat {
                skipSpace()
                let name = try readString()
                try expectColon()
                if name == "players" {
                    guard players == nil else { throw Self.problem("players is there twice") }
                    players = try readPlayers()
                } else {
                    try skipValue(depth: 1)
                }
                skipSpace()
            } while take(",")
            guard take("}") else { throw Self.problem("its object does not end") }
        }
        skipSpace()
        guard rest.isEmpty else { throw Self.problem("something stands behind its object") }
    }

    private mutating func readPlayers() throws(Problem) -> [String] {
        var names: [String] = []
        guard take("[") else { throw Self.problem("players is no array") }
        skipSpace()
        if take("]") { return names }
        repeat {
            skipSpace()
            names.append(try readString())
            skipSpace()
        } while take(",")
        guard take("]") else { throw Self.problem("players does not end") }
        return names
    }

    private mutating func skipValue(depth: Int) throws(Problem) {
        guard depth < Self.depthMax else { throw Self.problem("it is nested too deeply") }
        skipSpace()
        switch rest.first {
        case UInt8(ascii: "\""): _ = try readString()
        case UInt8(ascii: "{"):
            rest.removeFirst()
            skipSpace()
            if take("}") { return }
            repeat {
                skipSpace()
                _ = try readString()
                try expectColon()
                try skipValue(depth: depth + 1)
                skipSpace()
            } while take(",")
            guard take("}") else { throw Self.problem("an object in it does not end") }
        case UInt8(ascii: "["):
            rest.removeFirst()
            skipSpace()
            if take("]") { return }
            repeat {
                try skipValue(depth: depth + 1)
                skipSpace()
            } while take(",")
            guard take("]") else { throw Self.problem("an array in it does not end") }
        default:
            let word = rest.prefix { Self.isOfWord($0) }
            guard Self.isValue(word) else { throw Self.problem("it is no JSON") }
            rest = rest[word.endIndex...]
        }
    }

    private mutating func expectColon() throws(Problem) {
        skipSpace()
        guard take(":") else { throw Self.problem("a colon is missing") }
        skipSpace()
    }

    private mutating func readString() throws(Problem) -> String {
        guard take("\"") else { throw Self.problem("something other than a string stands where one belongs") }
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw Self.problem("a string is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): try readEscape(into: &bytes)
            case 0..<0x20: throw Self.problem("a string has a control character")
            default: bytes.append(byte)
            }
        }
        throw Self.problem("a string does not end")
    }

    private mutating func readEscape(into bytes: inout [UInt8]) throws(Problem) {
        switch rest.popFirst() {
        case UInt8(ascii: "\""): bytes.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): bytes.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            // No id has one; a space is refused as they would be.
            bytes.append(UInt8(ascii: " "))
        case UInt8(ascii: "u"):
            let digits = rest.prefix(4)
            guard digits.count == 4, digits.allSatisfy(Self.isHexDigit),
                let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw Self.problem("an escape is wrong") }
            rest = rest.dropFirst(4)
            bytes.append(value < 0x80 ? UInt8(value) : UInt8(ascii: " "))
        default: throw Self.problem("an escape is wrong")
        }
    }

    // MARK: Bytes

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipSpace() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        isHexDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
    }

    private static func isValue(_ word: ArraySlice<UInt8>) -> Bool {
        switch String(decoding: word, as: UTF8.self) {
        case "true", "false", "null": true
        case let text: text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil
        }
    }
}
