/// From a hash to the numbers of slots kept elsewhere: open addressing with linear probing and backward-shift deletion
/// (Knuth, TAOCP volume 3, section 6.4, algorithm R). The owner compares the ids.
///
/// An entry is 8 bytes: 32 bits of the hash, 32 of the slot plus one. It grows by doubling above three quarters, so a
/// player takes 11 to 21 bytes here.
struct PlayerSlots: ~Copyable {
    private var entries: UnsafeMutablePointer<UInt64>
    private var mask: Int
    private var count = 0

    var byteCount: Int { (mask + 1) * 8 }

    /// - Parameter players: how many it holds before it grows.
    init(players: Int) {
        var size = 16
        while size * 3 < players * 4 { size *= 2 }
        entries = .allocate(capacity: size)
        entries.initialize(repeating: 0, count: size)
        mask = size - 1
    }

    deinit { entries.deallocate() }

    /// - Parameter isMatch: compares the id of a slot whose hash fits.
    @inline(__always)
    func find(_ hash: UInt64, isMatch: (UInt32) -> Bool) -> UInt32? {
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

    mutating func insert(_ hash: UInt64, slot: UInt32) {
        if (count + 1) * 4 > (mask + 1) * 3 { grow() }
        place(Self.entry(hash, slot))
        count += 1
    }

    /// - Precondition: the slot is here under this hash.
    mutating func remove(_ hash: UInt64, slot: UInt32) {
        let wanted = Self.entry(hash, slot)
        var hole = home(of: wanted)
        while entries[hole] != wanted {
            precondition(entries[hole] != 0, "a slot that is not in the index")
            hole = (hole + 1) & mask
        }
        var next = (hole + 1) & mask
        while entries[next] != 0 {
            // The entry may fill the hole only when its home does not lie after the hole on its way.
            if (next - home(of: entries[next])) & mask >= (next - hole) & mask {
                entries[hole] = entries[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        entries[hole] = 0
        count -= 1
    }

    private static func entry(_ hash: UInt64, _ slot: UInt32) -> UInt64 { (hash >> 32) << 32 | UInt64(slot + 1) }

    private func home(of entry: UInt64) -> Int { Int(truncatingIfNeeded: entry >> 32) & mask }

    private func place(_ entry: UInt64) {
        var place = home(of: entry)
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
