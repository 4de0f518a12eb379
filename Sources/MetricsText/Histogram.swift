/// Counts of durations by bucket, as Prometheus has them. Adding is a handful of comparisons.
public struct Histogram: Sendable {
    /// Bounds for work that goes through queues, seconds.
    public static let queueBounds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    /// Upper bounds in seconds, rising; what is above the last counts only in the total.
    public let bounds: [Double]
    /// Of each bucket alone.
    public private(set) var counts: [Int]
    public private(set) var count = 0
    /// Seconds.
    public private(set) var sum = 0.0

    public init(bounds: [Double] = queueBounds) {
        self.bounds = bounds
        counts = [Int](repeating: 0, count: bounds.count)
    }

    /// - Parameter seconds: below 0 (clocks of two machines) counts as 0.
    public mutating func add(_ seconds: Double) {
        let seconds = max(0, seconds)
        count += 1
        sum += seconds
        if let bucket = bounds.firstIndex(where: { seconds <= $0 }) { counts[bucket] += 1 }
    }
}
