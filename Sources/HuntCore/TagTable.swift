/// From the id of a tag to its checkpoint and the times at which that may be scanned.
///
/// Open addressing with linear probing, at most half full; a slot holds all that judging needs, so that a scan touches
/// one cache line. Owned by `HuntRules`, which frees it.
@usableFromInline
struct TagTable {
    /// 32 bytes. `tag` is `TagUID.none`, the only one whose `low` is 0, in an empty slot.
    @usableFromInline
    struct Slot {
        @usableFromInline let tag: TagUID
        @usableFromInline let checkpoint: UInt16
        /// Epoch milliseconds.
        @usableFromInline let opensAt: Int64
        /// Epoch milliseconds, exclusive.
        @usableFromInline let closesAt: Int64
    }

    @usableFromInline let slots: UnsafeMutablePointer<Slot>
    @usableFromInline let mask: Int

    /// - Precondition: the tags are different, and none is `TagUID.none`.
    init(_ entries: [Slot]) {
        var capacity = 4
        while capacity < entries.count * 2 { capacity *= 2 }
        mask = capacity - 1
        slots = .allocate(capacity: capacity)
        slots.initialize(
            repeating: Slot(tag: .none, checkpoint: 0, opensAt: 0, closesAt: 0), count: capacity)
        for entry in entries {
            var place = Self.hash(entry.tag) & mask
            while slots[place].tag != .none {
                precondition(slots[place].tag != entry.tag, "two checkpoints with one tag")
                place = (place + 1) & mask
            }
            slots[place] = entry
        }
    }

    func free() {
        slots.deallocate()
    }

    /// The slot of a tag, or nil for one that belongs to no checkpoint.
    @inlinable
    func find(_ tag: TagUID) -> UnsafeMutablePointer<Slot>? {
        var place = Self.hash(tag) & mask
        while true {
            let slot = slots + place
            if slot.pointee.tag.low == 0 { return nil }
            if slot.pointee.tag.high == tag.high, slot.pointee.tag.low == tag.low { return slot }
            place = (place + 1) & mask
        }
    }

    /// Mixes all bits into the low ones. Only organisers choose what is in a table, so no key is needed against
    /// chosen collisions.
    @inlinable
    static func hash(_ tag: TagUID) -> Int {
        var mixed = (tag.high ^ UInt64(tag.low) << 32) &* 0x9E37_79B9_7F4A_7C15
        mixed ^= mixed >> 32
        return Int(truncatingIfNeeded: mixed)
    }
}
