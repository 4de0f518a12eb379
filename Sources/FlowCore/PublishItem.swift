import HuntCore

/// A committed state of a player on its way to the hot tier and the feed.
public struct PublishItem: Sendable {
    public let key: PlayerKey
    public let tally: Tally
    public let version: Int64
    /// Epoch milliseconds of the commit.
    public let committedAt: Int64
    /// Monotonic milliseconds at which the value was at least as new as this.
    public let provenAtMs: Int64
    /// The record that brought the change; -1 where no single record did.
    public let partition: Int32
    public let offset: Int64
    /// Epoch milliseconds of that record; -1 when it carries none.
    public let receivedAt: Int64
    /// Which batch of publications it belongs to.
    public let batch: UInt32
}

extension PublishItem {
    /// A change that no record brought: the player's scans were counted by other rules.
    ///
    /// - Parameters:
    ///   - committedAt: epoch milliseconds of the commit.
    ///   - provenAtMs: monotonic milliseconds before the commit.
    public init(key: PlayerKey, tally: Tally, version: Int64, committedAt: Int64, provenAtMs: Int64) {
        self.init(
            key: key, tally: tally, version: version, committedAt: committedAt, provenAtMs: provenAtMs, partition: -1,
            offset: -1, receivedAt: -1, batch: Self.noBatch)
    }
}

/// Where a player's key lives: CRC16/XMODEM of the id modulo 64 (contracts.md section 4).
public enum HotShard {
    public static let count = 64

    public static func of(_ player: UnsafeRawBufferPointer) -> Int { Int(crc16(player) & 63) }

    /// CRC-16/XMODEM: polynomial 0x1021, start 0, as Redis Cluster uses it (Redis Cluster specification, appendix A).
    public static func crc16(_ bytes: UnsafeRawBufferPointer) -> UInt16 {
        var crc: UInt16 = 0
        for byte in bytes { crc = crc << 8 ^ table[Int(UInt8(truncatingIfNeeded: crc >> 8) ^ byte)] }
        return crc
    }

    private static let table = InlineArray<256, UInt16> { index in
        var crc = UInt16(index) << 8
        for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
        return crc
    }
}

extension PublishItem {
    /// Batch numbers start at 1; 0 belongs to no batch.
    static let noBatch: UInt32 = 0

    /// The same update, cared for by no batch any more.
    var withoutBatch: PublishItem {
        PublishItem(
            key: key, tally: tally, version: version, committedAt: committedAt, provenAtMs: provenAtMs,
            partition: partition, offset: offset, receivedAt: receivedAt, batch: Self.noBatch)
    }
}
