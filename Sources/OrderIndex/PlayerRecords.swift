import HuntCore

/// All that is known of one player: 64 bytes, one cache line, so that finding a player and telling its values touches
/// one line of memory besides the index.
///
/// An id of up to 36 bytes, which a UUID has as text, lies in the record; the last 32 bytes of a longer one lie in a
/// cell of their own.
struct PlayerRecord {
    /// As the tree holds it, when the player is listed.
    var entry: RankEntry
    var version: Int64
    /// The first 32 bytes of the id, big-endian words as in `PlayerID`.
    var head: InlineArray<4, UInt64>
    /// The other bytes of the id while they are 4 at most, from the highest on; else the number of their cell.
    var tail: UInt32
    var idCount: UInt8
    var unlocks: UInt16

    static let idBytesInPlace = 36

    @inline(__always)
    var isListed: Bool { unlocks > 0 }

    @inline(__always)
    var tally: Tally { Tally(score: entry.score, unlocks: Int32(unlocks), reachedAt: entry.reachedAt) }
}

/// The records of one index, called by slot. Slots and cells of players that were removed are taken again.
struct PlayerRecords: ~Copyable {
    private var records = Slab(cellBytes: MemoryLayout<PlayerRecord>.stride)
    /// The last 32 bytes of ids that do not lie in their record: four words each.
    private var tails = Slab(cellBytes: 32)

    /// Players, listed or not.
    var count: Int { records.count }
    var byteCount: Int { records.byteCount + tails.byteCount }

    @inline(__always)
    subscript(slot: UInt32) -> UnsafeMutablePointer<PlayerRecord> {
        records[slot].assumingMemoryBound(to: PlayerRecord.self)
    }

    /// - Returns: the slot of a new record that holds the id, no entry, no unlocks and the least version.
    mutating func add(_ player: PlayerID) -> UInt32 {
        let slot = records.take()
        let tail: UInt32
        if player.count <= PlayerRecord.idBytesInPlace {
            tail = UInt32(truncatingIfNeeded: player.words[4] >> 32)
        } else {
            tail = tails.take()
            for position in 0..<4 { tailWords(tail)[position] = player.words[position + 4] }
        }
        let head: InlineArray<4, UInt64> = [player.words[0], player.words[1], player.words[2], player.words[3]]
        self[slot].initialize(
            to: PlayerRecord(
                entry: .last, version: .min, head: head, tail: tail, idCount: UInt8(player.count), unlocks: 0))
        return slot
    }

    mutating func remove(_ slot: UInt32) {
        if Int(self[slot].pointee.idCount) > PlayerRecord.idBytesInPlace { tails.give(self[slot].pointee.tail) }
        records.give(slot)
    }

    func player(_ slot: UInt32) -> PlayerID {
        let record = self[slot]
        var words = PlayerID.Words(repeating: 0)
        for position in 0..<4 {
            words[position] = record.pointee.head[position]
            words[position + 4] = tailWord(position, of: record)
        }
        return PlayerID(words: words, count: Int(record.pointee.idCount))
    }

    @inline(__always)
    func holds(_ player: PlayerID, at slot: UInt32) -> Bool {
        let record = self[slot]
        if Int(record.pointee.idCount) != player.count { return false }
        for position in 0..<4 where record.pointee.head[position] != player.words[position] { return false }
        if player.count <= 32 { return true }
        for position in 0..<4 where tailWord(position, of: record) != player.words[position + 4] { return false }
        return true
    }

    /// Whether the id at a slot comes before another by bytes.
    @inline(__always)
    func precedes(_ slot: UInt32, _ player: PlayerID, orEqual: Bool) -> Bool {
        let record = self[slot]
        for position in 0..<4 where record.pointee.head[position] != player.words[position] {
            return record.pointee.head[position] < player.words[position]
        }
        let count = Int(record.pointee.idCount)
        if count > 32 || player.count > 32 {
            for position in 0..<4 {
                let word = tailWord(position, of: record)
                if word != player.words[position + 4] { return word < player.words[position + 4] }
            }
        }
        return orEqual ? count <= player.count : count < player.count
    }

    @inline(__always)
    private func tailWords(_ cell: UInt32) -> UnsafeMutablePointer<UInt64> {
        tails[cell].assumingMemoryBound(to: UInt64.self)
    }

    /// Words 4 ... 7 of an id.
    @inline(__always)
    private func tailWord(_ position: Int, of record: UnsafeMutablePointer<PlayerRecord>) -> UInt64 {
        if Int(record.pointee.idCount) > PlayerRecord.idBytesInPlace { return tailWords(record.pointee.tail)[position] }
        return position == 0 ? UInt64(record.pointee.tail) << 32 : 0
    }
}
