/// How many calls may run and wait.
public struct ConcurrencySettings: Sendable, Equatable {
    /// Calls that run at one time: the connections there are; 2 or more.
    public var runningMax: Int
    /// Of those, how many reads never take; `1 ..< runningMax`.
    public var reservedForWrites: Int
    /// Calls that wait at one time, of each kind, so that reads cannot fill the queue against writes either; 0 or more.
    public var waitingMax: Int

    public init(runningMax: Int, reservedForWrites: Int, waitingMax: Int) {
        precondition(reservedForWrites >= 1 && reservedForWrites < runningMax, "both kinds need a connection")
        precondition(waitingMax >= 0, "a negative number of waiters")
        self.runningMax = runningMax
        self.reservedForWrites = reservedForWrites
        self.waitingMax = waitingMax
    }
}

/// Lets a bounded number of calls run; a bounded number waits for them, first come first served; who comes beyond that
/// is refused at once. A waiter whose deadline has passed is refused and never runs: its caller has left, and the work
/// would be done for nobody.
///
/// Reads leave some places to writes, and a read that must wait for a read never stands before a write.
///
/// Every method returns what is to be done with whom; a ticket that neither runs nor is refused waits. `enter` decides
/// at once, so the shell stores its continuation under the ticket and then carries out the decisions.
///
/// O(1) on average for each call, O(n) of those that wait when a deadline passes or a waiter leaves.
public struct ConcurrencyLimit: Sendable {
    public enum Kind: Sendable, Hashable, CaseIterable { case read, write }

    /// One call, from its wish to run until its end.
    public struct Ticket: Sendable, Hashable {
        /// In the order of coming.
        let number: UInt64
        public let kind: Kind
    }

    public enum Refusal: Sendable, Equatable { case queueFull, deadlinePassed }

    public enum Decision: Sendable, Equatable {
        /// It may run now, and is to `leave` afterwards.
        case run(Ticket)
        /// It will never run.
        case refuse(Ticket, Refusal)
    }

    public let settings: ConcurrencySettings
    public private(set) var counters = ConcurrencyCounters()
    private var running: Set<Ticket> = []
    private var readsRunning = 0
    private var reads = WaitingLine()
    private var writes = WaitingLine()
    private var entered: UInt64 = 0
    /// No deadline of a waiter is before this.
    private var earliestMs = Int64.max

    public init(_ settings: ConcurrencySettings) { self.settings = settings }

    public func running(_ kind: Kind) -> Int { kind == .read ? readsRunning : running.count - readsRunning }
    public func waiting(_ kind: Kind) -> Int { kind == .read ? reads.count : writes.count }

    /// When `tick` should be called though nothing happens, monotonic milliseconds; it may prove to be early. Nil when
    /// nobody waits.
    public var nextDeadlineMs: Int64? { reads.count + writes.count == 0 ? nil : earliestMs }

    /// Somebody wants to make a call.
    ///
    /// - Parameter deadlineMs: the moment, monotonic milliseconds, from which on nobody waits for it any more.
    public mutating func enter(_ kind: Kind, deadlineMs: Int64, nowMs: Int64) -> (Ticket, [Decision]) {
        var decisions = tick(nowMs: nowMs)
        entered += 1
        let ticket = Ticket(number: entered, kind: kind)
        if deadlineMs <= nowMs {
            decisions.append(refuse(ticket, .deadlinePassed))
        } else if hasRoom(for: kind) {
            decisions.append(run(ticket))
        } else if waiting(kind) == settings.waitingMax {
            decisions.append(refuse(ticket, .queueFull))
        } else {
            earliestMs = min(earliestMs, deadlineMs)
            let waiter = WaitingLine.Waiter(ticket: ticket, deadlineMs: deadlineMs)
            if kind == .read { reads.append(waiter) } else { writes.append(waiter) }
        }
        return (ticket, decisions)
    }

    /// A call has ended, or who waits for it has left. A ticket that neither runs nor waits changes nothing: a
    /// cancellation may come after the refusal.
    public mutating func leave(_ ticket: Ticket, nowMs: Int64) -> [Decision] {
        var decisions = tick(nowMs: nowMs)
        if running.remove(ticket) != nil {
            if ticket.kind == .read { readsRunning -= 1 }
        } else if reads.remove(ticket) || writes.remove(ticket) {
            counters.left += 1
        }
        while let next = popNext() { decisions.append(run(next.ticket)) }
        return decisions
    }

    /// Refuses whoever's deadline has passed.
    public mutating func tick(nowMs: Int64) -> [Decision] {
        if nowMs < earliestMs { return [] }
        let late = reads.removeAll(dueAtMs: nowMs) + writes.removeAll(dueAtMs: nowMs)
        earliestMs = min(reads.earliestMs, writes.earliestMs)
        return late.map { refuse($0.ticket, .deadlinePassed) }
    }

    private func hasRoom(for kind: Kind) -> Bool {
        if running.count == settings.runningMax { return false }
        return kind == .write || readsRunning < settings.runningMax - settings.reservedForWrites
    }

    /// Who came first of those for whom there is room.
    private mutating func popNext() -> WaitingLine.Waiter? {
        let read = hasRoom(for: .read) ? reads.first : nil
        guard hasRoom(for: .write), let write = writes.first else { return read == nil ? nil : reads.popFirst() }
        if let read, read.ticket.number < write.ticket.number { return reads.popFirst() }
        return writes.popFirst()
    }

    private mutating func run(_ ticket: Ticket) -> Decision {
        running.insert(ticket)
        if ticket.kind == .read { readsRunning += 1 }
        counters.ran += 1
        return .run(ticket)
    }

    private mutating func refuse(_ ticket: Ticket, _ refusal: Refusal) -> Decision {
        switch refusal {
        case .queueFull: counters.queueFull += 1
        case .deadlinePassed: counters.deadlinePassed += 1
        }
        return .refuse(ticket, refusal)
    }
}

/// Totals since start.
public struct ConcurrencyCounters: Sendable, Equatable {
    public var ran = 0
    public var queueFull = 0
    public var deadlinePassed = 0
    /// Waiters who left before their turn.
    public var left = 0
}
