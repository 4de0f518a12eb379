/// The next byte of memory that is known to be large enough. Whoever makes one has counted.
struct JSONBytes {
    /// Bytes of any integer of 64 bits.
    static let integerMax = 20
    /// Bytes that stand for one byte of text, at most: `\u001f`.
    static let escapeMax = 6

    private(set) var next: UnsafeMutableRawPointer

    init(_ start: UnsafeMutableRawPointer) { next = start }

    @inline(__always)
    mutating func put(_ byte: UInt8) {
        next.storeBytes(of: byte, as: UInt8.self)
        next += 1
    }

    @inline(__always)
    mutating func put(_ text: StaticString) {
        next.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        next += text.utf8CodeUnitCount
    }

    @inline(__always)
    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        next.copyMemory(from: start, byteCount: bytes.count)
        next += bytes.count
    }

    /// In decimal.
    mutating func put(_ number: Int64) {
        if number < 0 { put(UInt8(ascii: "-")) }
        var magnitude = number.magnitude
        var digits = 1
        var bound: UInt64 = 10
        while digits < 20, magnitude >= bound {
            digits += 1
            bound = digits == 20 ? .max : bound &* 10
        }
        put(magnitude: &magnitude, digits: digits)
    }

    /// In decimal with leading zeros.
    ///
    /// - Parameter number: `0 ..< 10^digits`.
    mutating func put(_ number: Int64, digits: Int) {
        var magnitude = number.magnitude
        put(magnitude: &magnitude, digits: digits)
    }

    @inline(__always)
    private mutating func put(magnitude: inout UInt64, digits: Int) {
        var position = digits
        while position > 0 {
            position &-= 1
            let (quotient, digit) = magnitude.quotientAndRemainder(dividingBy: 10)
            next.storeBytes(
                of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit), toByteOffset: position, as: UInt8.self)
            magnitude = quotient
        }
        next += digits
    }

    /// UTF-8 as a JSON string. Needs `escapeMax` bytes for each byte, and 2.
    mutating func putQuoted(_ text: UnsafeRawBufferPointer) {
        put(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                put(UInt8(ascii: "\\"))
                put(byte)
            case 0x0A: put("\\n")
            case 0..<0x20:
                put("\\u00")
                put(Self.hexDigit(byte >> 4))
                put(Self.hexDigit(byte & 15))
            default: put(byte)
            }
        }
        put(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
