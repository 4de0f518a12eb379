import HuntCore

/// The states of players, most recently used first, within a bound of bytes. A slot keeps its number while its player
/// is in the table; one that a call carries is never evicted.
final class PlayerTable {
    static let none = UInt32.max

    let bytesMax: Int
    private(set) var byteCount = 0
    private(set) var count = 0
    private(set) var evictions = 0
    private let seed: UInt64
    private var index = SlotIndex(minimumCapacity: 1024)
    private var slots: UnsafeMutablePointer<PlayerState>
    private var slotCapacity = 1024
    private var slotsUsed: UInt32 = 0
    private var free: [UInt32] = []
    private var newest = PlayerTable.none
    private var oldest = PlayerTable.none
    /// Facts whose event came by another partition than the player's home: key is slot and checkpoint.
    private var foreignSources: [UInt64: Int32] = [:]

    init(bytesMax: Int, seed: UInt64) {
        self.bytesMax = bytesMax
        self.seed = seed
        slots = .allocate(capacity: slotCapacity)
    }

    deinit {
        var slot = newest
        while slot != Self.none {
            slots[Int(slot)].releaseFacts()
            slot = slots[Int(slot)].older
        }
        slots.deallocate()
    }

    @inline(__always)
    func state(_ slot: UInt32) -> UnsafeMutablePointer<PlayerState> { slots + Int(slot) }

    /// The player's slot; a new one is unloaded. Makes it the most recently used.
    @inline(__always)
    func slot(of key: PlayerKey, home: Int32) -> UInt32 {
        let hash = key.hash(seed: seed)
        let slots = slots
        if let slot = index.find(hash, isMatch: { slots[Int($0)].key == key }) { return slot }
        return insert(key, hash: hash, home: home)
    }

    private func insert(_ key: PlayerKey, hash: UInt64, home: Int32) -> UInt32 {
        if byteCount > bytesMax { evict() }
        let slot: UInt32
        if let reused = free.popLast() {
            slot = reused
        } else {
            if Int(slotsUsed) == slotCapacity { growSlots() }
            slot = slotsUsed
            slotsUsed += 1
        }
        (slots + Int(slot)).initialize(to: PlayerState(key: key, hash: hash, home: home))
        index.insert(hash, slot: slot)
        linkNewest(slot)
        count += 1
        byteCount += Self.bytesPerSlot
        return slot
    }

    /// A state, its index entry at half load, and the allocator's header of its facts.
    private static let bytesPerSlot = MemoryLayout<PlayerState>.stride + 16 + 16

    private func growSlots() {
        let larger = UnsafeMutablePointer<PlayerState>.allocate(capacity: slotCapacity * 2)
        larger.moveInitialize(from: slots, count: slotCapacity)
        slots.deallocate()
        slots = larger
        slotCapacity *= 2
    }

    // MARK: Facts

    /// Records a scan. On equal times the smaller partition names the event (contracts.md section 3); within a
    /// partition the earlier offset came first.
    @inline(__always)
    func record(_ fact: Fact, from partition: Int32, slot: UInt32) -> FactOutcome {
        let state = slots + Int(slot)
        let (position, isFound) = state.pointee.position(ofCheckpoint: fact.checkpoint)
        if !isFound {
            let before = state.pointee.factCapacity
            state.pointee.insert(fact, at: position)
            byteCount += Int(state.pointee.factCapacity - before) * 8
            setSource(partition, of: fact.checkpoint, slot: slot)
            return .first
        }
        let known = state.pointee.facts.unsafelyUnwrapped[position]
        if known < fact { return .repeated }
        if known == fact && partition >= source(of: fact.checkpoint, slot: slot) { return .repeated }
        state.pointee.facts.unsafelyUnwrapped[position] = fact
        setSource(partition, of: fact.checkpoint, slot: slot)
        return .earlier
    }

    private func source(of checkpoint: Int, slot: UInt32) -> Int32 {
        let state = slots[Int(slot)]
        if !state.hasForeignFacts { return state.home }
        return foreignSources[UInt64(slot) << 16 | UInt64(checkpoint)] ?? state.home
    }

    private func setSource(_ partition: Int32, of checkpoint: Int, slot: UInt32) {
        let state = slots + Int(slot)
        if partition == state.pointee.home && !state.pointee.hasForeignFacts { return }
        foreignSources[UInt64(slot) << 16 | UInt64(checkpoint)] = partition
        state.pointee.hasForeignFacts = true
    }

    /// Takes what Postgres holds of a player. Facts of checkpoints that the rules do not know are left out.
    ///
    /// The row may have been counted by older rules while the hunt is being rescored, so the next fact counts all facts
    /// anew instead of adding to the row.
    func load(_ player: LoadedPlayer, rules: HuntRules, provenAtMs: Int64, slot: UInt32) {
        forget(slot)
        let state = slots + Int(slot)
        let known = player.facts.compactMap { fact in
            rules.index(ofCheckpointID: fact.checkpointID).map {
                (fact: Fact(checkpoint: $0, at: fact.scannedAt), source: fact.partition)
            }
        }
        for (fact, source) in known.sorted(by: { $0.fact < $1.fact }) {
            state.pointee.insert(fact, at: Int(state.pointee.factCount))
            setSource(source, of: fact.checkpoint, slot: slot)
        }
        byteCount += Int(state.pointee.factCapacity) * 8
        state.pointee.tally = player.tally
        state.pointee.version = player.version
        state.pointee.factsSeq = player.factsSeq
        state.pointee.committedAt = player.committedAt
        state.pointee.provenAtMs = provenAtMs
        state.pointee.needsTally = true
        state.pointee.isLoaded = true
    }

    /// Makes a state unloaded: the next batch that needs it reads it anew.
    func forget(_ slot: UInt32) {
        let state = slots + Int(slot)
        removeForeignSources(slot)
        byteCount -= Int(state.pointee.factCapacity) * 8
        state.pointee.releaseFacts()
        state.pointee.tally = .zero
        state.pointee.version = 0
        state.pointee.factsSeq = 0
        state.pointee.isLoaded = false
        state.pointee.needsTally = false
    }

    private func removeForeignSources(_ slot: UInt32) {
        let state = slots + Int(slot)
        if !state.pointee.hasForeignFacts { return }
        for fact in state.pointee.factBuffer { foreignSources[UInt64(slot) << 16 | UInt64(fact.checkpoint)] = nil }
        state.pointee.hasForeignFacts = false
    }

    /// Forgets every loaded state that `shouldForget` names: after the definitions changed.
    func forgetAll(where shouldForget: (Int32) -> Bool) {
        var slot = newest
        while slot != Self.none {
            if shouldForget(slots[Int(slot)].key.huntID) { forget(slot) }
            slot = slots[Int(slot)].older
        }
    }

    // MARK: Order of use

    /// Makes a player the most recently used.
    @inline(__always)
    func touch(_ slot: UInt32) {
        if newest == slot { return }
        unlink(slot)
        linkNewest(slot)
    }

    private func linkNewest(_ slot: UInt32) {
        slots[Int(slot)].newer = Self.none
        slots[Int(slot)].older = newest
        if newest != Self.none { slots[Int(newest)].newer = slot } else { oldest = slot }
        newest = slot
    }

    private func unlink(_ slot: UInt32) {
        let newer = slots[Int(slot)].newer
        let older = slots[Int(slot)].older
        if newer != Self.none { slots[Int(newer)].older = older } else { newest = older }
        if older != Self.none { slots[Int(older)].newer = newer } else { oldest = newer }
    }

    /// Removes the least recently used states until the table is within its bound, except those that a call carries.
    private func evict() {
        var slot = oldest
        var carried = 0
        while byteCount > bytesMax && slot != Self.none && carried < 64 {
            let next = slots[Int(slot)].newer
            if slots[Int(slot)].call == 0 { remove(slot) } else { carried += 1 }
            slot = next
        }
    }

    private func remove(_ slot: UInt32) {
        forget(slot)
        unlink(slot)
        index.remove(slots[Int(slot)].hash, slot: slot)
        free.append(slot)
        count -= 1
        evictions += 1
        byteCount -= Self.bytesPerSlot
    }
}
