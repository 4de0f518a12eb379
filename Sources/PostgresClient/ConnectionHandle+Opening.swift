import CLibpq
import Glibc
import Reactor

/// Opens a connection on a thread that may block: libpq resolves names, checks certificates and computes SCRAM proofs
/// (milliseconds of CPU) in the caller's thread.
struct ConnectionOpening: Sendable {
    let url: String
    let address: PostgresAddress
    /// For each address that the hosts resolve to; the URL's connect_timeout wins.
    let timeoutMs: Int64
    let applicationName: String
    let notices: NoticeReceiver

    /// Blocks until the connection is ready or has failed.
    func callAsFunction() throws(PostgresError) -> OpenedConnection {
        guard let connection = start() else { throw .unreachable(reason: "\(address): out of memory") }
        // With this libpq puts the SQLSTATE into its message; there is no other way to learn it before the first query.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        notices.attach(to: connection)
        let hasTimedOut = drive(connection)
        guard PQstatus(connection) == CONNECTION_OK else {
            defer { PQfinish(connection) }
            throw .unreachable(reason: reason(String(cString: PQerrorMessage(connection)), hasTimedOut: hasTimedOut))
        }
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        PQsetnonblocking(connection, 1)
        return OpenedConnection(connection: connection)
    }

    /// The last of several values for one option wins, so ours stand before or after the URL's.
    private func start() -> OpaquePointer? {
        let options: [(String, String)] = [
            ("fallback_application_name", applicationName),
            // A server that vanished without a word is noticed within about ten seconds, idle or not.
            ("keepalives_idle", "10"), ("keepalives_interval", "3"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "10000"),
            ("dbname", url),
            ("client_encoding", "UTF8"),
        ]
        var keywords = options.map { UnsafePointer(strdup($0.0)) } + [nil]
        var values = options.map { UnsafePointer(strdup($0.1)) } + [nil]
        defer { for text in keywords + values { free(UnsafeMutablePointer(mutating: text)) } }
        return PQconnectStartParams(&keywords, &values, 1)
    }

    /// Drives the connection until it is ready or failed.
    /// - Returns: whether time ran out.
    private func drive(_ connection: OpaquePointer) -> Bool {
        let timeoutMs = timeoutOfURL(connection) ?? timeoutMs
        var hasTimedOut = false
        var deadlineMs = Clock.monotonicMs() + timeoutMs
        var wanted = PGRES_POLLING_WRITING
        while PQstatus(connection) != CONNECTION_BAD, wanted != PGRES_POLLING_OK, wanted != PGRES_POLLING_FAILED {
            let events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT
            var descriptor = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
            let patienceMs = Int32(clamping: max(0, deadlineMs - Clock.monotonicMs()))
            let count = poll(&descriptor, 1, patienceMs)
            if count < 0 && errno == EINTR { continue }
            if count == 0 {
                hasTimedOut = true
                // libpq gives up a silent address only in its blocking calls, which hide the SQLSTATE. A socket that
                // is shut down fails, and libpq goes on to the next address. Past that stage it would not.
                if PQstatus(connection) != CONNECTION_STARTED { return true }
                shutdown(descriptor.fd, Int32(SHUT_RDWR))
                deadlineMs = Clock.monotonicMs() + timeoutMs
            }
            wanted = PQconnectPoll(connection)
        }
        return hasTimedOut
    }

    private func timeoutOfURL(_ connection: OpaquePointer) -> Int64? {
        guard let options = PQconninfo(connection) else { return nil }
        defer { PQconninfoFree(options) }
        guard let text = PostgresAddress.value(of: "connect_timeout", in: options), let seconds = Int64(text) else {
            return nil
        }
        return seconds > 0 && seconds < 1_000_000 ? seconds * 1_000 : nil
    }

    /// libpq's words without the place in the server's source, the address, and what to do.
    private func reason(_ message: String, hasTimedOut: Bool) -> String {
        let lines = message.split(whereSeparator: \.isNewline).map(\.trimmed)
        var text = lines.filter { !$0.hasPrefix("LOCATION:") && !$0.isEmpty }.joined(separator: "; ")
        if hasTimedOut { text = "no answer in time (\(text.isEmpty ? "connecting" : text))" }
        let remedy = Self.state(in: text)?.remedy ?? "check postgres.url, and that the server runs and may be reached"
        return "\(address): \(text); \(remedy)"
    }

    /// A verbose message reads `FATAL:  28P01: password authentication failed`, in any language.
    private static func state(in message: String) -> SQLState? {
        for part in message.split(separator: ":") {
            let word = part.trimmed
            if word.contains(where: \.isNumber), let state = SQLState(word) { return state }
        }
        return nil
    }
}
