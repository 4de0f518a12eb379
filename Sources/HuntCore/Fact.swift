/// One fact in 8 bytes: which checkpoint a player found, and when first.
///
/// The checkpoint index is in the high 16 bits and the first scan in the low 48, so that facts sort by checkpoint and
/// that of two facts of one checkpoint the smaller is the earlier.
@frozen
public struct Fact: Comparable, Hashable, Sendable {
    public let bits: UInt64

    /// - Parameters:
    ///   - checkpoint: an index of `HuntRules`, `0 ..< 65,536`.
    ///   - at: epoch milliseconds, `0 ..< 2^48`.
    @inlinable
    public init(checkpoint: Int, at: Int64) {
        precondition(UInt64(bitPattern: at) < 1 << 48, "a first scan outside the range of a fact")
        bits = UInt64(UInt16(checkpoint)) << 48 | UInt64(bitPattern: at)
    }

    /// The index of the checkpoint in its `HuntRules`.
    @inlinable
    public var checkpoint: Int { Int(bits >> 48) }

    /// Epoch milliseconds of the first scan.
    @inlinable
    public var at: Int64 { Int64(bits & (1 << 48 - 1)) }

    @inlinable
    public static func < (left: Fact, right: Fact) -> Bool { left.bits < right.bits }
}
