/// Growing pauses between attempts: 100 ms doubling to 5 s, each shortened by up to half at random so that a fleet does
/// not return in step.
public struct Backoff: Sendable {
    public static let firstMs: Int64 = 100
    public static let longestMs: Int64 = 5_000

    private var nextMs = Backoff.firstMs
    private var random: SplitMix64

    public init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// The pause before the next attempt, in milliseconds: `50 ... 5,000`.
    public mutating func nextPauseMs() -> Int64 {
        let full = nextMs
        nextMs = min(full * 2, Self.longestMs)
        return full - Int64(random.next() % UInt64(full / 2 + 1))
    }

    /// An attempt succeeded.
    public mutating func reset() { nextMs = Self.firstMs }
}

/// A small reproducible generator (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
