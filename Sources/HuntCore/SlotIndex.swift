/// From a hash to the numbers of slots kept elsewhere: open addressing with linear probing and backward-shift deletion
/// (Knuth, TAOCP volume 3, section 6.4, algorithm R). The owner compares the full keys.
///
/// An entry is 8 bytes: 32 bits of the hash, 32 of the slot plus one. It grows by doubling above three quarters, so a slot
/// takes 11 to 21 bytes.
public struct SlotIndex: ~Copyable {
    @usableFromInline
    var entries: UnsafeMutablePointer<UInt64>
    @usableFromInline
    var mask: Int
    /// Slots that it holds.
    public internal(set) var count = 0

    /// Bytes that it takes.
    public var byteCount: Int { (mask + 1) * 8 }

    /// - Parameter minimumCapacity: slots that it holds before it grows, 0 or more.
    public init(minimumCapacity: Int) {
        var size = 16
        while size * 3 < minimumCapacity * 4 { size *= 2 }
        entries = .allocate(capacity: size)
        entries.initialize(repeating: 0, count: size)
        mask = size - 1
    }

    deinit { entries.deallocate() }

    /// - Parameter isMatch: compares the key of a slot whose hash fits.
    /// - Returns: nil: no slot of this hash matches.
    @inlinable @inline(__always)
    public func find(_ hash: UInt64, isMatch: (UInt32) -> Bool) -> UInt32? {
        let fragment = hash >> 32
        var place = Int(truncatingIfNeeded: fragment) & mask
        while entries[place] != 0 {
            let entry = entries[place]
            if entry >> 32 == fragment {
                let slot = UInt32(truncatingIfNeeded: entry) &- 1
                if isMatch(slot) { return slot }
            }
            place = (place &+ 1) & mask
        }
        return nil
    }

    /// The first slot whose hash fits; nearly always the one that `find` finds, for 32 bits of the hash agree.
    @inlinable @inline(__always)
    public func first(_ hash: UInt64) -> UInt32? { find(hash) { _ in true } }

    /// - Parameter slot: `0 ..< UInt32.max`, not in the index yet.
    public mutating func insert(_ hash: UInt64, slot: UInt32) {
        if (count + 1) * 4 > (mask + 1) * 3 { grow() }
        place((hash >> 32) << 32 | UInt64(slot &+ 1))
        count += 1
    }

    /// - Precondition: the slot is in the index under this hash.
    public mutating func remove(_ hash: UInt64, slot: UInt32) {
        let wanted = (hash >> 32) << 32 | UInt64(slot &+ 1)
        var hole = Int(truncatingIfNeeded: hash >> 32) & mask
        while entries[hole] != wanted {
            precondition(entries[hole] != 0, "a slot that is not in the index")
            hole = (hole + 1) & mask
        }
        var next = (hole + 1) & mask
        while entries[next] != 0 {
            let home = Int(truncatingIfNeeded: entries[next] >> 32) & mask
            // The entry may fill the hole only when its home does not lie after the hole on its way.
            if (next - home) & mask >= (next - hole) & mask {
                entries[hole] = entries[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        entries[hole] = 0
        count -= 1
    }

    public mutating func removeAll() {
        entries.update(repeating: 0, count: mask + 1)
        count = 0
    }

    private func place(_ entry: UInt64) {
        var place = Int(truncatingIfNeeded: entry >> 32) & mask
        while entries[place] != 0 { place = (place + 1) & mask }
        entries[place] = entry
    }

    private mutating func grow() {
        let old = entries
        let oldSize = mask + 1
        entries = .allocate(capacity: oldSize * 2)
        entries.initialize(repeating: 0, count: oldSize * 2)
        mask = oldSize * 2 - 1
        for position in 0..<oldSize where old[position] != 0 { place(old[position]) }
        old.deallocate()
    }
}
