/// A player's id, held in place: 64 bytes at most, ordered by bytes.
///
/// - Source: contracts.md sections 1 (`player`) and 3 (the order).
public struct PlayerID: Sendable {
    public static let bytesMax = 64

    typealias Words = InlineArray<8, UInt64>

    /// Bytes of the id. Over `bytesMax` only in a position that no player can have: `init(clipping:)`.
    let count: Int
    /// The bytes as big-endian words, so that comparing words is comparing bytes; unused bytes are 0.
    let words: Words

    /// - Returns: nil unless there are 1 ... 64 bytes.
    @inline(__always)
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard (1...Self.bytesMax).contains(bytes.count) else { return nil }
        self.init(clipping: bytes)
    }

    /// - Returns: nil unless there are 1 ... 64 bytes of UTF-8.
    public init?(_ player: String) {
        var player = player
        guard let id = player.withUTF8({ PlayerID(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = id
    }

    /// The id as text; bytes that are no UTF-8, which no player of cairn has, are replaced.
    public var string: String { withBytes { String(decoding: $0, as: UTF8.self) } }

    /// Calls `body` with the id's bytes.
    public func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        var bytes = Words(repeating: 0)
        for position in 0..<8 { bytes[position] = words[position].bigEndian }
        return withUnsafeBytes(of: &bytes) { body(UnsafeRawBufferPointer(rebasing: $0[0..<min(count, $0.count)])) }
    }
}

extension PlayerID {
    init(words: Words, count: Int) {
        self.words = words
        self.count = count
    }

    /// Of any bytes: those after the 64th are cut off and still counted, so that the id stands where the whole text
    /// would stand among ids that have no more than 64.
    @inline(__always)
    init(clipping bytes: UnsafeRawBufferPointer) {
        var words = Words(repeating: 0)
        let kept = min(bytes.count, Self.bytesMax)
        var position = 0
        while position &+ 8 <= kept {
            words[position >> 3] = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            position &+= 8
        }
        if position < kept {
            var last: UInt64 = 0
            for byte in position..<kept { last |= UInt64(bytes[byte]) << UInt64(56 &- (byte & 7) &* 8) }
            words[position >> 3] = last
        }
        self.init(words: words, count: bytes.count)
    }

    /// - Parameter seed: unknown to whoever chooses player ids, so that they cannot choose collisions.
    @inline(__always)
    func hash(seed: UInt64) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: count) &* 0xFF51_AFD7_ED55_8CCD
        for position in 0..<((count &+ 7) >> 3) {
            let product = (hash ^ words[position]).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            hash = product.high ^ product.low
        }
        let product = (hash ^ seed).multipliedFullWidth(by: 0xC4CE_B9FE_1A85_EC53)
        return product.high ^ product.low
    }
}

extension PlayerID: Hashable, Comparable {
    @inline(__always)
    public static func == (left: PlayerID, right: PlayerID) -> Bool {
        if left.count != right.count { return false }
        for position in 0..<8 where left.words[position] != right.words[position] { return false }
        return true
    }

    /// By bytes; of two ids of which one begins the other the shorter comes first.
    @inline(__always)
    public static func < (left: PlayerID, right: PlayerID) -> Bool {
        for position in 0..<8 where left.words[position] != right.words[position] {
            return left.words[position] < right.words[position]
        }
        return left.count < right.count
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for position in 0..<8 { hasher.combine(words[position]) }
    }
}
