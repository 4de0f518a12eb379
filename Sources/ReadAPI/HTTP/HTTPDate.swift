import HuntCore
import NIOCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The header `Date`, made once a second.
///
/// - Source: RFC 9110 section 5.6.7, IMF-fixdate.
final class HTTPDate: Sendable {
    private let made = Mutex<(second: Int, text: String)>((-1, ""))

    var now: String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let second = time.tv_sec
        return made.withLock { made in
            if made.second != second { made = (second, Self.text(second: Int64(second))) }
            return made.text
        }
    }

    /// - Parameter second: seconds since 1970, 0 or more, before the year 10000.
    static func text(second: Int64) -> String {
        let time = Timestamp.format(second * 1_000)
        let parts = time.split { "-T.".contains($0) }
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(second / 86_400 % 7)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = months[(Int(parts[1]) ?? 1) - 1]
        return "\(weekday), \(parts[2]) \(month) \(parts[0]) \(parts[3]) GMT"
    }
}
