/// When recorded records are due again: with the gaps between their timestamps.
///
/// A timestamp below an earlier one is due at once, and the next gap counts from the highest so far: late uploads do
/// not stretch the replay. A record without a timestamp is due with the one before.
struct ReplaySchedule {
    /// Recorded milliseconds for each millisecond, 1 or more.
    let speed: Int64
    private var first: Int64?
    private var highest: Int64 = 0

    /// 285 years, which still fit into nanoseconds.
    private static let spanMsMax: Int64 = 9_000_000_000_000

    init(speed: Int) {
        precondition(speed >= 1, "time does not stand still")
        self.speed = Int64(speed)
    }

    /// Nanoseconds since the start. Records come in the recording's order.
    mutating func dueNs(timestampMs: Int64?) -> Int64 {
        guard let timestampMs else { return spanNs }
        if first == nil {
            first = timestampMs
            highest = timestampMs
        }
        highest = max(highest, timestampMs)
        return spanNs
    }

    private var spanNs: Int64 {
        guard let first else { return 0 }
        let (span, overflows) = highest.subtractingReportingOverflow(first)
        return (overflows ? Self.spanMsMax : min(span, Self.spanMsMax)) * 1_000_000 / speed
    }
}
