/// CRC-16/XMODEM: polynomial 0x1021, start 0, nothing reflected; "123456789" gives 0x31C3.
///
/// - Source: Redis Cluster specification, "Key distribution model".
public func crc16(_ bytes: UnsafeRawBufferPointer) -> UInt16 {
    var crc: UInt16 = 0
    for byte in bytes {
        crc = (crc << 8) ^ crc16Table[Int(UInt8(truncatingIfNeeded: crc >> 8) ^ byte)]
    }
    return crc
}

/// The slot of a key, `0 ..< 16,384`. Only what stands between the first `{` and the next `}` counts, unless that is
/// nothing.
///
/// - Source: Redis Cluster specification, "Hash tags".
public func hashSlot(_ key: UnsafeRawBufferPointer) -> Int {
    guard let open = key.firstIndex(of: UInt8(ascii: "{")),
        let close = key[(open + 1)...].firstIndex(of: UInt8(ascii: "}")), close > open + 1
    else { return Int(crc16(key)) % 16_384 }
    return Int(crc16(UnsafeRawBufferPointer(rebasing: key[open + 1..<close]))) % 16_384
}

private let crc16Table: [UInt16] = (0..<256).map { (value: UInt16) in
    (0..<8).reduce(value << 8) { crc, _ in crc & 0x8000 != 0 ? (crc << 1) ^ 0x1021 : crc << 1 }
}
