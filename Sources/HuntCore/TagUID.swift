/// The unique id of an NFC tag: 4, 7 or 10 bytes (ISO/IEC 14443-3), written as 8, 14 or 20 hex digits of any case.
public struct TagUID: Hashable, Sendable {
    /// Bytes 0...7, the first in the highest bits; unused bytes are 0.
    public let high: UInt64
    /// Bytes 8 and 9 in bits 16...31, the number of bytes in bits 0...7.
    public let low: UInt32

    /// - Parameter hex: the digits as ASCII.
    /// - Returns: nil unless there are 8, 14 or 20 hex digits.
    @inlinable
    public init?(hex: UnsafeRawBufferPointer) {
        guard hex.count == 8 || hex.count == 14 || hex.count == 20,
            let first = Self.value(ofEightDigits: hex, at: 0),
            // The last eight digits; with 8 and 14 some of them a second time.
            let last = Self.value(ofEightDigits: hex, at: hex.count - 8)
        else { return nil }
        let count = UInt32(hex.count / 2)
        switch hex.count {
        case 8: self.init(high: UInt64(first) << 32, low: count)
        case 14: self.init(high: UInt64(first) << 32 | UInt64(last & 0xFF_FFFF) << 8, low: count)
        default:
            guard let middle = Self.value(ofEightDigits: hex, at: 8) else { return nil }
            self.init(high: UInt64(first) << 32 | UInt64(middle), low: last << 16 | count)
        }
    }

    /// The empty id, equal to no tag's: what a decoder holds before it met one.
    public static let none = TagUID(high: 0, low: 0)

    @usableFromInline
    init(high: UInt64, low: UInt32) {
        self.high = high
        self.low = low
    }

    /// Eight hex digits at once, without a branch per digit: tags are random, so such branches would be guessed wrong.
    ///
    /// - Returns: nil when one of the eight bytes is no hex digit.
    @inlinable
    static func value(ofEightDigits hex: UnsafeRawBufferPointer, at position: Int) -> UInt32? {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let word = UInt64(bigEndian: hex.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        // Digits are 0x3X; letters are 0x4X or, in lower case, 0x6X, with 1...6 for A...F.
        let isLetter = word >> 6 & ones
        let isUpperHalfRight = word & (ones * 0xF0) & ~(isLetter << 5) == ones * 0x30 + isLetter << 4
        var values = word & (ones * 0x0F) + isLetter * 9
        // Adding 6 carries into bit 4 exactly from 10 on, where a letter must be and a digit must not.
        let isAtLeastTen = (values + ones * 6) >> 4 & ones
        guard isUpperHalfRight, isAtLeastTen == isLetter, values & (ones * 0x10) == 0 else { return nil }
        // Bring the eight values together: in pairs, in fours, all.
        values = (values | values >> 4) & 0x00FF_00FF_00FF_00FF
        values = (values | values >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: values | values >> 16)
    }
}
