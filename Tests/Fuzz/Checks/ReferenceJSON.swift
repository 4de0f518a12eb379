/// A JSON value, read the slow and plain way: one function per rule of RFC 8259's grammar.
indirect enum ReferenceJSON {
    case null
    case bool
    /// As written.
    case number([UInt8])
    /// What it stands for, in UTF-8.
    case string([UInt8])
    case array([ReferenceJSON])
    case object([(name: [UInt8], value: ReferenceJSON)])

    struct NotJSON: Error {}

    /// - Throws: when the bytes are not UTF-8, not RFC 8259, or nested deeper than 32 levels.
    init(_ bytes: [UInt8]) throws(NotJSON) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw NotJSON() }
        var parser = Parser(bytes: bytes)
        parser.skipSpace()
        self = try parser.value(level: 0)
        parser.skipSpace()
        guard parser.rest.isEmpty else { throw NotJSON() }
    }

    /// Eats UTF-8 from the front.
    private struct Parser {
        var rest: ArraySlice<UInt8>

        init(bytes: [UInt8]) { rest = bytes[...] }

        mutating func skipSpace() {
            while let byte = rest.first, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { rest.removeFirst() }
        }

        mutating func eat(_ text: StaticString) -> Bool {
            let bytes = text.withUTF8Buffer { Array($0) }
            guard rest.starts(with: bytes) else { return false }
            rest.removeFirst(bytes.count)
            return true
        }

        mutating func value(level: Int) throws(NotJSON) -> ReferenceJSON {
            if eat("null") { return .null }
            if eat("true") || eat("false") { return .bool }
            if eat("\"") { return .string(try string()) }
            if eat("[") { return try array(level: level + 1) }
            if eat("{") { return try object(level: level + 1) }
            return .number(try number())
        }

        mutating func array(level: Int) throws(NotJSON) -> ReferenceJSON {
            guard level <= 32 else { throw NotJSON() }
            var items: [ReferenceJSON] = []
            skipSpace()
            if eat("]") { return .array(items) }
            while true {
                skipSpace()
                items.append(try value(level: level))
                skipSpace()
                if eat("]") { return .array(items) }
                guard eat(",") else { throw NotJSON() }
            }
        }

        mutating func object(level: Int) throws(NotJSON) -> ReferenceJSON {
            guard level <= 32 else { throw NotJSON() }
            var members: [(name: [UInt8], value: ReferenceJSON)] = []
            skipSpace()
            if eat("}") { return .object(members) }
            while true {
                skipSpace()
                guard eat("\"") else { throw NotJSON() }
                let name = try string()
                skipSpace()
                guard eat(":") else { throw NotJSON() }
                skipSpace()
                members.append((name, try value(level: level)))
                skipSpace()
                if eat("}") { return .object(members) }
                guard eat(",") else { throw NotJSON() }
            }
        }

        /// After the opening quote.
        mutating func string() throws(NotJSON) -> [UInt8] {
            var content: [UInt8] = []
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "\"") { return content }
                guard byte >= 0x20 else { throw NotJSON() }
                if byte == UInt8(ascii: "\\") { content += try escape() } else { content.append(byte) }
            }
            throw NotJSON()
        }

        /// After the backslash.
        mutating func escape() throws(NotJSON) -> [UInt8] {
            guard let letter = rest.popFirst() else { throw NotJSON() }
            switch Character(Unicode.Scalar(letter)) {
            case "\"", "\\", "/": return [letter]
            case "b": return [8]
            case "t": return [9]
            case "n": return [10]
            case "f": return [12]
            case "r": return [13]
            case "u":
                var units = [try codeUnit()]
                if UTF16.isLeadSurrogate(units[0]), eat("\\u") { units.append(try codeUnit()) }
                guard let text = String(validating: units, as: UTF16.self) else { throw NotJSON() }
                return Array(text.utf8)
            default: throw NotJSON()
            }
        }

        mutating func codeUnit() throws(NotJSON) -> UInt16 {
            let digits = rest.prefix(4)
            guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw NotJSON() }
            rest.removeFirst(4)
            return unit
        }

        mutating func number() throws(NotJSON) -> [UInt8] {
            var text: [UInt8] = []
            if eat("-") { text += Array("-".utf8) }
            let whole = try digits()
            guard whole.count == 1 || whole[0] != UInt8(ascii: "0") else { throw NotJSON() }
            text += whole
            if eat(".") { text += Array(".".utf8) + (try digits()) }
            if eat("e") || eat("E") {
                text += Array("e".utf8)
                if eat("+") { text += Array("+".utf8) } else if eat("-") { text += Array("-".utf8) }
                text += try digits()
            }
            return text
        }

        mutating func digits() throws(NotJSON) -> [UInt8] {
            let digits = Array(rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
            guard !digits.isEmpty else { throw NotJSON() }
            rest.removeFirst(digits.count)
            return digits
        }
    }
}
