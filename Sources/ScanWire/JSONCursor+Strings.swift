extension JSONCursor {
    /// Walks over a string, from its opening quote to behind its closing one.
    ///
    /// - Returns: what stands between the quotes, and whether it holds an escape.
    mutating func takeString() throws(Malformed) -> (raw: UnsafeRawBufferPointer, isEscaped: Bool) {
        guard take(UInt8(ascii: "\"")) else { throw fault("value: no string where JSON wants one") }
        let start = next
        var isEscaped = false
        while true {
            skipPlainBytes()
            switch byte {
            case UInt8(ascii: "\""):
                let raw = UnsafeRawBufferPointer(start: start, count: next - start)
                next += 1
                return (raw, isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                next += 1
                try takeEscape()
            case 0x80...:
                try takeMultibyteCharacter()
            default:
                throw fault("value: a control character in a string")
            }
        }
    }

    /// Moves to the next byte of a string that is a quote, a backslash, a control character or not ASCII, or to the
    /// end. Looks at eight bytes at a time while there are eight.
    ///
    /// A brace may stand in a string: the only loop that has to look for the end.
    private mutating func skipPlainBytes() {
        while end - next >= 8 {
            let word = UInt64(littleEndian: next.loadUnaligned(as: UInt64.self))
            let special = Self.specialBytes(of: word)
            if special != 0 {
                next += special.trailingZeroBitCount / 8
                return
            }
            next += 8
        }
        while next < end {
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            next += 1
        }
    }

    /// The top bit of every byte that ends a run of plain ones. Bytes above the lowest such byte may be marked wrongly,
    /// because the subtractions borrow upwards; the lowest mark is always right.
    ///
    /// - Source: Sean Eron Anderson, "Bit Twiddling Hacks", "Determine if a word has a byte less than n" and "a zero
    ///   byte".
    @inline(__always)
    private static func specialBytes(of word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let isQuote = (quotes &- ones) & ~quotes
        let isBackslash = (backslashes &- ones) & ~backslashes
        let isControl = (word &- ones &* 0x20) & ~word
        return (isQuote | isBackslash | isControl | word) & tops
    }

    /// What follows a backslash.
    private mutating func takeEscape() throws(Malformed) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            next += 1
        case UInt8(ascii: "u"):
            next += 1
            let unit = try takeHexUnit()
            if (0xDC00...0xDFFF).contains(unit) { throw Malformed("value: a lone surrogate escape") }
            if (0xD800...0xDBFF).contains(unit) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), (0xDC00...0xDFFF).contains(try takeHexUnit())
                else { throw Malformed("value: a lone surrogate escape") }
            }
        default:
            throw fault("value: an escape that JSON does not have")
        }
    }

    /// The four digits of `\uXXXX`.
    private mutating func takeHexUnit() throws(Malformed) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Self.hexDigit(byte) else { throw fault("value: no four hex digits in a \\u escape") }
            unit = unit << 4 | digit
            next += 1
        }
        return unit
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) - 0x30
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte) - 0x37
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte) - 0x57
        default: nil
        }
    }

    /// One character of two, three or four bytes. The second byte's range keeps out overlong forms, surrogates and
    /// what lies above U+10FFFF.
    ///
    /// - Source: The Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences".
    private mutating func takeMultibyteCharacter() throws(Malformed) {
        let second: ClosedRange<UInt8>
        let count: Int
        switch byte {
        case 0xC2...0xDF: (second, count) = (0x80...0xBF, 2)
        case 0xE0: (second, count) = (0xA0...0xBF, 3)
        case 0xED: (second, count) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, count) = (0x80...0xBF, 3)
        case 0xF0: (second, count) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, count) = (0x80...0xBF, 4)
        case 0xF4: (second, count) = (0x80...0x8F, 4)
        default: throw Malformed("value: not UTF-8")
        }
        next += 1
        guard second.contains(byte) else { throw Malformed("value: not UTF-8") }
        next += 1
        for _ in 2..<count {
            guard byte & 0xC0 == 0x80 else { throw Malformed("value: not UTF-8") }
            next += 1
        }
    }

    /// Writes what a string stands for, when that is short and ASCII, as everything that cairn knows is.
    ///
    /// - Parameters:
    ///   - raw: what `takeString` returned.
    ///   - target: room for `bytesMax` bytes.
    /// - Returns: the bytes written; nil when there are more than `bytesMax` or one is not ASCII.
    static func unescape(
        _ raw: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer, bytesMax: Int
    ) -> UnsafeRawBufferPointer? {
        var count = 0
        var position = 0
        while position < raw.count {
            var character = UInt32(raw[position])
            position += 1
            if character == UInt32(UInt8(ascii: "\\")) {
                let letter = raw[position]
                position += 1
                if letter == UInt8(ascii: "u") {
                    character = 0
                    for digit in raw[position..<(position + 4)] { character = character << 4 | (hexDigit(digit) ?? 0) }
                    position += 4
                } else {
                    character = UInt32(unescaped(letter))
                }
            }
            guard character < 0x80, count < bytesMax else { return nil }
            target.storeBytes(of: UInt8(character), toByteOffset: count, as: UInt8.self)
            count += 1
        }
        return UnsafeRawBufferPointer(start: target, count: count)
    }

    private static func unescaped(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }
}
