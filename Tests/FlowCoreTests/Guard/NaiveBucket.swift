import FlowCore

/// A bucket whose contents are counted in millionths of a token, in numbers that nothing overflows.
struct NaiveBucket {
    let thousandthsPerSecond: Int64
    let burst: Int64
    private var level: Int128
    private var countedAtMs: Int64 = 0

    init(thousandthsPerSecond: Int64, burst: Int64) {
        self.thousandthsPerSecond = thousandthsPerSecond
        self.burst = burst
        level = Int128(burst) * 1_000_000
    }

    /// What it holds now, millionths of a token. A token per second is a thousandth of a token per millisecond.
    func level(nowMs: Int64) -> Int128 {
        min(Int128(burst) * 1_000_000, level + Int128(nowMs - countedAtMs) * Int128(thousandthsPerSecond))
    }

    func has(_ count: Int64, nowMs: Int64) -> Bool { level(nowMs: nowMs) >= Int128(count) * 1_000_000 }

    mutating func take(_ count: Int64, nowMs: Int64) {
        level = level(nowMs: nowMs) - Int128(count) * 1_000_000
        countedAtMs = nowMs
    }
}
