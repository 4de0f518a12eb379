extension JSONCursor {
    /// The objects and arrays that are open around the cursor.
    private struct Nesting {
        /// A bit for each level, the innermost lowest; 1 is an object.
        private var kinds: UInt64 = 0
        private(set) var level: Int

        init(level: Int) { self.level = level }

        var isInObject: Bool { kinds & 1 == 1 }

        mutating func open(isObject: Bool) throws(Malformed) {
            guard level < JSONCursor.levelsMax else { throw Malformed("value: over 32 levels deep") }
            kinds = kinds << 1 | (isObject ? 1 : 0)
            level += 1
        }

        mutating func close() {
            kinds >>= 1
            level -= 1
        }
    }

    /// Walks over one value of any kind, from its first byte to behind its last.
    ///
    /// Takes no more stack for deep values than for flat ones.
    ///
    /// - Parameter level: of the object or array that the value stands in, 0 when in none.
    mutating func skipValue(level: Int) throws(Malformed) {
        var nesting = Nesting(level: level)
        repeat {
            // Opens at most one object or array more; its first value, if it has one, is the next turn's.
            if try !skipScalarOrOpen(&nesting) { try skipToNextValue(&nesting, above: level) }
        } while nesting.level > level
    }

    /// - Returns: true when a value comes next, the first one of an object or array that begins here.
    private mutating func skipScalarOrOpen(_ nesting: inout Nesting) throws(Malformed) -> Bool {
        switch byte {
        case UInt8(ascii: "{"):
            next += 1
            try nesting.open(isObject: true)
            skipSpace()
            if byte == UInt8(ascii: "}") { return false }
            try skipName()
            return true
        case UInt8(ascii: "["):
            next += 1
            try nesting.open(isObject: false)
            skipSpace()
            return byte != UInt8(ascii: "]")
        case UInt8(ascii: "\""): _ = try takeString()
        case UInt8(ascii: "t"): try skipLiteral("true")
        case UInt8(ascii: "f"): try skipLiteral("false")
        case UInt8(ascii: "n"): try skipLiteral("null")
        default: try skipNumber()
        }
        return false
    }

    /// After a value or in an empty object or array: closes what ends here, up to the next value or to the given level.
    private mutating func skipToNextValue(_ nesting: inout Nesting, above level: Int) throws(Malformed) {
        while nesting.level > level {
            skipSpace()
            // The last brace closes the outermost object and no other.
            if nesting.isInObject ? byte == UInt8(ascii: "}") && next < end : byte == UInt8(ascii: "]") {
                next += 1
                nesting.close()
                continue
            }
            guard take(UInt8(ascii: ",")) else { throw fault("value: neither a comma nor the end after a value") }
            skipSpace()
            if nesting.isInObject { try skipName() }
            return
        }
    }

    private mutating func skipName() throws(Malformed) {
        _ = try takeString()
        try takeColon()
    }

    /// `true`, `false` or `null`.
    mutating func skipLiteral(_ literal: StaticString) throws(Malformed) {
        for position in 0..<literal.utf8CodeUnitCount {
            guard take(literal.utf8Start[position]) else { throw fault("value: a word that JSON does not have") }
        }
    }

    private mutating func skipNumber() throws(Malformed) {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try skipDigits() }
        if take(UInt8(ascii: ".")) { try skipDigits() }
        if byte | 0x20 == UInt8(ascii: "e") {
            next += 1
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try skipDigits()
        }
    }

    /// One digit or more.
    private mutating func skipDigits() throws(Malformed) {
        let start = next
        while byte &- UInt8(ascii: "0") <= 9 { next += 1 }
        guard next > start else { throw fault("value: no JSON value where one is wanted") }
    }
}
