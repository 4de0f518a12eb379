import HuntCore

/// A record made of bytes: one of flags, one with the key's length, the key, and the value.
struct FuzzedRecord {
    let record: Record

    private struct Flags: OptionSet {
        let rawValue: UInt8
        static let isProtobuf = Flags(rawValue: 1)
        static let hasNoKey = Flags(rawValue: 2)
        static let hasNoValue = Flags(rawValue: 4)
        static let hasNoTime = Flags(rawValue: 8)
        /// White space around JSON, unknown fields in front of Protobuf: 16 KiB of it.
        static let isOversized = Flags(rawValue: 16)
    }

    init(_ bytes: [UInt8]) {
        let flags = Flags(rawValue: bytes.first ?? 0)
        let rest = bytes.dropFirst(2)
        let key = rest.prefix(Int(bytes.dropFirst().first ?? 0))
        var value = Array(rest.dropFirst(key.count))
        let encoding: ScanEncoding = flags.contains(.isProtobuf) ? .protobuf : .json
        if flags.contains(.isOversized) {
            let filler: [UInt8] = encoding == .json ? [0x20] : [0x78, 0x01]
            value = Array(repeatElement(filler, count: 16_384 / filler.count).joined()) + value
        }
        record = Record(
            value: flags.contains(.hasNoValue) ? nil : value, key: flags.contains(.hasNoKey) ? nil : Array(key),
            receivedAt: flags.contains(.hasNoTime) ? -1 : 1_781_254_800_000, encoding: encoding)
    }
}
