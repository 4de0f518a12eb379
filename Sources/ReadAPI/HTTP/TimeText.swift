import HuntCore

/// Times as RFC 3339 text. It remembers the last day's date, for the times of an answer are near each other.
struct TimeText {
    /// Bytes of a time from the year 0 to 9999.
    static let bytesMax = 24
    private static let msPerDay: Int64 = 86_400_000

    /// Days since 1970; none that is ever written at first.
    private var day: Int64 = -1
    /// `2026-06-12T`, eleven bytes of it used.
    private var date: (UInt64, UInt64) = (0, 0)

    /// Makes `write` good for times of this day.
    ///
    /// - Parameter ms: epoch milliseconds, `0 ... Timestamp.latest`; what is later is written as the latest.
    mutating func turn(to ms: Int64) {
        let day = min(ms, Timestamp.latest) / Self.msPerDay
        if day == self.day { return }
        self.day = day
        var text = Timestamp.format(day * Self.msPerDay)
        text.withUTF8 { utf8 in
            withUnsafeMutableBytes(of: &date) { $0.copyBytes(from: utf8.prefix(11)) }
        }
    }

    /// Writes `2026-06-12T09:00:00.123Z`.
    ///
    /// - Precondition: `turn(to:)` was called with this time.
    func write(_ ms: Int64, to bytes: inout JSONBytes) {
        withUnsafeBytes(of: date) { bytes.put(UnsafeRawBufferPointer(rebasing: $0[0..<11])) }
        let time = min(ms, Timestamp.latest) % Self.msPerDay
        bytes.put(time / 3_600_000, digits: 2)
        bytes.put(UInt8(ascii: ":"))
        bytes.put(time / 60_000 % 60, digits: 2)
        bytes.put(UInt8(ascii: ":"))
        bytes.put(time / 1_000 % 60, digits: 2)
        bytes.put(UInt8(ascii: "."))
        bytes.put(time % 1_000, digits: 3)
        bytes.put(UInt8(ascii: "Z"))
    }
}
