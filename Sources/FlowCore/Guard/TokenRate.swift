/// How fast a bucket of tokens fills, and how many it holds. One token is one request.
///
/// Sums are in millionths of a token and times in milliseconds: a rate of so many thousandths of a token per second is
/// the same number of millionths per millisecond, so nothing is ever rounded and no drift can build up.
public struct TokenRate: Sendable, Equatable {
    /// The highest rate, tokens per second, and the largest burst, tokens.
    public static let most: Int64 = 1_000_000_000
    /// One token, in millionths.
    static let token: Int64 = 1_000_000

    /// What comes in, millionths of a token per millisecond: `1 ... 10^12`.
    let millionthsPerMs: Int64
    /// What a full bucket holds, tokens: `1 ... most`.
    public let burst: Int64
    /// How long an empty bucket takes to be full, milliseconds, rounded up.
    public let msToFill: Int64

    /// - Parameters:
    ///   - thousandthsPerSecond: thousandths of a token per second, `1 ... most * 1,000`.
    ///   - burst: tokens that a full bucket gives at one moment, `1 ... most`.
    public init(thousandthsPerSecond: Int64, burst: Int64) {
        precondition(thousandthsPerSecond >= 1 && thousandthsPerSecond <= Self.most * 1_000, "a rate out of its range")
        precondition(burst >= 1 && burst <= Self.most, "a burst out of its range")
        millionthsPerMs = thousandthsPerSecond
        self.burst = burst
        msToFill = Self.quotientUp(burst * Self.token, thousandthsPerSecond)
    }

    /// - Parameters:
    ///   - perSecond: tokens per second, `1 ... most`.
    ///   - burst: tokens that a full bucket gives at one moment, `1 ... most`.
    public init(perSecond: Int64, burst: Int64) {
        self.init(thousandthsPerSecond: perSecond * 1_000, burst: burst)
    }

    /// 110 % of a steady load: who keeps to it never meets the bound, and what goes beyond is turned away before it
    /// queues.
    ///
    /// - Parameters:
    ///   - perSecond: the steady load, requests per second, `1 ... most * 10 / 11`.
    ///   - burst: tokens; by default what comes in within a second, rounded up.
    /// - Source: field-notes.md, report D (110 % of steady load).
    public static func aboveSteady(perSecond: Int64, burst: Int64? = nil) -> TokenRate {
        let thousandths = perSecond * 1_100
        return TokenRate(thousandthsPerSecond: thousandths, burst: burst ?? quotientUp(thousandths, 1_000))
    }

    /// Milliseconds in which at least so many millionths come in.
    func msFor(_ millionths: Int64) -> Int64 { Self.quotientUp(millionths, millionthsPerMs) }

    private static func quotientUp(_ dividend: Int64, _ divisor: Int64) -> Int64 { (dividend + divisor - 1) / divisor }
}
