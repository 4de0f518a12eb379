/// A place in a JSON text that ends with a brace, and the strict walk over it. Every step throws at the first byte that
/// RFC 8259 or UTF-8 forbids, so what was walked over is valid.
///
/// The text must outlive the cursor, which reads `next ... end` and nothing else.
///
/// - Source: RFC 8259; contracts.md section 1, `malformed`.
struct JSONCursor {
    /// Objects and arrays within each other, the outermost being level 1.
    static let levelsMax = 32

    /// `next <= end`, always.
    var next: UnsafeRawPointer
    /// Where the text's last byte lies, a closing brace. It may be read at any time but is never taken. No number,
    /// literal, escape, character of several bytes or field of ours goes on with a brace, so they stop at `end` by
    /// themselves and their loops need no second condition. Only strings and nested objects do.
    let end: UnsafeRawPointer

    @inline(__always)
    var byte: UInt8 { next.load(as: UInt8.self) }

    @inline(__always)
    mutating func skipSpace() {
        // Compact JSON has none: one comparison then.
        while byte <= UInt8(ascii: " ") {
            guard byte == UInt8(ascii: " ") || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            next += 1
        }
    }

    /// - Parameter wanted: no closing brace, see `end`.
    @inline(__always)
    mutating func take(_ wanted: UInt8) -> Bool {
        guard byte == wanted else { return false }
        next += 1
        return true
    }

    /// The colon after a member's name, and the white space around it.
    @inline(__always)
    mutating func takeColon() throws(Malformed) {
        if !take(UInt8(ascii: ":")) {
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("value: no colon after a name") }
        }
        skipSpace()
    }

    /// The fault at the cursor.
    func fault(_ detail: StaticString) -> Malformed {
        next == end ? Malformed("value: the JSON ends too early") : Malformed(detail)
    }
}
