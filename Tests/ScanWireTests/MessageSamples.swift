import HuntCore
import ScanWire

/// A good scan's fields by number, some of them replaced; nil leaves one out.
func message(_ changes: [UInt64: [UInt8]?] = [:], then rest: [UInt8] = []) -> [UInt8] {
    var fields: [UInt64: [UInt8]?] = [
        1: WireBytes.text(1, "e-1"), 2: WireBytes.text(2, "lisbon-2026"), 3: WireBytes.text(3, "ana"),
        4: WireBytes.text(4, "04A1B2C3D4E5F6"), 5: WireBytes.number(5, 1_781_254_800_000),
    ]
    fields.merge(changes) { $1 }
    return fields.sorted { $0.key < $1.key }.flatMap { $0.value ?? [] } + rest
}

func decodeMessage(_ value: [UInt8]?, key: String? = "ana", receivedAt: Int64 = 5) -> Outcome {
    outcome(of: Record(value: value, key: key.map { Array($0.utf8) }, receivedAt: receivedAt, encoding: .protobuf))
}

func decodeMessage(_ field: UInt64, _ text: String) -> Outcome {
    decodeMessage(message([field: WireBytes.text(field, text)]))
}

let messageStrings: [UInt64] = [1, 2, 3, 4, 6]
