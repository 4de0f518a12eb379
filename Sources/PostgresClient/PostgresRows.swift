import CLibpq

/// The rows that a statement returned, in Postgres' binary format. Rows and columns count from 0.
///
/// A column is read as what the statement made it: asking for another type, for a null value (see `isNull`) or beyond
/// the last row is a bug and traps. Reading is thread-safe: libpq never changes a result ("Behavior in Threaded
/// Programs"), which is why this may cross threads although it owns a C object.
public final class PostgresRows: @unchecked Sendable {
    private let result: OpaquePointer
    /// The number of rows.
    public let count: Int
    /// The number of columns.
    public let columnCount: Int

    init(owning result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
        columnCount = Int(PQnfields(result))
    }

    deinit { PQclear(result) }

    /// Whether there is no row.
    public var isEmpty: Bool { count == 0 }

    /// The names as the statement gave them.
    public var columnNames: [String] {
        (0..<columnCount).map { PQfname(result, Int32($0)).map { String(cString: $0) } ?? "" }
    }

    /// Rows that an INSERT, UPDATE, DELETE, MERGE, SELECT or COPY touched; 0 for other statements.
    public var affectedCount: Int {
        PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// Whether the value is SQL's null.
    public func isNull(_ row: Int, _ column: Int) -> Bool {
        check(row, column)
        return PQgetisnull(result, Int32(row), Int32(column)) == 1
    }

    /// The value as it came; valid as long as these rows live. Text is UTF-8.
    public func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
        check(row, column)
        let length = PQgetlength(result, Int32(row), Int32(column))
        guard length > 0 || PQgetisnull(result, Int32(row), Int32(column)) == 0 else {
            preconditionFailure("column \(column) of row \(row) is null")
        }
        return UnsafeRawBufferPointer(start: PQgetvalue(result, Int32(row), Int32(column)), count: Int(length))
    }

    /// An int2, int4 or int8. (`sum` of an int8 is numeric: cast it.)
    public func int64(_ row: Int, _ column: Int) -> Int64 {
        let bytes = bytes(row, column)
        switch bytes.count {
        case 8: return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
        case 4: return Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
        case 2: return Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
        default: preconditionFailure("column \(column) is no integer: \(bytes.count) bytes")
        }
    }

    /// An int2 or int4.
    public func int32(_ row: Int, _ column: Int) -> Int32 {
        Int32(int64(row, column))
    }

    /// A boolean.
    public func bool(_ row: Int, _ column: Int) -> Bool {
        fixed(row, column, as: UInt8.self) != 0
    }

    /// A float8.
    public func double(_ row: Int, _ column: Int) -> Double {
        Double(bitPattern: fixed(row, column, as: UInt64.self))
    }

    /// A timestamptz as milliseconds since 1970-01-01T00:00:00Z, rounded down; `infinity` is `Int64.max`.
    public func timestampMs(_ row: Int, _ column: Int) -> Int64 {
        TimestampCoding.milliseconds(fromMicroseconds: fixed(row, column, as: Int64.self))
    }

    /// A text, varchar, name or json (not jsonb).
    public func text(_ row: Int, _ column: Int) -> String {
        String(decoding: bytes(row, column), as: UTF8.self)
    }

    private func fixed<Value: FixedWidthInteger>(_ row: Int, _ column: Int, as type: Value.Type) -> Value {
        let bytes = bytes(row, column)
        precondition(bytes.count == MemoryLayout<Value>.size, "column \(column) has \(bytes.count) bytes")
        return Value(bigEndian: bytes.loadUnaligned(as: Value.self))
    }

    private func check(_ row: Int, _ column: Int) {
        let exists = row >= 0 && row < count && column >= 0 && column < columnCount
        precondition(exists, "no row \(row), column \(column)")
    }
}

// MARK: What the connection looks at

extension PostgresRows {
    enum Kind { case rows, copy, failure }

    var kind: Kind {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: .rows
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: .copy
        default: .failure
        }
    }

    /// Why a result is a failure.
    ///
    /// Only an ERROR is an answer: the transaction is undone. A FATAL may come after the commit, as may libpq's own
    /// news of a lost connection, which carries no severity.
    func failure(_ address: PostgresAddress) -> PostgresError {
        let fields = ResultFields(result)
        guard fields.severity == "ERROR", let state = fields.state else {
            return .outcomeUnknown(reason: "\(address): \(fields.message.onOneLine)")
        }
        if state.isConflict { return .conflict(state) }
        return .raised(state, message: fields.message, detail: fields.detail, constraint: fields.constraint)
    }
}

/// The fields of an error or notice (manual, "Error and Notice Message Fields").
struct ResultFields {
    private let result: OpaquePointer

    init(_ result: OpaquePointer) { self.result = result }

    /// In English, whatever the server speaks.
    var severity: String? { field("V") }
    var state: SQLState? { field("C").flatMap { SQLState($0) } }
    var detail: String? { field("D") }
    var constraint: String? { field("n") }
    var message: String {
        field("M") ?? PQresultErrorMessage(result).map { String(cString: $0).trimmed } ?? "no reason given"
    }

    private func field(_ code: UnicodeScalar) -> String? {
        PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
    }
}
