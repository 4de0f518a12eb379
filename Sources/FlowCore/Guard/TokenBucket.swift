/// A bucket of tokens: full at first, a request takes one, and they come back at a steady rate up to the burst. So in
/// any stretch of time no more is allowed than the burst and what comes in meanwhile.
///
/// Exact: a request is allowed at the first millisecond at which its token is wholly there.
///
/// - Source: J. Turner, "New Directions in Communications" (1986), on the leaky bucket as a meter.
public struct TokenBucket: Sendable {
    /// What a bucket says to a request.
    public enum Answer: Sendable, Equatable {
        /// The tokens are taken.
        case allowed
        /// Nothing is taken. The same request is allowed so many milliseconds from now, 1 or more, unless others come
        /// first.
        case refused(retryAfterMs: Int64)
    }

    public let rate: TokenRate
    private var level = TokenLevel()

    /// A full bucket.
    public init(_ rate: TokenRate) { self.rate = rate }

    /// Takes tokens, all or none.
    ///
    /// - Parameters:
    ///   - count: `1 ... rate.burst`: more could never be there.
    ///   - nowMs: monotonic milliseconds, `0 ..< 2^62`.
    public mutating func take(_ count: Int64 = 1, nowMs: Int64) -> Answer {
        let waitMs = level.waitMs(for: count, rate, nowMs: nowMs)
        if waitMs > 0 { return .refused(retryAfterMs: waitMs) }
        level.take(count, rate, nowMs: nowMs)
        return .allowed
    }

    /// Whole tokens that are there.
    func tokens(nowMs: Int64) -> Int64 { level.tokens(rate, nowMs: nowMs) }

    /// How long until so many tokens are there, milliseconds; 0 when they are. Takes nothing.
    func waitMs(for count: Int64 = 1, nowMs: Int64) -> Int64 { level.waitMs(for: count, rate, nowMs: nowMs) }
}

/// What is missing from a bucket, without its rate: many buckets share one. 16 bytes.
///
/// It is kept as the moment at which the bucket will be full, so that a bucket at rest needs no upkeep.
struct TokenLevel: Sendable, Equatable {
    /// The first millisecond at which nothing is missing.
    private(set) var fullAtMs: Int64 = 0
    /// By how much what came in until then exceeds what was missing, millionths of a token, less than comes in within
    /// a millisecond.
    private var surplus: Int64 = 0

    /// Millionths of a token that a full bucket has more.
    private func missing(_ rate: TokenRate, nowMs: Int64) -> Int64 {
        if nowMs >= fullAtMs { return 0 }
        let leftMs = fullAtMs - nowMs
        // No bucket lacks more than all it holds, whatever the clock says; this also keeps the product in range.
        return leftMs > rate.msToFill ? rate.burst * TokenRate.token : leftMs * rate.millionthsPerMs - surplus
    }

    func tokens(_ rate: TokenRate, nowMs: Int64) -> Int64 {
        (rate.burst * TokenRate.token - missing(rate, nowMs: nowMs)) / TokenRate.token
    }

    func waitMs(for count: Int64, _ rate: TokenRate, nowMs: Int64) -> Int64 {
        precondition(count >= 1 && count <= rate.burst, "tokens that no bucket of this burst ever holds")
        let lacking = missing(rate, nowMs: nowMs) - (rate.burst - count) * TokenRate.token
        return lacking <= 0 ? 0 : rate.msFor(lacking)
    }

    /// - Precondition: `waitMs` is 0.
    mutating func take(_ count: Int64, _ rate: TokenRate, nowMs: Int64) {
        let missing = missing(rate, nowMs: nowMs) + count * TokenRate.token
        let leftMs = rate.msFor(missing)
        fullAtMs = nowMs + leftMs
        surplus = leftMs * rate.millionthsPerMs - missing
    }
}
