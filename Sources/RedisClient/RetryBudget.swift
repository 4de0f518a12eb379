/// Bounds repeats to a tenth of the calls of the last 10 s, so that a slow server is not made slower by its callers.
struct RetryBudget {
    private struct Second {
        var number: Int64 = -1
        var calls = 0
        var retries = 0
    }

    private static let window: Int64 = 10
    private static let callsPerRetry = 10
    private var seconds = [Second](repeating: Second(), count: Int(window))

    mutating func countCall(atMs now: Int64) {
        seconds[current(now)].calls += 1
    }

    /// Whether one more repeat is affordable; if so, it is counted.
    mutating func take(atMs now: Int64) -> Bool {
        let position = current(now)
        let oldest = now / 1_000 - Self.window
        var calls = 0
        var retries = 0
        for second in seconds where second.number > oldest {
            calls += second.calls
            retries += second.retries
        }
        if (retries + 1) * Self.callsPerRetry > calls { return false }
        seconds[position].retries += 1
        return true
    }

    private mutating func current(_ now: Int64) -> Int {
        let number = now / 1_000
        let position = Int(number % Self.window)
        if seconds[position].number != number { seconds[position] = Second(number: number) }
        return position
    }
}

/// Pauses between attempts to connect: 50 ms doubling to 500 ms, each shortened by up to a half at random, so that a
/// fleet does not come back in step.
struct Backoff {
    static let firstMs: Int64 = 50
    static let longestMs: Int64 = 500
    private var nextMs = firstMs

    mutating func pauseMs() -> Int64 {
        defer { nextMs = min(2 * nextMs, Self.longestMs) }
        return Int64.random(in: nextMs / 2...nextMs)
    }

    mutating func reset() { nextMs = Self.firstMs }
}
