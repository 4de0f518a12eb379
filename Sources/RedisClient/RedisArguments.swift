/// Arguments of a command as RESP bulk strings in one buffer that is used again and again: after `removeAll` appending
/// allocates nothing.
///
/// A caller that reuses a value waits for its call first; otherwise the next append copies the buffer.
public struct RedisArguments: Sendable {
    /// `$LENGTH\r\nBYTES\r\n` per argument in the first `byteCount` bytes; the rest is room.
    private var storage: [UInt8] = []
    /// Bytes they take on the wire.
    public private(set) var byteCount = 0
    /// How many arguments there are.
    public private(set) var count = 0

    public init() {}

    /// A whole command of text words, for commands that are rare.
    public init(_ words: String...) {
        for word in words { append(word) }
    }

    /// Forgets the arguments, keeps the buffer.
    public mutating func removeAll() {
        byteCount = 0
        count = 0
    }

    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        makeRoom(for: bytes.count + Self.frameBytesMax)
        let start = byteCount
        byteCount = storage.withUnsafeMutableBytes { room in
            var position = start
            Self.write(UInt8(ascii: "$"), to: room, &position)
            Self.write(decimal: Int64(bytes.count), to: room, &position)
            Self.writeLineEnd(to: room, &position)
            if let source = bytes.baseAddress, let target = room.baseAddress {
                (target + position).copyMemory(from: source, byteCount: bytes.count)
                position += bytes.count
            }
            Self.writeLineEnd(to: room, &position)
            return position
        }
        count += 1
    }

    public mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// UTF-8 bytes of a text.
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// The decimal digits of a number.
    public mutating func append(_ number: Int64) {
        withUnsafeTemporaryAllocation(byteCount: Self.decimalBytesMax, alignment: 1) { room in
            var count = 0
            Self.write(decimal: number, to: room, &count)
            append(UnsafeRawBufferPointer(rebasing: room[..<count]))
        }
    }

    /// Takes memory for this many bytes more, so that growing need not copy again and again.
    public mutating func reserve(byteCount more: Int) { makeRoom(for: more) }

    // MARK: Bytes

    /// The longest number is -9223372036854775808.
    private static let decimalBytesMax = 20
    /// `$`, the length and two line ends.
    private static let frameBytesMax = 1 + decimalBytesMax + 4

    private mutating func makeRoom(for more: Int) {
        let needed = byteCount + more
        if needed <= storage.count { return }
        let size = max(needed, 2 * storage.count, 256)
        storage = [UInt8](unsafeUninitializedCapacity: size) { new, count in
            let new = UnsafeMutableRawBufferPointer(new)
            storage.withUnsafeBytes { new.copyMemory(from: $0) }
            new[storage.count...].initializeMemory(as: UInt8.self, repeating: 0)
            count = size
        }
    }

    @inline(__always)
    private static func write(_ byte: UInt8, to room: UnsafeMutableRawBufferPointer, _ position: inout Int) {
        room[position] = byte
        position += 1
    }

    @inline(__always)
    private static func writeLineEnd(to room: UnsafeMutableRawBufferPointer, _ position: inout Int) {
        write(UInt8(ascii: "\r"), to: room, &position)
        write(UInt8(ascii: "\n"), to: room, &position)
    }

    /// Redis forbids leading zeros (`string2ll`).
    private static func write(decimal number: Int64, to room: UnsafeMutableRawBufferPointer, _ position: inout Int) {
        if number < 0 { write(UInt8(ascii: "-"), to: room, &position) }
        var rest = number.magnitude
        var digits = 1
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        rest = number.magnitude
        for place in stride(from: position + digits - 1, through: position, by: -1) {
            room[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        position += digits
    }

    // MARK: Reading back

    /// The arguments as they go over the wire.
    func withEncoded<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        return storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<byteCount])) }
    }

    /// The first argument, for routing; nil without one.
    func withFirst<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value? {
        guard count > 0 else { return nil }
        return withEncoded { bytes in
            var position = 1
            var length = 0
            while bytes[position] != UInt8(ascii: "\r") {
                length = length * 10 + Int(bytes[position] - UInt8(ascii: "0"))
                position += 1
            }
            return body(UnsafeRawBufferPointer(rebasing: bytes[position + 2..<position + 2 + length]))
        }
    }
}
