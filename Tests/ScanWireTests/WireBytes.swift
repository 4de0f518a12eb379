/// Writes the parts of a Protobuf message by hand, right ones and wrong ones.
enum WireBytes {
    /// - Parameter longerBy: bytes that it takes without need.
    static func varint(_ number: UInt64, longerBy: Int = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = number
        repeat {
            bytes.append(UInt8(rest % 128))
            rest /= 128
        } while rest > 0
        bytes += [UInt8](repeating: 0, count: longerBy)
        return bytes.dropLast().map { $0 + 128 } + bytes.suffix(1)
    }

    static func tag(_ field: UInt64, _ wireType: UInt64) -> [UInt8] { varint(field * 8 + wireType) }

    static func text(_ field: UInt64, _ text: String) -> [UInt8] { bytes(field, Array(text.utf8)) }

    static func bytes(_ field: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        tag(field, 2) + varint(UInt64(bytes.count)) + bytes
    }

    static func number(_ field: UInt64, _ number: UInt64) -> [UInt8] { tag(field, 0) + varint(number) }

    static func group(_ field: UInt64, _ inside: [UInt8] = []) -> [UInt8] { tag(field, 3) + inside + tag(field, 4) }

    /// Groups within each other.
    static func groups(_ field: UInt64, levels: Int) -> [UInt8] {
        (0..<levels).reduce(into: []) { inside, _ in inside = group(field, inside) }
    }

    /// Some value of this wire type behind its tag, of any type but the end of a group.
    static func field(_ field: UInt64, _ wireType: UInt64) -> [UInt8] {
        switch wireType {
        case 0: number(field, 300)
        case 1: tag(field, 1) + [UInt8](repeating: 0xFF, count: 8)
        case 2: bytes(field, [0xFF, 0x00, 0x12])
        case 3: group(field, number(1, 1))
        default: tag(field, 5) + [UInt8](repeating: 0xFF, count: 4)
        }
    }
}
