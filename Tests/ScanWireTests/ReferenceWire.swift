/// A Protobuf message taken apart into its outermost fields, the slow and plain way, for what a Protobuf library does not
/// tell: how often a field was sent, with which wire type, and how deep groups are.
struct ReferenceWire {
    private(set) var fields: [(number: UInt64, wireType: UInt64)] = []
    /// The most groups that are open at once.
    private(set) var levels = 0
    private var rest: ArraySlice<UInt8>

    /// - Returns: nil for bytes that are no message.
    init?(_ message: [UInt8]) {
        rest = message[...]
        while !rest.isEmpty {
            guard let tag = takeTag(), takeValue(tag, level: 0) else { return nil }
            fields.append(tag)
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

    private mutating func takeValue(_ tag: (number: UInt64, wireType: UInt64), level: Int) -> Bool {
        switch tag.wireType {
        case 0: return takeVarint() != nil
        case 1: return take(8)
        case 2: return takeVarint().map { take($0) } ?? false
        case 3:
            levels = max(levels, level + 1)
            while let inner = takeTag() {
                if inner.wireType == 4 { return inner.number == tag.number }
                if !takeValue(inner, level: level + 1) { return false }
            }
            return false
        case 5: return take(4)
        default: return false
        }
    }
}
