/// One figure over time.
struct Series: Equatable {
    struct Point: Equatable {
        /// Since the run's start.
        var minute: Double
        var value: Double
    }

    private(set) var points: [Point] = []

    mutating func add(_ value: Double, atMinute minute: Double) { points.append(Point(minute: minute, value: value)) }

    /// What came at `minute` or later.
    func from(minute: Double) -> Series { Series(points: points.filter { $0.minute >= minute }) }

    var first: Double { points.first?.value ?? 0 }
    var last: Double { points.last?.value ?? 0 }
    var largest: Double { points.map(\.value).max() ?? 0 }

    /// The slope of the straight line with the least squares, in units per minute; 0 for points of one moment.
    var slope: Double {
        let count = Double(max(1, points.count))
        let meanMinute = points.reduce(0) { $0 + $1.minute } / count
        let meanValue = points.reduce(0) { $0 + $1.value } / count
        var products = 0.0
        var squares = 0.0
        for point in points {
            products += (point.minute - meanMinute) * (point.value - meanValue)
            squares += (point.minute - meanMinute) * (point.minute - meanMinute)
        }
        return squares > 0 ? products / squares : 0
    }

    /// The medians of the first and the last quarter of the points. Few moments with more do not move them.
    var quarters: (first: Double, last: Double) {
        let size = max(1, points.count / 4)
        return (Self.median(points.prefix(size)), Self.median(points.suffix(size)))
    }

    private static func median(_ points: ArraySlice<Point>) -> Double {
        let sorted = points.map(\.value).sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}
