/// One server by name; its text is `host:port`.
struct Server: Hashable, Sendable, CustomStringConvertible {
    var host: String
    var port: UInt16

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// What a Redis URL says. Its parts are decoded.
struct RedisURL: Equatable, Sendable {
    var server: Server
    var isSecure: Bool
    var user: String?
    var password: String?
    var database = 0

    /// - Throws: `invalidSettings` with a text that never repeats user or password.
    /// - Source: the "redis" and "rediss" schemes as registered with IANA.
    init(_ text: String) throws(RedisError) {
        if let rest = Self.dropping("redis://", from: text) {
            isSecure = false
            server = Server(host: "", port: 6379)
            try parse(rest)
        } else if let rest = Self.dropping("rediss://", from: text) {
            isSecure = true
            server = Server(host: "", port: 6379)
            try parse(rest)
        } else {
            throw Self.wrong("it must begin with redis:// or rediss://")
        }
    }

    private static func dropping(_ scheme: String, from text: String) -> Substring? {
        text.lowercased().hasPrefix(scheme) ? text.dropFirst(scheme.count) : nil
    }

    private static func wrong(_ what: String) -> RedisError {
        .invalidSettings("the Redis URL is wrong: \(what); write redis://user:password@host:6379/0")
    }

    private mutating func parse(_ text: Substring) throws(RedisError) {
        if text.contains("?") || text.contains("#") {
            throw Self.wrong("it takes no ? or #; in a password write %3F or %23")
        }
        var authority = text
        if let at = text.lastIndex(of: "@") {
            try parseLogin(text[..<at])
            authority = text[text.index(after: at)...]
        }
        if let slash = authority.firstIndex(of: "/") {
            try parseDatabase(authority[authority.index(after: slash)...])
            authority = authority[..<slash]
        }
        try parseServer(authority)
    }

    private mutating func parseLogin(_ text: Substring) throws(RedisError) {
        if text.contains("/") || text.contains("@") {
            throw Self.wrong("in user and password write %2F for a slash and %40 for an @")
        }
        let colon = text.firstIndex(of: ":")
        let name = try Self.decoded(text[..<(colon ?? text.endIndex)])
        user = name.isEmpty ? nil : name
        if let colon { password = try Self.decoded(text[text.index(after: colon)...]) }
        if password == "" { password = nil }
        if user != nil, password == nil { throw Self.wrong("a user needs a password, user:password@") }
    }

    private mutating func parseDatabase(_ text: Substring) throws(RedisError) {
        if text.isEmpty { return }
        guard let number = UInt16(text), text.allSatisfy(\.isNumber) else {
            throw Self.wrong("the database after the slash must be a number")
        }
        database = Int(number)
    }

    private mutating func parseServer(_ text: Substring) throws(RedisError) {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw Self.wrong("a ] is missing after the address") }
            host = text[text.index(after: text.startIndex)..<end]
            let after = text[text.index(after: end)...]
            if !after.isEmpty {
                guard after.hasPrefix(":") else { throw Self.wrong("only a port may follow the ]") }
                port = after.dropFirst()
            }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
            if port?.contains(":") == true { throw Self.wrong("an IPv6 address stands in [ ]") }
        }
        if host.isEmpty { throw Self.wrong("the host is missing") }
        if host.contains(where: { $0.isWhitespace || $0 == "%" || $0 == "," }) {
            throw Self.wrong("the host has a character no host has")
        }
        server.host = String(host)
        guard let port else { return }
        guard let number = UInt16(port), number > 0, port.allSatisfy(\.isNumber) else {
            throw Self.wrong("the port must be 1 to 65535")
        }
        server.port = number
    }

    private static func decoded(_ text: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal)
            else { throw wrong("a % must be followed by two hexadecimal digits") }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw wrong("user or password is not UTF-8")
        }
        return decoded
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init)
    }
}
