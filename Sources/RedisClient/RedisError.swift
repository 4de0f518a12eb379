/// Why a call did not succeed, one case per reaction. Every text is one line that names the server and what to do; a
/// password never appears in it.
public enum RedisError: Error, Equatable, Sendable {
    /// The URL or a TLS file is wrong: correct the settings.
    case invalidSettings(String)
    /// Nothing was sent: go on without, the client keeps connecting by itself.
    case unreachable(String)
    /// The call may or may not have been executed: repeat it when repeating does no harm.
    case connectionLost(String)
    /// The server answered with an error; `code` is its first word (`NOAUTH`, `OOM`, `ERR`).
    case refused(code: String, message: String)
    /// What came back is no answer to what was asked; the connection was closed.
    case protocolViolation(String)
}

extension RedisError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidSettings(let text), .unreachable(let text), .connectionLost(let text),
            .protocolViolation(let text), .refused(_, let text):
            text
        }
    }
}

extension RedisError {
    /// An error reply (`CODE text`) of a server, with the remedy for what operators run into.
    static func refusal(_ reply: String, by server: Server) -> RedisError {
        let code = String(reply.prefix { $0 != " " })
        let line = String(reply.prefix(200).map { $0.isNewline ? " " : $0 })
        let hint = remedy(code: code, reply: reply).map { ": " + $0 } ?? ""
        return .refused(code: code, message: "Redis at \(server) answers \"\(line)\"\(hint)")
    }

    /// Codes: Redis 7 `src/server.c` (`createSharedObjects`), `src/acl.c`, `src/networking.c`.
    private static func remedy(code: String, reply: String) -> String? {
        switch code {
        case "NOAUTH": "it wants a password, put user and password into the URL"
        case "WRONGPASS": "correct user and password in the URL"
        case "NOPERM": "grant this user the command and the keys (ACL SETUSER)"
        case "OOM": "maxmemory is used up, set maxmemory-policy allkeys-lru or give it more"
        case "LOADING": "it still loads its data, wait"
        case "BUSY": "a script runs too long, see SLOWLOG"
        case "READONLY": "this is a replica, point the URL at its master"
        case "MASTERDOWN": "this replica lost its master, point the URL at the master"
        case "MISCONF": "it cannot save to disk, switch saving off or make room"
        case "DENIED": "it accepts its own machine only, set bind and a password"
        case "CLUSTERDOWN": "some slots have no master, see CLUSTER INFO"
        case "CROSSSLOT", "MOVED", "ASK": "this is a cluster, switch cluster routing on"
        case "NOREPLICAS": "too few replicas are in reach"
        case "ERR" where reply.contains("without any password configured"):
            "it has no password, take it out of the URL or set requirepass"
        case "ERR" where reply.contains("max number of clients"): "raise maxclients"
        case "ERR" where reply.contains("DB index is out of range"): "correct the database in the URL"
        case "ERR" where reply.contains("cluster support disabled"):
            "it is no cluster, switch cluster routing off"
        default: nil
        }
    }
}
