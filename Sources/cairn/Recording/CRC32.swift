/// CRC-32 as in IEEE 802.3, zip and PNG: polynomial 0x04C11DB7 reflected, start and end inverted; "123456789" gives
/// 0xCBF43926.
///
/// - Source: ISO/IEC 13239; W3C PNG specification, annex D.
struct CRC32 {
    private var state: UInt32 = .max

    var value: UInt32 { ~state }

    mutating func update(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = Self.table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ (state >> 8) }
    }

    private static let table: [UInt32] = (0..<256).map { (value: UInt32) in
        (0..<8).reduce(value) { crc, _ in crc & 1 != 0 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    }
}
