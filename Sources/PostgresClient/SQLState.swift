/// The five characters with which Postgres names a condition (manual, appendix A, "PostgreSQL Error Codes").
public struct SQLState: Hashable, Sendable {
    /// The five ASCII bytes, the first one highest.
    private let packed: UInt64

    /// Nil unless `text` is five digits or capital letters.
    public init?(_ text: String) {
        guard text.utf8.count == 5 else { return nil }
        var packed: UInt64 = 0
        for byte in text.utf8 {
            guard (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) else { return nil }
            packed = packed << 8 | UInt64(byte)
        }
        self.packed = packed
    }

    /// The five characters.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The first two characters.
    public var group: String { String(decoding: bytes.prefix(2), as: UTF8.self) }

    private var bytes: [UInt8] { (0..<5).map { UInt8(truncatingIfNeeded: packed >> (32 - 8 * $0)) } }
}

extension SQLState: ExpressibleByStringLiteral {
    /// A state written in the source, such as `"CA001"`; anything but five digits or capitals is a bug.
    public init(stringLiteral value: StaticString) {
        guard let state = SQLState(value.description) else { preconditionFailure("no SQLSTATE: \(value)") }
        self = state
    }
}

extension SQLState: CustomStringConvertible {
    /// The five characters.
    public var description: String { text }
}

extension SQLState {
    /// Postgres cannot do this; also a prepared statement whose result a migration changed.
    public static let featureNotSupported: SQLState = "0A000"
    /// A write on a replica or in a read-only transaction.
    public static let readOnlyTransaction: SQLState = "25006"
    /// The prepared statement is gone.
    public static let invalidStatementName: SQLState = "26000"
    /// Wrong password.
    public static let invalidPassword: SQLState = "28P01"
    /// pg_hba.conf or the role does not let this user in.
    public static let invalidAuthorization: SQLState = "28000"
    /// No such database.
    public static let unknownDatabase: SQLState = "3D000"
    /// Lost against a concurrent transaction.
    public static let serializationFailure: SQLState = "40001"
    /// Chosen to end a deadlock.
    public static let deadlockDetected: SQLState = "40P01"
    /// A right is missing.
    public static let insufficientPrivilege: SQLState = "42501"
    /// No such function, or not with these types.
    public static let unknownFunction: SQLState = "42883"
    /// No such table.
    public static let unknownTable: SQLState = "42P01"
    /// The server's disk is full.
    public static let diskFull: SQLState = "53100"
    /// Every connection that the server or role allows is taken.
    public static let tooManyConnections: SQLState = "53300"
    /// lock_timeout, or NOWAIT.
    public static let lockNotAvailable: SQLState = "55P03"
    /// statement_timeout, or somebody cancelled it.
    public static let queryCanceled: SQLState = "57014"
    /// The server is shutting down, or somebody ended this backend.
    public static let adminShutdown: SQLState = "57P01"
    /// The server is starting, stopping or recovering.
    public static let startingUp: SQLState = "57P03"
    /// A key exists already.
    public static let uniqueViolation: SQLState = "23505"
    /// A CHECK says no.
    public static let checkViolation: SQLState = "23514"
    /// A text is no value of its type.
    public static let invalidText: SQLState = "22P02"
    /// A bug, of the server's or of libpq's.
    public static let internalError: SQLState = "XX000"

    /// The data is at fault (class 22 or 23): the same rows will be refused again.
    public var isDataFault: Bool { group == "22" || group == "23" }

    /// Running the same thing again is the whole remedy (a lost race between transactions).
    public var isConflict: Bool { self == .serializationFailure || self == .deadlockDetected }

    /// The server is at fault and may recover without anybody changing the statement: connections (08), resources such
    /// as disk, memory and connections (53), operators (57: shutdown, cancel, starting up), input and output (58), a
    /// server that a failover left read-only, a lock not granted in time.
    public var isTransient: Bool {
        ["08", "53", "57", "58"].contains(group) || self == .readOnlyTransaction || self == .lockNotAvailable
    }
}
