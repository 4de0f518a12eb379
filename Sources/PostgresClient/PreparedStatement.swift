/// A statement that a connection parses and plans once: on its first use there, which costs one more round trip.
///
/// The types of its parameters are those of its first use; another use with other types is a bug and traps.
public struct PreparedStatement: Sendable {
    /// Unique among the statements of a connection; at most 63 bytes.
    public let name: String
    /// One statement, its parameters written `$1`, `$2`.
    public let sql: String

    /// Sends nothing yet.
    public init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}
