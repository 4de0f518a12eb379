import HuntCore

/// A listed player as the tree holds it: what it is ordered by and the slot of its record, in one number. A smaller
/// number is listed first; equal but for the slot, the ids decide.
///
///     127 ... 75   scoreMax - score          53 bits
///      74 ... 27   reached_at, or all ones   48 bits, epoch milliseconds; all ones is null
///      26 ...  0   slot                      27 bits
///
/// Nothing is rounded: a score stays below 2^53 because (maxScore + 1) * span does (contracts.md section 2), and the
/// latest instant is below 2^48 - 1 (`Timestamp.latest`).
struct RankEntry: Equatable {
    static let scoreMax = HuntLimits.orderMax - 1
    /// Slots are below it. No entry has all ones there, so `withLastSlot` is greater than all entries that tie with it.
    static let slotsMax = (1 << 27) - 1

    private static let slotBits: UInt128 = 27
    private static let reachedAtNull: UInt64 = (1 << 48) - 1

    let bits: UInt128

    /// - Parameters:
    ///   - score: `0 ... scoreMax`.
    ///   - reachedAt: `0 ... Timestamp.latest`, or -1 for null.
    ///   - slot: below `slotsMax`.
    @inline(__always)
    init(score: Int64, reachedAt: Int64, slot: UInt32) {
        let instant = reachedAt < 0 ? Self.reachedAtNull : UInt64(reachedAt)
        bits = UInt128(UInt64(Self.scoreMax - score)) << 75 | UInt128(instant) << 27 | UInt128(slot)
    }

    private init(bits: UInt128) { self.bits = bits }

    /// The least and the greatest of what entries may hold.
    static var first: RankEntry { RankEntry(bits: 0) }
    static var last: RankEntry { RankEntry(bits: ~0).withoutSlot }

    /// The least number that an entry with the same score and instant can have.
    @inline(__always)
    var withoutSlot: RankEntry { RankEntry(bits: (bits >> Self.slotBits) << Self.slotBits) }

    /// Greater than the number of any entry with the same score and instant.
    @inline(__always)
    var withLastSlot: RankEntry { RankEntry(bits: bits | ((1 << Self.slotBits) - 1)) }

    /// Whether score and instant are the same, so that the ids decide.
    @inline(__always)
    func ties(with other: RankEntry) -> Bool { bits >> Self.slotBits == other.bits >> Self.slotBits }

    @inline(__always)
    var slot: UInt32 { UInt32(truncatingIfNeeded: bits) & UInt32(Self.slotsMax) }

    @inline(__always)
    var score: Int64 { Self.scoreMax - Int64(truncatingIfNeeded: bits >> 75) }

    /// Epoch milliseconds; -1 is null.
    @inline(__always)
    var reachedAt: Int64 {
        let instant = UInt64(truncatingIfNeeded: bits >> 27) & Self.reachedAtNull
        return instant == Self.reachedAtNull ? -1 : Int64(instant)
    }
}
