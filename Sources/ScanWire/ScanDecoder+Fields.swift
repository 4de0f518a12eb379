import HuntCore

extension ScanDecoder {
    /// The name of a member at the top level.
    ///
    /// - Returns: nil when it is a field that cairn does not know.
    @inline(__always)
    func takeName(_ cursor: inout JSONCursor) throws(Malformed) -> Field? {
        if let field = Self.takePlainName(&cursor) { return field }
        return try takeAnyName(&cursor)
    }

    /// Recognises a known name without escapes by comparing words. Moves only when there is one.
    ///
    /// A short cut: what it does not recognise `takeAnyName` still does.
    @inline(__always)
    private static func takePlainName(_ cursor: inout JSONCursor) -> Field? {
        // A quote, the longest name and a quote; a real scan never has fewer bytes left after a name begins.
        guard cursor.end - cursor.next >= 12, cursor.byte == UInt8(ascii: "\"") else { return nil }
        let name = UInt64(littleEndian: cursor.next.loadUnaligned(fromByteOffset: 1, as: UInt64.self))
        let field: Field
        let count: Int
        if name & 0xFFFF_FFFF == packed("tag\"") {
            (field, count) = (.tag, 3)
        } else if name & 0xFF_FFFF_FFFF == packed("hunt\"") {
            (field, count) = (.hunt, 4)
        } else if name & 0xFF_FFFF_FFFF_FFFF == packed("player\"") {
            (field, count) = (.player, 6)
        } else if name & 0xFF_FFFF_FFFF_FFFF == packed("reader\"") {
            (field, count) = (.reader, 6)
        } else if name == packed("event_id"), cursor.next.load(fromByteOffset: 9, as: UInt8.self) == UInt8(ascii: "\"")
        {
            (field, count) = (.eventID, 8)
        } else if name == packed("scanned_"),
            UInt32(littleEndian: cursor.next.loadUnaligned(fromByteOffset: 8, as: UInt32.self)) == packed("_at\"")
        {
            (field, count) = (.scannedAt, 10)
        } else {
            return nil
        }
        cursor.next += count + 2
        return field
    }

    /// Up to eight ASCII characters as the number that their bytes are in memory, the first lowest.
    @inline(__always)
    private static func packed(_ text: StaticString) -> UInt64 {
        var word: UInt64 = 0
        for position in 0..<text.utf8CodeUnitCount {
            word |= UInt64(text.utf8Start[position]) << UInt64(position * 8)
        }
        return word
    }

    /// Every name, escapes and unknown ones included.
    private func takeAnyName(_ cursor: inout JSONCursor) throws(Malformed) -> Field? {
        let name = try cursor.takeString()
        guard name.isEscaped else { return Field(named: name.raw) }
        let unescaped = JSONCursor.unescape(name.raw, into: scratch.passingSlot, bytesMax: Field.nameBytesMax)
        return unescaped.flatMap { Field(named: $0) }
    }

    /// A string of 1 to `Field.bytesMax` bytes of an alphabet. Nothing in an alphabet needs an escape, so a string that
    /// has none is handed out as it stands.
    @inline(__always)
    func takeText(
        _ field: Field, in alphabet: FieldAlphabet, _ cursor: inout JSONCursor
    ) throws(Malformed) -> UnsafeRawBufferPointer {
        guard cursor.byte == UInt8(ascii: "\"") else { throw cursor.fault(field.wrongType) }
        let start = cursor.next + 1
        var last = start
        while scratch.contains(last.load(as: UInt8.self), in: alphabet) { last += 1 }
        let count = last - start
        if last.load(as: UInt8.self) == UInt8(ascii: "\""), count >= 1, count <= Field.bytesMax {
            cursor.next = last + 1
            return UnsafeRawBufferPointer(start: start, count: count)
        }
        return try takeAnyText(field, in: alphabet, &cursor)
    }

    /// As `takeText`, for a string with escapes or one that breaks its rule.
    @inline(never)
    private func takeAnyText(
        _ field: Field, in alphabet: FieldAlphabet, _ cursor: inout JSONCursor
    ) throws(Malformed) -> UnsafeRawBufferPointer {
        let raw = try cursor.takeString().raw
        let text = JSONCursor.unescape(raw, into: scratch.slot(of: field), bytesMax: Field.bytesMax)
        guard let text, !text.isEmpty, text.allSatisfy({ scratch.contains($0, in: alphabet) }) else {
            throw Malformed(field.rule)
        }
        return text
    }

    /// `scanned_at`, epoch milliseconds.
    @inline(__always)
    func takeInstant(_ cursor: inout JSONCursor) throws(Malformed) -> Int64 {
        if cursor.byte == UInt8(ascii: "\"") {
            let text = try takeText(.scannedAt, in: .timestamp, &cursor)
            guard let instant = Timestamp.parse(text) else { throw Malformed(Field.scannedAt.rule) }
            return instant
        }
        return try takeInteger(&cursor)
    }

    /// `0 ... Timestamp.latest`, without fraction or exponent. `-0` is such a number and equals 0.
    @inline(__always)
    private func takeInteger(_ cursor: inout JSONCursor) throws(Malformed) -> Int64 {
        let isNegative = cursor.take(UInt8(ascii: "-"))
        let start = cursor.next
        var last = start
        var number: Int64 = 0
        while case let digit = last.load(as: UInt8.self) &- UInt8(ascii: "0"), digit <= 9 {
            number = number &* 10 &+ Int64(digit)
            last += 1
        }
        cursor.next = last
        let count = last - start
        guard count > 0 else { throw cursor.fault(Field.scannedAt.wrongType) }
        let hasLeadingZero = count > 1 && start.load(as: UInt8.self) == UInt8(ascii: "0")
        let hasFraction = cursor.byte == UInt8(ascii: ".") || cursor.byte | 0x20 == UInt8(ascii: "e")
        // More than 15 digits are beyond the bound, and may have overflowed.
        guard count <= 15, number <= Timestamp.latest, !hasLeadingZero, !hasFraction, !isNegative || number == 0 else {
            throw Malformed(Field.scannedAt.rule)
        }
        return number
    }
}
