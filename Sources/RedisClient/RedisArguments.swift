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
    /// Where the header of the open argument begins, see `begin`.
    private var openAt: Int?

    public init() {}

    /// A whole command of text words, for commands that are rare.
    public init(_ words: String...) {
        for word in words { append(word) }
    }

    /// Forgets the arguments, keeps the buffer.
    public mutating func removeAll() {
        byteCount = 0
        count = 0
        openAt = nil
    }

    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        appendHeader(length: bytes.count)
        write(bytes)
        finishArgument()
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
        begin()
        writeDecimal(number)
        end()
    }

    // MARK: One argument from several pieces

    /// Opens an argument whose length is not known yet; `end` closes it.
    public mutating func begin() {
        precondition(openAt == nil, "the argument before was not ended")
        openAt = byteCount
        makeRoom(for: Self.guessedHeader)
        byteCount += Self.guessedHeader
    }

    public mutating func appendPiece(_ bytes: UnsafeRawBufferPointer) { write(bytes) }

    public mutating func appendPiece(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    public mutating func appendPiece(_ text: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    public mutating func appendPiece(_ number: Int64) { writeDecimal(number) }

    /// Closes the argument opened by `begin`. Moves its bytes only when it is shorter than 10 or longer than 99 bytes.
    public mutating func end() {
        guard let start = openAt else { preconditionFailure("no argument was begun") }
        openAt = nil
        let length = byteCount - start - Self.guessedHeader
        if (10...99).contains(length) {
            storage.withUnsafeMutableBytes { bytes in
                bytes[start] = UInt8(ascii: "$")
                bytes[start + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: length / 10)
                bytes[start + 2] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: length % 10)
                bytes[start + 3] = UInt8(ascii: "\r")
                bytes[start + 4] = UInt8(ascii: "\n")
            }
        } else {
            moveAndWriteHeader(at: start, length)
        }
        finishArgument()
    }

    /// `$NN\r\n`: right for 10 ... 99 bytes, which most values have. Redis forbids leading zeros (`string2ll`).
    private static let guessedHeader = 5

    private mutating func moveAndWriteHeader(at start: Int, _ length: Int) {
        let bodyStart = start + Self.guessedHeader
        byteCount = start
        // Room for the longest header, so that the body's bytes stay where they are until they are moved.
        makeRoom(for: length + Self.guessedHeader + Self.decimalRoom)
        let header = "$\(length)\r\n".utf8
        storage.withUnsafeMutableBytes { bytes in
            let body = UnsafeRawBufferPointer(rebasing: bytes[bodyStart..<bodyStart + length])
            UnsafeMutableRawBufferPointer(rebasing: bytes[(start + header.count)...]).copyMemory(from: body)
            bytes[start...].copyBytes(from: header)
        }
        byteCount = start + header.count + length
    }

    // MARK: Bytes

    private mutating func appendHeader(length: Int) {
        precondition(openAt == nil, "the argument before was not ended")
        write("$")
        writeDecimal(Int64(length))
        write("\r\n")
    }

    private mutating func finishArgument() {
        write("\r\n")
        count += 1
    }

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

    private mutating func write(_ text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return }
        makeRoom(for: bytes.count)
        let start = byteCount
        storage.withUnsafeMutableBytes { room in
            room.baseAddress?.advanced(by: start).copyMemory(from: source, byteCount: bytes.count)
        }
        byteCount += bytes.count
    }

    /// The longest number is -9223372036854775808, 20 bytes.
    private static let decimalRoom = 20

    /// Digits come last first, so they are written at the end of the room and moved to its start.
    private mutating func writeDecimal(_ number: Int64) {
        makeRoom(for: 2 * Self.decimalRoom)
        let start = byteCount
        byteCount += storage.withUnsafeMutableBytes { bytes in
            let end = start + 2 * Self.decimalRoom
            var position = end
            var rest = number.magnitude
            repeat {
                position -= 1
                bytes[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 {
                position -= 1
                bytes[position] = UInt8(ascii: "-")
            }
            for index in 0..<end - position { bytes[start + index] = bytes[position + index] }
            return end - position
        }
    }

    // MARK: Reading back

    /// The arguments as they go over the wire.
    func withEncoded<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        precondition(openAt == nil, "the last argument was not ended")
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
