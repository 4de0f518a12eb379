/// Who asks, told by the address: 8 bytes, equal exactly when the clients count as one.
///
/// An IPv4 address is a client. Of an IPv6 address the upper half is: the lower names an interface and is the client's
/// to choose (RFC 4291 section 2.5.4), so that whoever counted whole addresses would hand out 2^64 buckets.
public struct ClientKey: Hashable, Sendable {
    /// Whoever has no internet address, such as the peer of a Unix socket. They count as one client.
    public static let other = ClientKey(value: 1 << 48)

    /// An IPv6 prefix; or, within 0000::/8, which is nobody's (RFC 4291 section 4), one of the others.
    private let value: UInt64

    private init(value: UInt64) { self.value = value }

    /// - Parameter address: in network order: 4 bytes are IPv4, 16 are IPv6, and of those `::ffff:a.b.c.d` is the IPv4
    ///   client that it holds (RFC 4291 section 2.5.5.2). Any other count is `other`.
    public init(address: UnsafeRawBufferPointer) {
        switch address.count {
        case 4: self = Self.internet4(address.loadUnaligned(as: UInt32.self))
        case 16:
            let upper = UInt64(bigEndian: address.loadUnaligned(as: UInt64.self))
            let lower = UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let isMapped = upper == 0 && lower >> 32 == 0xFFFF
            self = isMapped ? Self.internet4(UInt32(truncatingIfNeeded: lower).bigEndian) : ClientKey(value: upper)
        default: self = .other
        }
    }

    private static func internet4(_ networkOrder: UInt32) -> ClientKey {
        ClientKey(value: 0xFFFF << 32 | UInt64(UInt32(bigEndian: networkOrder)))
    }

    /// - Parameter seed: unknown to clients, so that they cannot choose addresses that collide.
    func hash(seed: UInt64) -> UInt64 {
        var first = SplitMix64(seed: value ^ seed)
        var second = SplitMix64(seed: first.next() &+ seed)
        return second.next()
    }
}
