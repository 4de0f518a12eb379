import HuntCore

/// The states of players within a bound of bytes. A slot keeps its number while its player is in the table; one that a
/// call carries is never evicted.
///
/// Who is evicted: a hand goes round the slots and takes whoever was not used since it last came by. That is nearly the
/// least recently used, without a list whose every use would touch two other players' memory.
///
/// - Source: F. J. Corbató, "A Paging Experiment with the Multics System" (1968), on the clock algorithm.
final class PlayerTable {
    static let none = UInt32.max

    let bytesMax: Int
    @exclusivity(unchecked) private(set) var byteCount = 0
    private(set) var count = 0
    private(set) var evictions = 0
    private let seed: UInt64
    // Unchecked: every access is instantaneous, and there are several for each scan.
    @exclusivity(unchecked) private var index = SlotIndex(minimumCapacity: 1024)
    @exclusivity(unchecked) private var slots: UnsafeMutablePointer<PlayerState>
    private var slotCapacity: Int
    @exclusivity(unchecked) private var slotsUsed: UInt32 = 0
    private var free: [UInt32] = []
    /// The slot at which the next eviction begins to look.
    private var hand: UInt32 = 0
    /// Facts whose event came by another partition than the player's home: key is slot and checkpoint.
    private var foreignSources: [UInt64: Int32] = [:]

    /// Memory is taken for all slots that the bound allows, up to a number; the system gives it as it is written to.
    init(bytesMax: Int, seed: UInt64) {
        self.bytesMax = bytesMax
        self.seed = seed
        slotCapacity = min(max(1024, bytesMax / Self.bytesPerSlot), Self.slotsAtFirst)
        slots = Self.allocate(slotCapacity)
    }

    deinit {
        for slot in 0..<Int(slotsUsed) { slots[slot].releaseFacts() }
        slots.deallocate()
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<PlayerState> {
        UnsafeMutableRawPointer.allocate(byteCount: capacity * MemoryLayout<PlayerState>.stride, alignment: 64)
            .bindMemory(to: PlayerState.self, capacity: capacity)
    }

    @inline(__always)
    func state(_ slot: UInt32) -> UnsafeMutablePointer<PlayerState> { slots + Int(slot) }

    // MARK: Finding

    @inline(__always)
    func hash(of key: PlayerKey) -> UInt64 { key.hash(seed: seed) }

    /// The slot that a hash probably belongs to, or `none`. Reads no state.
    @inline(__always)
    func likelySlot(of hash: UInt64) -> UInt32 { index.first(hash) ?? Self.none }

    /// The player's slot; a new one is unloaded.
    ///
    /// - Parameters:
    ///   - hash: the key's.
    ///   - likely: what `likelySlot` said.
    @inline(__always)
    func slot(of key: PlayerKey, hash: UInt64, likely: UInt32, home: Int32) -> UInt32 {
        if likely != Self.none {
            let state = slots + Int(likely)
            // It may have been evicted since, or given to another player.
            if state.pointee.hash == hash && state.pointee.isTaken && state.pointee.key == key { return likely }
        }
        return findOrInsert(key, hash: hash, home: home)
    }

    /// Fetches the memory of a likely slot, which then is at hand when it is needed.
    @inline(__always)
    func warm(_ slot: UInt32) -> UInt64 { slot == Self.none ? 0 : slots[Int(slot)].hash }

    /// Fetches all of a state, and the middle of its facts, where a search among them begins.
    @inline(__always)
    func warmWhole(_ slot: UInt32) -> UInt64 {
        let state = slots + Int(slot)
        let middle = state.pointee.facts.map { $0[Int(state.pointee.factCount) / 2].bits } ?? 0
        return middle &+ UInt64(bitPattern: state.pointee.tally.score) &+ UInt64(bitPattern: state.pointee.provenAtMs)
    }

    private func findOrInsert(_ key: PlayerKey, hash: UInt64, home: Int32) -> UInt32 {
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
        count += 1
        byteCount += Self.bytesPerSlot
        return slot
    }

    /// A state, its index entry at half load, and the allocator's header of its facts.
    private static let bytesPerSlot = MemoryLayout<PlayerState>.stride + 16 + 16

    /// 805 MB: more would be refused by a system that has less memory, though it may never be used.
    private static let slotsAtFirst = 1 << 22

    /// With a large bound, or while calls carry more players than it has room for.
    private func growSlots() {
        let larger = Self.allocate(slotCapacity * 2)
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
        for slot in 0..<slotsUsed where slots[Int(slot)].isTaken {
            if shouldForget(slots[Int(slot)].key.huntID) { forget(slot) }
        }
    }

    // MARK: Eviction

    /// Slots that one insertion looks at, so that none takes long.
    private static let evictionSteps = 512

    /// Removes states until the table is within its bound, as far as the hand gets.
    private func evict() {
        for _ in 0..<Self.evictionSteps where byteCount > bytesMax {
            let slot = hand
            hand = hand + 1 < slotsUsed ? hand + 1 : 0
            let state = slots + Int(slot)
            if !state.pointee.isTaken || state.pointee.call != 0 { continue }
            if state.pointee.isUsed { state.pointee.isUsed = false } else { remove(slot) }
        }
    }

    private func remove(_ slot: UInt32) {
        forget(slot)
        index.remove(slots[Int(slot)].hash, slot: slot)
        slots[Int(slot)].isTaken = false
        free.append(slot)
        count -= 1
        evictions += 1
        byteCount -= Self.bytesPerSlot
    }
}
