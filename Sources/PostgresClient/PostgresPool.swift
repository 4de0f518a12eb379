import Reactor

/// Connections kept ready, in the sense of HikariCP: opened on demand, a few always idle, none older than its lifetime,
/// nobody waits longer than agreed. Who waits longest is served first; the connection used last is lent first.
///
/// Before it is lent a connection is asked whether the server has closed it (one `recv`, no round trip). One that comes
/// back broken, inside a transaction, or with an error that speaks against its server is closed, not reused.
@Reactor
public final class PostgresPool {
    let url: String
    let settings: PoolSettings
    let applicationName: String
    let onNotice: PostgresNoticeHandler?

    /// Every connection, idle or lent.
    private var members: [ObjectIdentifier: PoolMember] = [:]
    /// The last one is lent next.
    private var idle: [PostgresConnection] = []
    private var waiters: [PoolWaiter] = []
    private var counters = PoolStats()
    private var openings = 0
    private var retryTimer: ReactorTimer?
    private var retryPauseMs: Int64 = 0
    private var lastFailure: PostgresError?
    private var isClosed = false
    private var closers: [CheckedContinuation<Void, Never>] = []

    /// Openings under way at a time: enough to fill a pool within milliseconds, few enough not to flood a server that
    /// just came back.
    private static let openingsMax = 8

    /// Starts to open the connections that are to be idle; never fails, since a server may come later.
    /// - Parameter onNotice: gets the notices of all connections; nil drops them.
    public init(
        url: String, settings: PoolSettings = PoolSettings(), applicationName: String = "cairn",
        onNotice: PostgresNoticeHandler? = nil
    ) {
        self.url = url
        self.settings = settings
        self.applicationName = applicationName
        self.onNotice = onNotice
        fill()
    }

    /// A snapshot of gauges and counters; cheap.
    public var stats: PoolStats {
        var stats = counters
        stats.idle = idle.count
        stats.inUse = members.count - idle.count
        stats.opening = openings
        stats.waiting = waiters.count
        return stats
    }

    // MARK: Lending

    /// Lends a connection to `body`, alone, and takes it back however `body` ends.
    public func with<Value>(
        _ body: @Reactor (PostgresConnection) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let connection = try await acquire()
        defer { release(connection) }
        return try await body(connection)
    }

    /// Lends a connection; give it back with `release`.
    ///
    /// - Throws: `unreachable` when no connection exists and none could be opened in time, `poolTimeout` when all were
    ///   lent for too long.
    public func acquire() async throws(PostgresError) -> PostgresConnection {
        if isClosed { throw .unreachable(reason: "the pool is closed") }
        if waiters.isEmpty, let connection = takeIdle() {
            lend(connection)
            fill()
            return connection
        }
        let result = await withCheckedContinuation { continuation in
            let waiter = PoolWaiter(sinceNs: Clock.monotonicNs(), continuation)
            waiter.timer = Reactor.schedule(afterMs: settings.acquireTimeoutMs) { [weak self, weak waiter] in
                if let waiter { self?.giveUp(waiter) }
            }
            waiters.append(waiter)
            fill()
        }
        return try result.get()
    }

    /// Takes back what `acquire` has lent, once.
    public func release(_ connection: PostgresConnection) {
        let id = ObjectIdentifier(connection)
        precondition(members[id]?.isLent == true, "released a connection that this pool has not lent")
        members[id]?.isLent = false
        if connection.isReusable && !isClosed {
            offer(connection)
        } else {
            discard(connection)
        }
    }

    /// Lends nothing more, ends the waiting (`unreachable`), closes what is idle at once and the rest as it comes back.
    /// Returns when everything is closed.
    public func close() async {
        isClosed = true
        retryTimer?.cancel()
        for waiter in waiters { waiter.end(.failure(.unreachable(reason: "the pool is closed"))) }
        waiters.removeAll()
        for connection in idle { discard(connection) }
        if members.isEmpty && openings == 0 { return }
        await withCheckedContinuation { closers.append($0) }
    }

    private func takeIdle() -> PostgresConnection? {
        while let connection = idle.popLast() {
            connection.onLossWhileIdle = nil
            if connection.isStillThere() { return connection }
            discard(connection)
        }
        return nil
    }

    private func lend(_ connection: PostgresConnection) {
        members[ObjectIdentifier(connection)]?.isLent = true
        counters.acquired += 1
    }

    /// To whoever waits longest, else to the idle ones.
    private func offer(_ connection: PostgresConnection) {
        if waiters.isEmpty {
            connection.onLossWhileIdle = { [weak self, weak connection] in
                if let connection { self?.discard(connection) }
            }
            idle.append(connection)
        } else {
            let waiter = waiters.removeFirst()
            counters.waitedSeconds += waiter.waitedSeconds
            lend(connection)
            waiter.end(.success(connection))
        }
    }

    private func giveUp(_ waiter: PoolWaiter) {
        guard let position = waiters.firstIndex(where: { $0 === waiter }) else { return }
        waiters.remove(at: position)
        counters.timeouts += 1
        counters.waitedSeconds += waiter.waitedSeconds
        waiter.end(.failure(timeoutError))
    }

    private var timeoutError: PostgresError {
        let stats = stats
        let doing = "\(stats.inUse) of \(settings.max) in use, \(stats.opening) opening, \(stats.waiting) waiting"
        switch lastFailure {
        case .unreachable(let reason) where members.isEmpty:
            return .unreachable(reason: reason)
        case nil where members.isEmpty:
            let waited = "no answer within \(settings.acquireTimeoutMs) ms"
            return .unreachable(reason: "\(waited) (\(doing)); check postgres.url")
        case let failure:
            let suffix = failure.map { "; \($0)" } ?? ""
            return .poolTimeout(waitedMs: settings.acquireTimeoutMs, reason: doing + suffix)
        }
    }

    // MARK: Opening and closing

    /// Opens what waiting callers and the idle minimum ask for, within the bounds; after a failure one at a time and
    /// after a pause.
    private func fill() {
        if isClosed || retryTimer != nil { return }
        let wanted = waiters.count + settings.minIdle - idle.count - openings
        let room = min(settings.max - members.count, lastFailure == nil ? Self.openingsMax : 1) - openings
        for _ in 0..<max(0, min(wanted, room)) {
            openings += 1
            Reactor.task { [self] in await openOne() }
        }
    }

    private func openOne() async {
        do throws(PostgresError) {
            let connection = try await PostgresConnection.open(
                url, timeoutMs: settings.connectTimeoutMs, applicationName: applicationName, onNotice: onNotice)
            openings -= 1
            lastFailure = nil
            retryPauseMs = 0
            admit(connection)
        } catch {
            openings -= 1
            counters.openFailures += 1
            lastFailure = error
            retryLater()
        }
        if isClosed { wakeClosers() }
    }

    private func admit(_ connection: PostgresConnection) {
        counters.opened += 1
        let lifetimeMs = settings.maxLifetimeMs - Int64.random(in: 0...max(1, settings.maxLifetimeMs / 40))
        let timer = Reactor.schedule(afterMs: lifetimeMs) { [weak self, weak connection] in
            if let connection { self?.retire(connection) }
        }
        members[ObjectIdentifier(connection)] = PoolMember(lifetime: timer, isLent: false)
        if isClosed { return discard(connection) }
        offer(connection)
        fill()
    }

    /// 50 ms, doubling up to 1 s, less up to half at random.
    private func retryLater() {
        if isClosed || retryTimer != nil { return }
        retryPauseMs = min(1_000, max(50, retryPauseMs * 2))
        retryTimer = Reactor.schedule(afterMs: Int64.random(in: retryPauseMs / 2...retryPauseMs)) { [weak self] in
            self?.retryTimer = nil
            self?.fill()
        }
    }

    private func retire(_ connection: PostgresConnection) {
        connection.mustRetire = true
        if members[ObjectIdentifier(connection)]?.isLent == false { discard(connection) }
    }

    /// Closes one that is not lent, and opens another where one is missed.
    private func discard(_ connection: PostgresConnection) {
        guard let member = members.removeValue(forKey: ObjectIdentifier(connection)) else { return }
        member.lifetime.cancel()
        idle.removeAll { $0 === connection }
        connection.close()
        counters.closed += 1
        if isClosed { wakeClosers() } else { fill() }
    }

    private func wakeClosers() {
        guard members.isEmpty, openings == 0 else { return }
        for closer in closers { closer.resume() }
        closers.removeAll()
    }
}

private struct PoolMember {
    let lifetime: ReactorTimer
    var isLent: Bool
}

/// A caller of `acquire` in the queue.
@Reactor
private final class PoolWaiter {
    private let sinceNs: Int64
    private var continuation: CheckedContinuation<Result<PostgresConnection, PostgresError>, Never>?
    var timer: ReactorTimer?

    init(sinceNs: Int64, _ continuation: CheckedContinuation<Result<PostgresConnection, PostgresError>, Never>) {
        self.sinceNs = sinceNs
        self.continuation = continuation
    }

    var waitedSeconds: Double { Double(Clock.monotonicNs() - sinceNs) / 1e9 }

    func end(_ result: Result<PostgresConnection, PostgresError>) {
        timer?.cancel()
        timer = nil
        continuation?.resume(returning: result)
        continuation = nil
    }
}
