import CLibpq

/// The libpq that this process runs with.
public enum PostgresLibrary {
    /// As `150020` for 15.20 (libpq's `PQlibVersion`).
    public static var version: Int32 { PQlibVersion() }
}
