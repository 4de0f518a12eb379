/// Something the server said that is not an answer: a NOTICE or WARNING.
public struct PostgresNotice: Sendable {
    /// `NOTICE`, `WARNING`, `INFO`, `LOG` or `DEBUG`; also `FATAL` when a server says goodbye to an idle connection.
    public let severity: String
    /// Its SQLSTATE, `00000` for a plain notice.
    public let state: SQLState?
    /// One line.
    public let message: String
}

/// Called with each notice, on whatever thread meets it: the reactor's, or one that is opening a connection.
public typealias PostgresNoticeHandler = @Sendable (PostgresNotice) -> Void
