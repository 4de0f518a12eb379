import Histogram

/// Durations in an HDR histogram: 1 µs to 10 minutes, three significant digits.
struct LatencyRecorder {
    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 1, highestTrackableValue: highestUs, numberOfSignificantValueDigits: .three)
    private static let highestUs: UInt64 = 600_000_000

    /// - Parameter nanoseconds: below 0 counts as 0, above 10 minutes as that.
    mutating func add(_ nanoseconds: Int64) {
        histogram.record(min(UInt64(max(0, nanoseconds)) / 1_000, Self.highestUs))
    }

    /// nil without a single value.
    var quantiles: Quantiles? {
        let count = Int(histogram.totalCount)
        guard count > 0 else { return nil }
        func milliseconds(_ percentile: Double) -> Double { Double(histogram.valueAtPercentile(percentile)) / 1_000 }
        return Quantiles(
            count: count, p50: milliseconds(50), p99: milliseconds(99), p999: milliseconds(99.9),
            max: Double(histogram.max) / 1_000)
    }
}

/// What a histogram says, in milliseconds.
struct Quantiles: Codable, Equatable {
    var count: Int
    var p50: Double
    var p99: Double
    var p999: Double
    var max: Double
}
