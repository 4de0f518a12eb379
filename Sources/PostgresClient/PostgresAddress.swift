import CLibpq

/// Where a connection URL leads, without its password: for messages and logs.
public struct PostgresAddress: Hashable, Sendable {
    /// Host names or addresses, separated by commas when there are several; the directory for a local socket.
    public let host: String
    /// Decimal; several, separated by commas, when there are several hosts.
    public let port: String
    /// The user's name unless the URL says otherwise.
    public let database: String
    /// The role that connects.
    public let user: String

    /// Reads a URL (`postgres://user:password@host:port/database?option=value`) or libpq's `key=value` form; what it
    /// leaves out comes from libpq's defaults and environment.
    public init(_ url: String) throws(PostgresError) {
        var problem: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &problem) else {
            let text = problem.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(problem)
            throw .unreachable(reason: "postgres.url cannot be read: \(Self.withoutQuotation(text))")
        }
        defer { PQconninfoFree(options) }
        let defaults = PQconndefaults()
        defer { PQconninfoFree(defaults) }
        func value(_ keyword: String) -> String? {
            Self.value(of: keyword, in: options) ?? defaults.flatMap { Self.value(of: keyword, in: $0) }
        }
        host = value("hostaddr") ?? value("host") ?? "local socket"
        port = value("port") ?? "5432"
        user = value("user") ?? "?"
        database = value("dbname") ?? user
    }

    /// libpq quotes what it cannot read, which may be the password: keep what stands before the quotation.
    private static func withoutQuotation(_ text: String) -> String {
        let plain = text.prefix { $0 != "\"" }.trimmed
        return plain.isEmpty ? "it is no connection URL" : plain
    }

    static func value(of keyword: String, in options: UnsafePointer<PQconninfoOption>) -> String? {
        var option = options
        while let name = option.pointee.keyword {
            if String(cString: name) == keyword {
                return option.pointee.val.map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
            }
            option += 1
        }
        return nil
    }
}

extension PostgresAddress: CustomStringConvertible {
    /// `127.0.0.1:5432/cairn as cairn`
    public var description: String { "\(host):\(port)/\(database) as \(user)" }
}

extension StringProtocol {
    /// Without blanks and line breaks at both ends.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
