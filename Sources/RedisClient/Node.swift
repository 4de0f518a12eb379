import Reactor

/// One server and the kept connections to it. Connections that end are opened again, with pauses, until `close`.
@Reactor
final class Node {
    private struct Slot {
        var connection: Connection?
        var backoff = Backoff()
    }

    /// Someone who waits for an open connection, but not for more failures than there are connections.
    private struct Waiting {
        let continuation: CheckedContinuation<RedisError?, Never>
        var failuresLeft: Int
    }

    let server: Server
    private let plan: ConnectionPlan
    private var slots: [Slot]
    private var budget = RetryBudget()
    private var waitingForOpen: [Waiting] = []
    private var lastFailure: RedisError?
    private var isClosed = false
    /// Called when the first connection opens, and whenever one ends while no other is open.
    private let upChanged: @Reactor (Node) -> Void

    init(_ server: Server, _ plan: ConnectionPlan, upChanged: @escaping @Reactor (Node) -> Void) {
        self.server = server
        self.plan = plan
        self.upChanged = upChanged
        slots = (0..<plan.settings.connections).map { _ in Slot() }
        for position in slots.indices { open(position) }
    }

    var isUp: Bool { slots.contains { $0.connection?.isUp == true } }

    /// What the kernel granted to an open connection.
    var granted: (send: Int?, receive: Int?)? { slots.lazy.compactMap(\.connection).first(where: \.isUp)?.granted }

    // MARK: Calls

    /// Sends on the open connection with the least to wait for; fails at once when none is open.
    func send(_ call: Call) {
        let open = slots.lazy.compactMap(\.connection).filter(\.isUp)
        guard let best = open.min(by: { $0.outstanding < $1.outstanding }) else { return reject(call, whileDown) }
        guard best.send(call) else {
            return reject(call, .unreachable("Redis at \(server) is far behind: too much waits to be sent to it"))
        }
        plan.counters.stats.calls += 1
        budget.countCall(atMs: Clock.monotonicMs())
    }

    private func reject(_ call: Call, _ error: RedisError) {
        plan.counters.stats.unreachable += 1
        call.wasRejected(error)
    }

    private var whileDown: RedisError {
        .unreachable(lastFailure?.description ?? "Redis at \(server) is not connected yet: wait, or see its log")
    }

    /// Repeats a late call on another connection, but only on one that has nothing to do: a server that is late on all
    /// of them is busy, and more calls would make it later.
    private func repeatElsewhere(_ call: Call) {
        if call.attempts > plan.settings.retries { return }
        let idle = slots.lazy.compactMap(\.connection).first { $0.isUp && $0.outstanding == 0 }
        guard let idle else { return }
        guard budget.take(atMs: Clock.monotonicMs()) else {
            plan.counters.stats.retriesDenied += 1
            return
        }
        if idle.send(call) { plan.counters.stats.retries += 1 }
    }

    // MARK: Opening

    /// Returns when a connection is open, throws when as many attempts as there are connections have failed.
    func settled() async throws(RedisError) {
        if isUp { return }
        if isClosed || !isTrying, let lastFailure { throw lastFailure }
        let failure = await withCheckedContinuation { continuation in
            waitingForOpen.append(Waiting(continuation: continuation, failuresLeft: slots.count))
        }
        if let failure { throw failure }
    }

    private var isTrying: Bool { slots.contains { $0.connection?.isOpening == true } }

    private func open(_ position: Int) {
        let listener = Connection.Listener(
            opened: { self.opened(position) },
            ended: { self.ended(position, $0) },
            timedOut: { self.repeatElsewhere($0) })
        let connection = Connection(to: server, plan, listener)
        slots[position].connection = connection
        connection.open()
    }

    private func opened(_ position: Int) {
        slots[position].backoff.reset()
        lastFailure = nil
        wakeAllWaiting(nil)
        if slots.count(where: { $0.connection?.isUp == true }) == 1 { upChanged(self) }
    }

    private func ended(_ position: Int, _ error: RedisError) {
        slots[position].connection = nil
        lastFailure = error
        if isClosed { return }
        Reactor.schedule(afterMs: slots[position].backoff.pauseMs()) {
            if !self.isClosed { self.open(position) }
        }
        if isUp { return }
        countFailure(error)
        upChanged(self)
    }

    private func countFailure(_ error: RedisError) {
        for position in waitingForOpen.indices { waitingForOpen[position].failuresLeft -= 1 }
        for waiting in waitingForOpen where waiting.failuresLeft == 0 {
            waiting.continuation.resume(returning: error)
        }
        waitingForOpen.removeAll { $0.failuresLeft == 0 }
    }

    private func wakeAllWaiting(_ failure: RedisError?) {
        let all = waitingForOpen
        waitingForOpen = []
        for waiting in all { waiting.continuation.resume(returning: failure) }
    }

    /// Ends all connections; what is outstanding fails.
    func close() {
        if isClosed { return }
        isClosed = true
        let error = RedisError.connectionLost("the connection to Redis at \(server) was closed by this process")
        lastFailure = error
        for position in slots.indices {
            slots[position].connection?.close(error)
            slots[position].connection = nil
        }
        wakeAllWaiting(error)
    }
}
