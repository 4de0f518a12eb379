import NIOCore

/// Writes JSON into a `ByteBuffer`, front to back, without a tree of values in between. Commas between members come by
/// themselves. Whoever calls it keeps objects and arrays in balance.
///
/// - Source: RFC 8259.
struct JSONWriter {
    private(set) var buffer: ByteBuffer
    /// Whether a value stands before the next one in the same object or array.
    var needsComma = false
    var times = TimeText()

    /// - Parameter capacity: bytes that are likely to come; only a hint.
    init(capacity: Int = 512) { buffer = ByteBufferAllocator().buffer(capacity: capacity) }

    // MARK: Structure

    mutating func beginObject() { open(UInt8(ascii: "{")) }
    mutating func endObject() { close(UInt8(ascii: "}")) }
    mutating func beginArray() { open(UInt8(ascii: "[")) }
    mutating func endArray() { close(UInt8(ascii: "]")) }

    /// - Parameter name: of characters that need no escape.
    mutating func key(_ name: StaticString) {
        withRoom(name.utf8CodeUnitCount + 4) { bytes, needsComma in
            if needsComma { bytes.put(UInt8(ascii: ",")) }
            bytes.put(UInt8(ascii: "\""))
            bytes.put(name)
            bytes.put("\":")
            needsComma = false
        }
    }

    // MARK: Values

    mutating func integer(_ number: some BinaryInteger) {
        let number = Int64(number)
        value(room: JSONBytes.integerMax) { $0.put(number) }
    }

    mutating func text(_ text: StaticString) {
        value(room: text.utf8CodeUnitCount + 2) {
            $0.put(UInt8(ascii: "\""))
            $0.put(text)
            $0.put(UInt8(ascii: "\""))
        }
    }

    mutating func text(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            let raw = UnsafeRawBufferPointer(utf8)
            value(room: raw.count * JSONBytes.escapeMax + 2) { $0.putQuoted(raw) }
        }
    }

    mutating func null() { value(room: 4) { $0.put("null") } }

    mutating func optionalText(_ text: String?) {
        if let text { self.text(text) } else { null() }
    }

    /// - Parameter ms: epoch milliseconds; nil and anything below 0 is written as null.
    mutating func time(_ ms: Int64?) {
        guard let ms, ms >= 0 else { return null() }
        times.turn(to: ms)
        let times = times
        value(room: TimeText.bytesMax + 2) {
            $0.put(UInt8(ascii: "\""))
            times.write(ms, to: &$0)
            $0.put(UInt8(ascii: "\""))
        }
    }

    mutating func texts(_ texts: [String]) {
        beginArray()
        for item in texts { text(item) }
        endArray()
    }

    // MARK: Bytes

    /// Calls `body` with at least `room` bytes to write to, behind the comma where one is due.
    @inline(__always)
    mutating func value(room: Int, _ body: (inout JSONBytes) -> Void) {
        withRoom(room + 1) { bytes, needsComma in
            if needsComma { bytes.put(UInt8(ascii: ",")) }
            body(&bytes)
            needsComma = true
        }
    }

    private mutating func open(_ bracket: UInt8) {
        withRoom(2) { bytes, needsComma in
            if needsComma { bytes.put(UInt8(ascii: ",")) }
            bytes.put(bracket)
            needsComma = false
        }
    }

    private mutating func close(_ bracket: UInt8) {
        withRoom(1) { bytes, needsComma in
            bytes.put(bracket)
            needsComma = true
        }
    }

    @inline(__always)
    private mutating func withRoom(_ room: Int, _ body: (inout JSONBytes, inout Bool) -> Void) {
        var needsComma = needsComma
        _ = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
            guard let start = memory.baseAddress else { return 0 }
            var bytes = JSONBytes(start)
            body(&bytes, &needsComma)
            let count = bytes.next - start
            precondition(count <= room, "JSON that is longer than its room")
            return count
        }
        self.needsComma = needsComma
    }
}
