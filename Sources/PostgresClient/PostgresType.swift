/// The types that `PostgresParameters` can write. The raw value is the type's object id (PostgreSQL source,
/// `src/include/catalog/pg_type.dat`), which is fixed for built-in types.
public enum PostgresType: UInt32, Sendable {
    case bool = 16
    case bytea = 17
    case int8 = 20
    case int2 = 21
    case int4 = 23
    case text = 25
    case float8 = 701
    case timestamptz = 1184

    /// The object id of the array of this type.
    public var arrayID: UInt32 {
        switch self {
        case .bool: 1000
        case .bytea: 1001
        case .int8: 1016
        case .int2: 1005
        case .int4: 1007
        case .text: 1009
        case .float8: 1022
        case .timestamptz: 1185
        }
    }
}

/// Between milliseconds since 1970 and the microseconds since 2000-01-01T00:00:00Z that Postgres sends and expects
/// (manual, "Date/Time Types"; `src/include/datatype/timestamp.h`).
@usableFromInline
enum TimestampCoding {
    @usableFromInline static let epochDifferenceMs: Int64 = 946_684_800_000

    /// What no timestamptz can hold becomes a number that the server refuses (22008), never `infinity`.
    @inlinable
    static func microseconds(fromMs milliseconds: Int64) -> Int64 {
        let (shifted, tooSmall) = milliseconds.subtractingReportingOverflow(epochDifferenceMs)
        let (scaled, tooLarge) = shifted.multipliedReportingOverflow(by: 1_000)
        if tooSmall || tooLarge { return milliseconds < 0 ? .min + 1 : .max - 1 }
        return scaled
    }

    /// Rounds down. `infinity` and `-infinity` become the extremes of `Int64`.
    static func milliseconds(fromMicroseconds microseconds: Int64) -> Int64 {
        if microseconds == .max || microseconds == .min { return microseconds }
        let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000)
        return quotient - (remainder < 0 ? 1 : 0) + epochDifferenceMs
    }
}
