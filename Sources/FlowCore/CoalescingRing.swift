import HuntCore

/// Updates that wait for the hot tier, oldest first, at most one per player: a newer version takes the place of an
/// older one. Bounded; its memory grows with use up to the bound.
final class CoalescingRing {
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
    private var items: UnsafeMutablePointer<PublishItem>
    /// Room for so many items now.
    private var size = 16
    /// Place of the oldest item.
    private var head = 0
    private(set) var count = 0
    /// From a player to the place of its update.
    private var places = SlotIndex(minimumCapacity: 16)

    init(capacity: Int) {
        self.capacity = capacity
        size = min(size, capacity)
        items = .allocate(capacity: size)
    }

    deinit { items.deallocate() }

    var oldest: PublishItem? { count == 0 ? nil : items[head] }

    func offer(_ item: PublishItem) -> Offer {
        let hash = item.key.hash(seed: 0)
        if let place = places.find(hash, isMatch: { items[Int($0)].key == item.key }) {
            let held = items[Int(place)]
            if (held.version, held.provenAtMs) > (item.version, item.provenAtMs) { return .superseded }
            items[Int(place)] = item
            return .replaced(held)
        }
        let pushedOut = count == capacity ? popOldest() : nil
        append(item, hash: hash)
        if let pushedOut { return .pushedOut(pushedOut) }
        return .added
    }

    private func append(_ item: PublishItem, hash: UInt64) {
        if count == size { grow() }
        let place = place(after: head, count)
        (items + place).initialize(to: item)
        places.insert(hash, slot: UInt32(place))
        count += 1
    }

    func popOldest() -> PublishItem? {
        guard count > 0 else { return nil }
        let item = items[head]
        places.remove(item.key.hash(seed: 0), slot: UInt32(head))
        head = place(after: head, 1)
        count -= 1
        return item
    }

    private func place(after start: Int, _ distance: Int) -> Int {
        let place = start + distance
        return place < size ? place : place - size
    }

    private func grow() {
        let larger = min(capacity, size * 2)
        let grown = UnsafeMutablePointer<PublishItem>.allocate(capacity: larger)
        places.removeAll()
        for position in 0..<count {
            let item = items[place(after: head, position)]
            (grown + position).initialize(to: item)
            places.insert(item.key.hash(seed: 0), slot: UInt32(position))
        }
        items.deallocate()
        items = grown
        size = larger
        head = 0
    }
}
