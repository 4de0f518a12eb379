/// Who waits, in the order of coming.
struct WaitingLine: Sendable {
    struct Waiter: Sendable {
        let ticket: ConcurrencyLimit.Ticket
        let deadlineMs: Int64
    }

    private var waiters: [Waiter] = []
    /// Those before it have gone; they are cleared away when they are more than half of all.
    private var head = 0

    var count: Int { waiters.count - head }
    /// Places in memory, those of waiters who have gone included: at most twice `count`.
    var placeCount: Int { waiters.count }
    var first: Waiter? { count == 0 ? nil : waiters[head] }
    /// `Int64.max` when nobody waits.
    var earliestMs: Int64 { waiters[head...].reduce(Int64.max) { min($0, $1.deadlineMs) } }

    mutating func append(_ waiter: Waiter) { waiters.append(waiter) }

    mutating func popFirst() -> Waiter? {
        guard let first else { return nil }
        head += 1
        if head * 2 > waiters.count { clear() }
        return first
    }

    /// - Returns: false when the ticket does not wait here.
    mutating func remove(_ ticket: ConcurrencyLimit.Ticket) -> Bool {
        guard let place = waiters[head...].firstIndex(where: { $0.ticket == ticket }) else { return false }
        waiters.remove(at: place)
        if head * 2 > waiters.count { clear() }
        return true
    }

    /// Takes out whoever's deadline is at or before a moment.
    mutating func removeAll(dueAtMs: Int64) -> [Waiter] {
        clear()
        let due = waiters.filter { $0.deadlineMs <= dueAtMs }
        if !due.isEmpty { waiters.removeAll { $0.deadlineMs <= dueAtMs } }
        return due
    }

    private mutating func clear() {
        waiters.removeFirst(head)
        head = 0
    }
}
