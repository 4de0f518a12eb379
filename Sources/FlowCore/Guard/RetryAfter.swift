/// The value of the header `Retry-After`.
///
/// - Source: RFC 9110 section 10.2.3: whole seconds.
public enum RetryAfter {
    /// A wait whose end nobody can tell: a probe under way, a replica that must catch up. Milliseconds.
    static let unknownMs: Int64 = 1_000

    /// Whole seconds that are not shorter than so many milliseconds; at least 1, for 0 would mean "at once".
    public static func seconds(ms: Int64) -> Int64 { max(1, ms / 1_000 + (ms % 1_000 > 0 ? 1 : 0)) }
}
