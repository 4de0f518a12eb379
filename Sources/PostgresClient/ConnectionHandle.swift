import CLibpq

/// One libpq connection. Owns exactly one `PGconn` and finishes it exactly once.
///
/// Not `Sendable`: libpq forbids two threads on one `PGconn` at a time (PostgreSQL manual, "Behavior in Threaded
/// Programs").
struct ConnectionHandle: ~Copyable {
    private let connection: OpaquePointer
    /// libpq holds a pointer to it for as long as the connection lives.
    private let notices: NoticeReceiver

    init(owning opened: OpenedConnection, notices: NoticeReceiver) {
        connection = opened.connection
        self.notices = notices
    }

    deinit { PQfinish(connection) }

    var socket: Int32 { PQsocket(connection) }
    var backendPID: Int32 { PQbackendPID(connection) }

    // Methods, not properties: the compiler lends a noncopyable value inside an optional to methods only.

    func isAlive() -> Bool { PQstatus(connection) == CONNECTION_OK }

    /// Between transactions, with nothing under way.
    func isIdle() -> Bool { PQtransactionStatus(connection) == PQTRANS_IDLE }

    /// libpq's latest complaint, on one line.
    func errorMessage() -> String { String(cString: PQerrorMessage(connection)).trimmed.onOneLine }

    // MARK: Sending; false means that libpq did not take it, see errorMessage

    func send(_ sql: String, _ parameters: PostgresParameters?) -> Bool {
        guard let parameters else {
            return PQsendQueryParams(connection, sql, 0, nil, nil, nil, nil, 1) == 1
        }
        return parameters.withArguments { count, types, values, lengths, formats in
            PQsendQueryParams(connection, sql, count, types, values, lengths, formats, 1) == 1
        }
    }

    func sendScript(_ sql: String) -> Bool {
        PQsendQuery(connection, sql) == 1
    }

    func sendPrepare(_ statement: PreparedStatement, types: [UInt32]) -> Bool {
        PQsendPrepare(connection, statement.name, statement.sql, Int32(types.count), types) == 1
    }

    func sendExecute(_ statement: PreparedStatement, _ parameters: PostgresParameters?) -> Bool {
        guard let parameters else {
            return PQsendQueryPrepared(connection, statement.name, 0, nil, nil, nil, 1) == 1
        }
        return parameters.withArguments { count, _, values, lengths, formats in
            PQsendQueryPrepared(connection, statement.name, count, values, lengths, formats, 1) == 1
        }
    }

    enum FlushResult { case done, mustWait, failed }

    /// Writes what the socket takes.
    func flush() -> FlushResult {
        switch PQflush(connection) {
        case 0: .done
        case 1: .mustWait
        default: .failed
        }
    }

    // MARK: Receiving

    /// Reads what the socket has. False when the connection is gone; what it said before can still be read.
    func consumeInput() -> Bool { PQconsumeInput(connection) == 1 }

    /// Whether `nextResult` would block.
    func isBusy() -> Bool { PQisBusy(connection) == 1 }

    /// The next result of the call under way; nil when it has ended.
    func nextResult() -> PostgresRows? {
        PQgetResult(connection).map { PostgresRows(owning: $0) }
    }

    /// Reads and drops what arrives between calls; notices go to their handler.
    func dropNotifications() {
        while let notification = PQnotifies(connection) { PQfreemem(notification) }
    }
}

/// A connection on its way from the thread that opened it to its owner.
///
/// Safe to hand over although libpq's connections are bound to one thread at a time: the opening thread lets go of it
/// by returning it and keeps no copy.
struct OpenedConnection: @unchecked Sendable {
    let connection: OpaquePointer
}

/// Where libpq puts notices, instead of stderr.
final class NoticeReceiver: Sendable {
    private let handler: PostgresNoticeHandler?

    init(_ handler: PostgresNoticeHandler?) { self.handler = handler }

    /// The connection must not outlive the receiver.
    func attach(to connection: OpaquePointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        PQsetNoticeReceiver(
            connection,
            { context, result in
                guard let context else { return }
                Unmanaged<NoticeReceiver>.fromOpaque(context).takeUnretainedValue().receive(result)
            }, context)
    }

    private func receive(_ result: OpaquePointer?) {
        guard let handler, let result else { return }
        let fields = ResultFields(result)
        handler(
            PostgresNotice(
                severity: fields.severity ?? "NOTICE", state: fields.state, message: fields.message.onOneLine))
    }
}
