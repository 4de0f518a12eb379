/// Writes a text piece by piece into memory that somebody else owns. A text that is longer than the memory traps: whoever
/// takes the memory knows the longest.
struct TextWriter {
    private let room: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ room: UnsafeMutableRawBufferPointer) { self.room = room }

    /// What was written.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: room[..<count]) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, let target = take(bytes.count) else { return }
        target.copyMemory(from: source, byteCount: bytes.count)
    }

    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The decimal digits of a number.
    mutating func append(_ number: Int64) {
        if number < 0 { append("-") }
        var rest = number.magnitude
        var digits = 1
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        guard let target = take(digits) else { return }
        rest = number.magnitude
        for place in stride(from: digits - 1, through: 0, by: -1) {
            target.storeBytes(
                of: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10), toByteOffset: place, as: UInt8.self)
            rest /= 10
        }
    }

    @inline(__always)
    private mutating func take(_ more: Int) -> UnsafeMutableRawPointer? {
        precondition(more <= room.count - count, "a text longer than its memory")
        defer { count += more }
        return room.baseAddress.map { $0 + count }
    }
}
