import Reactor

/// One connection to Postgres, driven by the reactor. It carries one call at a time: whoever uses it has it alone.
///
/// An error that the server answers leaves it usable (inside a transaction block: after a rollback). After
/// `PostgresError.outcomeUnknown` it is broken for good.
@Reactor
public final class PostgresConnection {
    /// Where it leads.
    public nonisolated let address: PostgresAddress
    /// The server's process for this connection, as in `pg_stat_activity.pid`.
    public nonisolated let backendPID: Int32

    /// Nil once closed.
    var handle: ConnectionHandle?
    private var watch: Watch?
    var call: ConnectionCall?
    /// Types of the parameters of each statement that this connection has prepared, by name.
    var prepared: [String: [UInt32]] = [:]
    var mustFlush = false
    /// One timer serves all calls: a call that ends leaves it running, the next one finds it.
    var deadlineTimer: ReactorTimer?
    var deadlineTimerNs: Int64 = 0
    /// Why the connection can no longer be used.
    var brokenReason: String?
    /// The server said something after which another connection may do better (a fail-over, a lost statement).
    var mustRetire = false
    /// Told once, when the connection breaks while no call is under way.
    var onLossWhileIdle: (@Reactor () -> Void)?

    private init(_ handle: consuming ConnectionHandle, _ address: PostgresAddress) {
        self.address = address
        backendPID = handle.backendPID
        let socket = handle.socket
        self.handle = consume handle
        watch = Watch(socket, for: .read) { [weak self] readiness in self?.ready(readiness) }
    }

    isolated deinit { watch?.stop() }

    /// Opens a connection without blocking the reactor.
    ///
    /// - Parameters:
    ///   - url: `postgres://user:password@host:port/database?option=value`; options given there win over cairn's
    ///     (keepalives, connect_timeout). Several hosts are tried in their order.
    ///   - timeoutMs: for each address that the hosts resolve to.
    ///   - applicationName: shows in `pg_stat_activity`.
    ///   - onNotice: gets the server's notices and warnings; nil drops them.
    /// - Throws: only `PostgresError.unreachable`.
    public static func open(
        _ url: String, timeoutMs: Int64 = 5_000, applicationName: String = "cairn",
        onNotice: PostgresNoticeHandler? = nil
    ) async throws(PostgresError) -> PostgresConnection {
        let address = try PostgresAddress(url)
        let notices = NoticeReceiver(onNotice)
        let opening = ConnectionOpening(
            url: url, address: address, timeoutMs: timeoutMs, applicationName: applicationName, notices: notices)
        let opened = try await Reactor.blocking { () throws(PostgresError) in try opening() }
        return PostgresConnection(ConnectionHandle(owning: opened, notices: notices), address)
    }

    /// Whether calls can only fail. A server that goes away while nothing is under way is noticed as soon as its
    /// farewell arrives.
    public var isBroken: Bool { brokenReason != nil }

    /// Whether it may be lent to somebody else: between transactions, and nothing speaks against it.
    var isReusable: Bool {
        guard !isBroken, !mustRetire, call == nil, handle != nil else { return false }
        return handle!.isIdle()
    }

    /// Looks once whether the server has closed it; for a connection with no call under way.
    func isStillThere() -> Bool {
        ready(.read)
        return isReusable
    }

    /// Says goodbye to the server. A call under way ends with `outcomeUnknown`; a second `close` does nothing.
    public func close() {
        onLossWhileIdle = nil
        lose("the connection was closed")
    }

    /// Ends everything: the socket is closed, and so are the server's locks once it notices.
    func lose(_ reason: String) {
        guard handle != nil else { return }
        if brokenReason == nil { brokenReason = reason }
        watch?.stop()
        watch = nil
        deadlineTimer?.cancel()
        deadlineTimer = nil
        handle = nil
        prepared.removeAll()
        if let ended = call {
            call = nil
            ended.end(failure: .outcomeUnknown(reason: "\(address): \(reason)"))
        } else {
            let tell = onLossWhileIdle
            onLossWhileIdle = nil
            tell?()
        }
    }

    func wait(for readiness: Readiness) {
        watch?.wait(for: readiness)
    }
}
