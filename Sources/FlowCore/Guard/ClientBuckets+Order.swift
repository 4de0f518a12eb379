extension ClientBuckets {
    /// By the time of being full; of equal ones the smaller slot, so that a run depends on nothing but its input.
    private func isBefore(_ left: UInt32, _ right: UInt32) -> Bool {
        (slots[Int(left)].level.fullAtMs, left) < (slots[Int(right)].level.fullAtMs, right)
    }

    /// Moves a slot down to its place after its bucket is full later than before.
    func sink(from start: Int) {
        let slot = order[start]
        var place = start
        while true {
            var child = place * 2 + 1
            if child >= order.count { break }
            if child + 1 < order.count, isBefore(order[child + 1], order[child]) { child += 1 }
            if isBefore(slot, order[child]) { break }
            put(order[child], at: place)
            place = child
        }
        put(slot, at: place)
    }

    /// Moves the last slot up to its place.
    func rise(from start: Int) {
        let slot = order[start]
        var place = start
        while place > 0, isBefore(slot, order[(place - 1) / 2]) {
            put(order[(place - 1) / 2], at: place)
            place = (place - 1) / 2
        }
        put(slot, at: place)
    }

    private func put(_ slot: UInt32, at place: Int) {
        order[place] = slot
        slots[Int(slot)].place = UInt32(place)
    }
}
