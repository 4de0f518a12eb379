/// A Protobuf message taken apart into its outermost fields, the slow and plain way. It also has what a Protobuf library
/// does not tell: how often a field was sent, with which wire type, and how deep groups are.
struct ReferenceWire {
    struct Field {
        var number: UInt64
        var wireType: UInt64
        /// Of wire type 0.
        var varint: UInt64 = 0
        /// Of wire type 2.
        var bytes: [UInt8] = []
    }

    private(set) var fields: [Field] = []
    /// The most groups that are open at once.
    private(set) var levels = 0
    private var rest: ArraySlice<UInt8>

    /// - Returns: nil for bytes that are no message.
    init?(_ message: [UInt8]) {
        rest = message[...]
        while !rest.isEmpty {
            guard let tag = takeTag() else { return nil }
            var field = Field(number: tag.number, wireType: tag.wireType)
            guard takeValue(of: &field, level: 0) else { return nil }
            fields.append(field)
        }
    }

    private mutating func takeVarint() -> UInt64? {
        let continued = rest.prefix { $0 >= 128 }
        let bytes = rest.prefix(continued.count + 1)
        guard bytes.count == continued.count + 1, bytes.count <= 10 else { return nil }
        rest.removeFirst(bytes.count)
        return bytes.reversed().reduce(0) { $0 &* 128 &+ UInt64($1 % 128) }
    }

    private mutating func takeTag() -> (number: UInt64, wireType: UInt64)? {
        let start = rest.startIndex
        guard let tag = takeVarint(), rest.startIndex - start <= 5, tag <= 0xFFFF_FFFF, tag / 8 > 0 else { return nil }
        return (tag / 8, tag % 8)
    }

    private mutating func take(_ count: UInt64) -> Bool {
        guard count <= rest.count else { return false }
        rest.removeFirst(Int(count))
        return true
    }

    private mutating func takeValue(of field: inout Field, level: Int) -> Bool {
        switch field.wireType {
        case 0:
            guard let varint = takeVarint() else { return false }
            field.varint = varint
            return true
        case 1: return take(8)
        case 2:
            guard let count = takeVarint(), count <= rest.count else { return false }
            field.bytes = Array(rest.prefix(Int(count)))
            return take(count)
        case 3:
            levels = max(levels, level + 1)
            while let tag = takeTag() {
                if tag.wireType == 4 { return tag.number == field.number }
                var inner = Field(number: tag.number, wireType: tag.wireType)
                if !takeValue(of: &inner, level: level + 1) { return false }
            }
            return false
        case 5: return take(4)
        default: return false
        }
    }
}

extension ReferenceWire {
    /// The rules of the contract that a Protobuf library does not know.
    var isFit: Bool {
        let known = fields.filter { $0.number <= 6 }
        return levels <= 32 && Set(known.map(\.number)).count == known.count
            && known.allSatisfy { $0.wireType == ($0.number == 5 ? 0 : 2) }
    }

    /// nil for a message that is no scan.
    var scan: DecodedScan? {
        guard isFit else { return nil }
        func bytes(_ number: UInt64) -> [UInt8] { fields.first { $0.number == number }?.bytes ?? [] }
        let scannedAt = fields.first { $0.number == 5 }?.varint ?? 0
        return ReferenceDecoder.scan(
            eventID: bytes(1), hunt: bytes(2), player: bytes(3), tag: bytes(4),
            scannedAt: Int64(bitPattern: scannedAt), reader: bytes(6))
    }
}
