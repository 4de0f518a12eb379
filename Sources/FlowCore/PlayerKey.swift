/// A player of a hunt, held in place: 64 bytes of id at most (contracts.md section 1), compared by bytes.
public struct PlayerKey: Sendable {
    public static let bytesMax = 64

    typealias Words = InlineArray<8, UInt64>

    public let huntID: Int32
    public let count: Int32
    /// The id's bytes, big-endian words, so that comparing words is comparing bytes; unused bytes are 0.
    let words: Words

    /// - Parameter player: 1 ... 64 bytes.
    @inline(__always)
    public init(huntID: Int32, player: UnsafeRawBufferPointer) {
        precondition(player.count <= Self.bytesMax, "a player id over its bound")
        var words = Words(repeating: 0)
        var position = 0
        while position &+ 8 <= player.count {
            let word = player.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            words[position >> 3] = UInt64(bigEndian: word)
            position &+= 8
        }
        if position < player.count {
            var last: UInt64 = 0
            for byte in position..<player.count { last |= UInt64(player[byte]) << UInt64(56 &- (byte & 7) &* 8) }
            words[position >> 3] = last
        }
        self.huntID = huntID
        count = Int32(player.count)
        self.words = words
    }

    /// Calls `body` with the id's bytes.
    @inline(__always)
    public func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        var bytes = Words(repeating: 0)
        for position in 0..<((Int(count) + 7) >> 3) { bytes[position] = words[position].bigEndian }
        return withUnsafeBytes(of: &bytes) { body(UnsafeRawBufferPointer(rebasing: $0[0..<Int(count)])) }
    }

    /// - Parameter seed: unknown to whoever chooses player ids, so that they cannot choose collisions.
    @inline(__always)
    func hash(seed: UInt64) -> UInt64 {
        var hash =
            seed ^ UInt64(truncatingIfNeeded: count) &* 0xFF51_AFD7_ED55_8CCD ^ UInt64(UInt32(bitPattern: huntID))
        for position in 0..<((Int(count) + 7) >> 3) {
            let product = (hash ^ words[position]).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            hash = product.high ^ product.low
        }
        let product = (hash ^ seed).multipliedFullWidth(by: 0xC4CE_B9FE_1A85_EC53)
        return product.high ^ product.low
    }

    @inline(__always)
    static func == (left: PlayerKey, right: PlayerKey) -> Bool {
        if left.huntID != right.huntID || left.count != right.count { return false }
        for position in 0..<((Int(left.count) + 7) >> 3) where left.words[position] != right.words[position] {
            return false
        }
        return true
    }

    /// By hunt, then by the id's bytes: the order of the rows of a batch.
    @inline(__always)
    static func < (left: PlayerKey, right: PlayerKey) -> Bool {
        if left.huntID != right.huntID { return left.huntID < right.huntID }
        for position in 0..<8 where left.words[position] != right.words[position] {
            return left.words[position] < right.words[position]
        }
        return left.count < right.count
    }
}
