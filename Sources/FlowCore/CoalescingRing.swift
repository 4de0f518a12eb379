/// Updates that wait for the hot tier, oldest first, at most one per player: a newer version takes the place of an
/// older one. Bounded; its memory grows with use up to the bound.
struct CoalescingRing {
    /// What became of an offer.
    enum Offer {
        case added
        /// The older update that it replaced.
        case replaced(PublishItem)
        /// The ring already held a newer version; the offer itself is superseded.
        case superseded
        /// The ring was full: its oldest update made room.
        case pushedOut(PublishItem)
    }

    let capacity: Int
    private var items: [PublishItem] = []
    /// Position of the oldest item; positions are absolute and wrap by `items.count`.
    private var head = 0
    private(set) var count = 0
    private var positions: [UInt64: Int] = [:]

    init(capacity: Int) { self.capacity = capacity }

    var oldest: PublishItem? { count == 0 ? nil : items[head % items.count] }

    mutating func offer(_ item: PublishItem) -> Offer {
        let hash = item.key.hash(seed: 0)
        if let position = positions[hash], items[position % items.count].key == item.key {
            let held = items[position % items.count]
            if (held.version, held.provenAtMs) > (item.version, item.provenAtMs) { return .superseded }
            items[position % items.count] = item
            return .replaced(held)
        }
        var pushedOut: PublishItem?
        if count == capacity { pushedOut = popOldest() }
        append(item, hash: hash)
        if let pushedOut { return .pushedOut(pushedOut) }
        return .added
    }

    private mutating func append(_ item: PublishItem, hash: UInt64) {
        if count == items.count { grow(filler: item) }
        let position = head + count
        items[position % items.count] = item
        // Of two players with one hash only the later is found; the other is merely not coalesced.
        positions[hash] = position
        count += 1
    }

    mutating func popOldest() -> PublishItem? {
        guard count > 0 else { return nil }
        let item = items[head % items.count]
        let hash = item.key.hash(seed: 0)
        if positions[hash] == head { positions[hash] = nil }
        head += 1
        count -= 1
        return item
    }

    private mutating func grow(filler: PublishItem) {
        let larger = min(capacity, max(16, items.count * 2))
        var grown: [PublishItem] = []
        grown.reserveCapacity(larger)
        for position in head..<head + count { grown.append(items[position % items.count]) }
        while grown.count < larger { grown.append(filler) }
        let base = head
        items = grown
        head = 0
        for (hash, position) in positions { positions[hash] = position - base }
    }
}
