/// Why Postgres did not do what it was asked, one case per reaction.
public enum PostgresError: Error, Equatable, Sendable {
    /// There is no connection and nothing was sent: refused, unknown host, wrong password, missing database, too many
    /// connections, starting up. Wait, then try again. The reason names host, port, database and the remedy.
    case unreachable(reason: String)

    /// The connection died, or its deadline passed, after something was sent and before the whole reply: the statement
    /// may or may not have been committed. Ask the database which, on another connection.
    case outcomeUnknown(reason: String)

    /// Another transaction got in the way (40001, 40P01). Nothing was written: run it again.
    case conflict(SQLState)

    /// The server's answer is no, and nothing was written. `message`, `detail` and `constraint` are the server's own.
    /// See `SQLState.isTransient` and `SQLState.isDataFault`.
    case raised(SQLState, message: String, detail: String?, constraint: String?)

    /// The pool had no connection to give within its time. Nothing was sent. The reason says what the pool was doing.
    case poolTimeout(waitedMs: Int64, reason: String)
}

extension PostgresError: CustomStringConvertible {
    /// One line that says what happened and what to do about it; never a password.
    public var description: String {
        switch self {
        case .unreachable(let reason):
            "Postgres is not reachable: \(reason)"
        case .outcomeUnknown(let reason):
            "Postgres did not answer, the statement may have been committed: \(reason)"
        case .conflict(let state):
            "Postgres undid the statement for another transaction (\(state)): run it again"
        case .raised(let state, let message, let detail, let constraint):
            Self.line(state, message, detail, constraint)
        case .poolTimeout(let waitedMs, let reason):
            "no Postgres connection within \(waitedMs) ms: \(reason); raise postgres.pool.max or lower the load"
        }
    }

    private static func line(
        _ state: SQLState, _ message: String, _ detail: String?, _ constraint: String?
    ) -> String {
        var line = "Postgres refused the statement (\(state)): \(message.onOneLine)"
        if let detail { line += " (\(detail.onOneLine))" }
        if let constraint { line += " [\(constraint)]" }
        if let remedy = state.remedy { line += "; \(remedy)" }
        return line
    }
}

extension SQLState {
    /// What an operator can do about it, where that is not plain from the server's words.
    var remedy: String? {
        switch self {
        case .invalidPassword, .invalidAuthorization: "check user and password in postgres.url"
        case .unknownDatabase: "create the database or correct its name in postgres.url"
        case .tooManyConnections: "lower postgres.pool.max or raise the server's max_connections"
        case .diskFull: "free disk space on the Postgres server"
        case .startingUp: "the server is starting or stopping, it will be tried again"
        case .readOnlyTransaction: "this is a replica: let postgres.url name the primary"
        case .insufficientPrivilege: "grant the user of postgres.url the missing right"
        case .unknownTable, .unknownFunction: "the schema is older than this program: run the migrations"
        default: nil
        }
    }
}

extension String {
    /// Without line breaks: logs and errors are single lines.
    var onOneLine: String {
        split(whereSeparator: \.isNewline).joined(separator: "; ")
    }
}
